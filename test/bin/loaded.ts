import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

const root = join(import.meta.dirname, "../..");

/** Runs `ops` and gives every module that it loaded, as paths below the project's folder. */
export function modulesOf(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): { readonly modules: readonly string[]; readonly stdout: string; readonly code: number | null } {
  const folder = mkdtempSync(join(tmpdir(), "ops-loaded-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const list = join(folder, "modules.txt");
  const hook = join(folder, "hook.mjs");
  writeFileSync(
    hook,
    `import { registerHooks } from "node:module";
import { appendFileSync } from "node:fs";
registerHooks({ load(url, context, next) { appendFileSync(${JSON.stringify(list)}, url + "\\n"); return next(url, context); } });`,
  );
  const { stdout, status } = spawnSync(
    process.execPath,
    ["--import", hook, join(root, "bin/ops.js"), ...args],
    {
      env: { PATH: process.env["PATH"], HOME: folder, OPS_STATE_DIR: folder, ...env },
      encoding: "utf8",
    },
  );
  const modules = readFileSync(list, "utf8")
    .trim()
    .split("\n")
    .map((url) => url.replace(`file://${root}/`, ""));
  return { modules, stdout, code: status };
}
