import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { OpsError } from "#kit/errors.ts";
import { makeFolder } from "#kit/make-folder.ts";

/** Refuses a file that is there already, unless it may be written over. */
export function mustBeNew(file: string, force: boolean): void {
  if (force || !existsSync(file)) return;
  throw new OpsError("usage", {
    summary: `${file} is there already; nothing was written.`,
    hint: "Change it by hand, or write over it with --force.",
  });
}

/**
 * Writes a file that only its owner can read: whole or not at all, and never over another unless told to. `check` is handed the new
 * file before it gets its name.
 */
export function writeWhole(file: string, text: string, force: boolean, check: (half: string) => void): void {
  const folder = dirname(file);
  const half = join(folder, `.${basename(file)}.${process.pid}`);
  try {
    makeFolder(folder, 0o700);
    rmSync(half, { force: true });
    const opened = openSync(half, "wx", 0o600);
    try {
      writeSync(opened, text);
      fsyncSync(opened);
    } finally {
      closeSync(opened);
    }
    check(half);
    // A link fails where there is a file; a rename would silently take its place.
    if (force) renameSync(half, file);
    else linkSync(half, file);
    const place = openSync(folder, "r");
    fsyncSync(place);
    closeSync(place);
  } catch (error) {
    throw refusal(file, error);
  } finally {
    rmSync(half, { force: true });
  }
}

function refusal(file: string, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "EEXIST")
    return new OpsError("usage", {
      summary: `${file} was made by somebody else meanwhile; nothing was written.`,
      hint: "Look at it first; --force writes over it.",
    });
  if (!/^(EACCES|EPERM|EROFS|ENOSPC|ENOTDIR|ENOENT)$/.test(code)) return error;
  return new OpsError("usage", {
    summary: `${file} cannot be written (${code}).`,
    hint: "Set OPS_ENVIRONMENTS to a folder of yours, and keep it set.",
    cause: error,
  });
}
