import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { redactor } from "#adapters/redactor.ts";
import { stateDir } from "#sandbox/state-dir.ts";
import { makeFolder } from "#kit/make-folder.ts";

/**
 * What one command leaves for the next, so that it can answer at once: what an environment file said, what a check last saw.
 * Only ever shown, with its age; nothing is decided or done on the ground of it. Lost or unreadable, it is as if never written.
 */
export function recall(name: string): unknown {
  try {
    return JSON.parse(readFileSync(fileOf(name), "utf8"));
  } catch {
    return undefined;
  }
}

/** Leaves something for the next command; secrets masked, readable by its owner only, whole or not at all. */
export function remember(name: string, value: unknown): void {
  const file = fileOf(name);
  const half = `${file}.${process.pid}`;
  try {
    makeFolder(join(stateDir(), "memory"), 0o700);
    writeFileSync(half, JSON.stringify(redactor.value(value)), { mode: 0o600 });
    renameSync(half, file);
  } catch {
    // A machine that cannot be written to forgets; the next command looks for itself.
  }
}

function fileOf(name: string): string {
  return join(stateDir(), "memory", `${name}.json`);
}
