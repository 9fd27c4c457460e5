import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { isCodedError, OpsError } from "../errors.ts";

/** A folder with `runbooks/ checks/ alerts/ schedules/`, each of which may be missing. */
export type Home = {
  readonly root: string;
  /** How sentences name it, before the path inside: "our-ops/"; nothing for what is shipped. */
  readonly label: string;
};

/** One file of definitions, and how sentences name it. */
export type DefinitionFile = { readonly home: Home; readonly path: string; readonly shown: string };

/** The definition files of one kind in a home, in order; none when the folder is missing. */
export async function filesIn(home: Home, folder: string): Promise<readonly DefinitionFile[]> {
  const entries = await readdir(join(home.root, folder), { withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  });
  return entries
    .filter((entry) => !entry.isDirectory() && entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts"))
    .map((entry) => entry.name)
    .sort()
    .map((name) => ({
      home,
      path: join(home.root, folder, name),
      shown: `${home.label}${folder}/${name}`,
    }));
}

/** The id that a file's definition must have. */
export function idOf({ path }: DefinitionFile): string {
  return basename(path, ".ts");
}

const lookEveryMs = 100;

/**
 * What a file exports, each value once; throws `definition-invalid` with file and line when it cannot be imported, or not in time.
 * Only time in which this process had nothing to do counts: a machine in trouble loads slowly, and that is when runbooks are needed.
 */
export async function exportsOf(file: DefinitionFile, withinMs: number): Promise<readonly unknown[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    const began = performance.eventLoopUtilization();
    timer = setInterval(() => {
      if (performance.eventLoopUtilization(began).idle >= withinMs) resolve("late");
    }, lookEveryMs);
  });
  try {
    const module: Promise<Readonly<Record<string, unknown>>> = import(pathToFileURL(file.path).href);
    const loaded = await Promise.race([module, late]);
    if (loaded !== "late") return [...new Set(Object.values(loaded))];
  } catch (error) {
    throw cannotLoad(file, error);
  } finally {
    clearInterval(timer);
  }
  throw invalid(
    file,
    lineOf(file, /^[^\s/*].*\bawait\b|^await\b/),
    `it was not loaded within ${withinMs / 1_000} s and is left aside; something it awaits while loading never comes`,
    "A definition only defines: look inside a probe or a check, which have time limits of their own.",
  );
}

/** An error about one file, naming it and, where it is known, the line. */
export function invalid(
  file: DefinitionFile,
  line: number | undefined,
  why: string,
  hint = "Mend the file; everything else works as before.",
): OpsError {
  return new OpsError("definition-invalid", {
    summary: `${file.shown}${line === undefined ? "" : `, line ${line}`}: ${why.replace(/\.$/, "")}.`,
    hint,
  });
}

/** The first line of a file that a pattern is found in, from 1; undefined when there is none or the file cannot be read. */
export function lineOf(file: DefinitionFile, pattern: RegExp): number | undefined {
  try {
    const at = readFileSync(file.path, "utf8")
      .split("\n")
      .findIndex((line) => pattern.test(line));
    return at < 0 ? undefined : at + 1;
  } catch {
    return undefined;
  }
}

/** The line on which a definition gives one of its members. */
export function memberLine(file: DefinitionFile, member: string): number | undefined {
  return lineOf(
    file,
    new RegExp(String.raw`^\s*(?:async\s+)?["']?${member.replace(/\W.*$/, "")}["']?\s*[:(,]`),
  );
}

function cannotLoad(file: DefinitionFile, error: unknown): OpsError {
  const place = placeOf(file, error);
  const line = place?.shown === file.shown ? place.line : undefined;
  const elsewhere = place === undefined || line !== undefined ? "" : ` (${place.shown}, line ${place.line})`;
  const said = isCodedError(error) ? error.summary : error instanceof Error ? error.message : String(error);
  const hint = isCodedError(error) ? error.hint : undefined;
  return invalid(file, line, `it cannot be loaded${elsewhere}: ${firstLine(said)}`, hint);
}

function firstLine(text: string): string {
  const [first = ""] = text.split("\n");
  return first
    .replace(/ imported from \S+$/, "")
    .replace(/\.$/, "")
    .slice(0, 300);
}

/** Where below its home the fault is: from the error's own trace, else the line that imports what is missing. */
function placeOf(
  file: DefinitionFile,
  error: unknown,
): { readonly shown: string; readonly line: number } | undefined {
  if (!(error instanceof Error)) return undefined;
  const base = pathToFileURL(`${file.home.root}/`).href;
  for (const [, url = "", line = ""] of (error.stack ?? "").matchAll(
    /(file:\/\/[^\s()]+?\.[cm]?[jt]s):(\d+)/g,
  ))
    if (url.startsWith(base) && !url.includes("/node_modules/") && !isEngine(url))
      return { shown: `${file.home.label}${decodeURIComponent(url.slice(base.length))}`, line: Number(line) };
  const missing = /(?:^Cannot find (?:package|module) '|^")([^'"]+)['"]/.exec(error.message)?.[1];
  if (missing === undefined) return undefined;
  const last = basename(missing).replaceAll(/\W/g, String.raw`\$&`);
  const line = lineOf(file, new RegExp(String.raw`(?:from|import)\b.*${last}`));
  return line === undefined ? undefined : { shown: file.shown, line };
}

/** The engine's own frames say nothing about a definition. */
function isEngine(url: string): boolean {
  return url.startsWith(new URL("../", import.meta.url).href);
}
