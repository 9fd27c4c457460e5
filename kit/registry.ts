import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Alert } from "./alert.ts";
import type { AnyCheck } from "./check.ts";
import { OpsError } from "./errors.ts";
import type { Runbook } from "./runbook.ts";

/** Loads a folder of runbooks: one definition per file, its id equal to the file's name. */
export function loadRunbooks(folder: string): Promise<readonly Runbook[]> {
  return loadFolder(folder, "runbook", (value): value is Runbook =>
    has(value, "id", "diagnose", "decide", "mitigate", "verify"),
  );
}

/** Loads a folder of checks: one definition per file, its id equal to the file's name. */
export function loadChecks(folder: string): Promise<readonly AnyCheck[]> {
  return loadFolder(folder, "check", (value): value is AnyCheck => has(value, "id", "look", "judge"));
}

/** Loads a folder of alerts: one file per subsystem, each with any number of alerts. */
export async function loadAlerts(folder: string): Promise<readonly Alert[]> {
  const files = await modulesOf(folder);
  const lists = await Promise.all(files.map((file) => exportsOf(file)));
  return lists.flat().filter((value): value is Alert => has(value, "name", "expr", "watches"));
}

async function loadFolder<T extends { readonly id: string }>(
  folder: string,
  kind: string,
  is: (value: unknown) => value is T,
): Promise<readonly T[]> {
  const files = await modulesOf(folder);
  return Promise.all(
    files.map(async (file) => {
      const found = (await exportsOf(file)).filter(is);
      const [only] = found;
      const name = basename(file, ".ts");
      if (only === undefined || found.length > 1)
        throw new OpsError("definition-invalid", {
          summary: `${name}.ts defines ${found.length} ${kind}s; it must define exactly one.`,
          hint: `One ${kind} per file.`,
        });
      if (only.id !== name)
        throw new OpsError("definition-invalid", {
          summary: `${name}.ts defines the ${kind} "${only.id}"; file and id must have one name.`,
          hint: `Rename one of them.`,
        });
      return only;
    }),
  );
}

async function modulesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(folder, entry.name))
    .sort();
}

async function exportsOf(file: string): Promise<readonly unknown[]> {
  try {
    const loaded: Readonly<Record<string, unknown>> = await import(pathToFileURL(file).href);
    return Object.values(loaded);
  } catch (error) {
    throw new OpsError("definition-invalid", {
      summary: `${basename(file)} cannot be loaded: ${error instanceof Error ? error.message : String(error)}.`,
      hint: "Nothing else is affected; mend the file.",
      cause: error,
    });
  }
}

function has(value: unknown, ...names: readonly string[]): boolean {
  return typeof value === "object" && value !== null && names.every((name) => name in value);
}
