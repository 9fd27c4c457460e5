import { existsSync, realpathSync, statSync } from "node:fs";
import { registerHooks, type ResolveFnOutput } from "node:module";
import { dirname, isAbsolute, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { OpsError } from "#kit/errors.ts";
import type { Home } from "#kit/registry.ts";
import { clean } from "#kit/render/width.ts";
import { mustBeTrusted } from "./trust.ts";

const rooms = ["runbooks", "checks", "alerts", "schedules"];
const packageUrl = new URL("../", import.meta.url).href;

/**
 * Opens a team's own folder of definitions (`--dir`, `OPS_DIR`). Loading it runs its code, so it must belong to whoever runs it, or to
 * root, and nobody else may write to it. From here on its files reach this toolkit by the names that shipped files use (ADR 010).
 */
export function openOwnFolder(typed: string): Home {
  const root = existing(typed);
  mustBeTrusted(root, { ancestors: true });
  let hold = 0;
  for (const room of rooms)
    if (existsSync(join(root, room))) {
      mustBeTrusted(join(root, room));
      hold += 1;
    }
  if (hold === 0)
    throw new OpsError("usage", {
      summary: `${clean(typed, 200)} holds none of ${rooms.join("/, ")}/.`,
      hint: "Name the folder that holds them: --dir our-ops, or OPS_DIR.",
    });
  hook(root);
  holdBack(root);
  const near = relative(process.cwd(), root);
  const shown = near === "" ? "." : near.startsWith("..") || isAbsolute(near) ? root : near;
  return { root, label: `${clean(shown, 200)}/` };
}

function existing(typed: string): string {
  try {
    const root = realpathSync(typed);
    if (statSync(root).isDirectory()) return root;
  } catch {
    // Said below.
  }
  throw new OpsError("usage", {
    summary: `There is no folder ${clean(typed, 200)}.`,
    hint: "Name a folder with runbooks/, checks/ or alerts/ in it: --dir our-ops, or OPS_DIR.",
  });
}

/** Resolves the imports of files below `root`, and looks at each file before its code runs. */
function hook(root: string): void {
  const rootUrl = pathToFileURL(`${root}/`).href;
  const own = new Set<string>();
  const isOwn = (url: string | undefined): url is string =>
    url !== undefined && (own.has(url) || (url.startsWith(rootUrl) && !url.includes("/node_modules/")));

  registerHooks({
    resolve(specifier, context, next) {
      const importer = context.parentURL;
      if (!isOwn(importer))
        return isOwn(specifier) ? admitted(next(specifier, context)) : next(specifier, context);
      const target = targetOf(specifier, root);
      if (target === "as written") return admitted(next(specifier, context));
      if (target === "toolkit")
        return next(specifier, { ...context, parentURL: `${packageUrl}kit/index.ts` });
      return admitted(next(target.url, context));
    },
  });

  /** A file outside the package that one of ours imports is looked at too, wherever it lies. */
  function admitted(resolved: ResolveFnOutput): ResolveFnOutput {
    const { url } = resolved;
    if (!url.startsWith("file:") || (url.startsWith(packageUrl) && !url.startsWith(rootUrl))) return resolved;
    const path = fileURLToPath(url);
    for (let at = path; at !== root && at !== dirname(at); at = dirname(at))
      mustBeTrusted(at, { sticky: at !== path });
    if (url.includes("/node_modules/")) return resolved;
    own.add(url);
    return url.endsWith(".ts") ? { ...resolved, format: "module-typescript" } : resolved;
  }
}

/** What these files do to the process while they load, or begin and never wait for, must not end a command or make it look well. */
function holdBack(root: string): void {
  const rootUrl = pathToFileURL(`${root}/`).href;
  const exit = process.exit.bind(process);
  process.exit = (code) => {
    if (new Error("who asks").stack?.includes(rootUrl) === true)
      throw new Error("it would end the process, which is not for a definition to do");
    return exit(code);
  };
  process.on("unhandledRejection", (reason: unknown) => {
    const place =
      reason instanceof Error ? reason.stack?.match(/file:\/\/[^\s()]+?\.[cm]?[jt]s:\d+/)?.[0] : undefined;
    if (place?.startsWith(rootUrl) !== true) throw reason;
    const where = place.slice(rootUrl.length);
    process.stderr.write(
      `${where}: what it began and did not wait for failed: ${clean(String(reason), 300)}\n`,
    );
  });
}

/** Where an import of a team's file leads: as Node would have it, to the toolkit, or to this file. */
function targetOf(specifier: string, root: string): "as written" | "toolkit" | { readonly url: string } {
  // A second zod would make schemas that the engine does not know as such.
  if (specifier === "zod" || specifier.startsWith("zod/")) return "toolkit";
  const [, room, rest] = /^#([^/]+)(?:\/(.+))?$/.exec(specifier) ?? [];
  if (room === undefined) return "as written";
  if (room === "kit" || room === "rules" || specifier === "#platform/contract.ts") return "toolkit";
  if (!rooms.includes(room) || rest === undefined)
    throw new OpsError("definition-invalid", {
      summary: `"${clean(specifier, 100)}" is nothing that a definition may import.`,
      hint: "Definitions see #kit, #rules/…, #checks/…, #alerts/…, #runbooks/… and #platform/contract.ts; for anything outside, ask a port.",
    });
  const theirs = join(root, room, rest);
  const shipped = existsSync(new URL(`${room}/${rest}`, packageUrl));
  if (!existsSync(theirs)) return "toolkit";
  if (!shipped) return { url: pathToFileURL(theirs).href };
  throw new OpsError("definition-invalid", {
    summary: `"${clean(specifier, 100)}" could mean this folder's file or the shipped one.`,
    hint: "Give the file in this folder another name.",
  });
}
