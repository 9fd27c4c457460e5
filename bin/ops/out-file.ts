import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { OpsError } from "#kit/errors.ts";
import { clean } from "#kit/render/width.ts";

/** What is to be written where, and whether something there may go. */
type Target = { readonly path: string; readonly force: boolean };

/**
 * Writes a file whole or not at all: beside its place first, then by its name. Throws `output-exists` for what is there without
 * `force`, `output-unwritable` for everything that the disk refuses.
 */
export function writeWhole(target: Target, bytes: string | Uint8Array): void {
  const beside = besideOf(target);
  mustBeFree(target);
  attempt(target, beside, () => {
    const file = openSync(beside, "wx", 0o600);
    try {
      writeFileSync(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (target.force) return renameSync(beside, target.path);
    putInPlace(target, beside);
  });
}

/** Writes a folder of files whole or not at all, by the same rules. */
export function writeFolderWhole(
  target: Target,
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): void {
  const beside = besideOf(target);
  mustBeFree(target);
  attempt(target, beside, () => {
    mkdirSync(beside, { mode: 0o700 });
    for (const { name, bytes } of files)
      writeFileSync(join(beside, name), bytes, { mode: 0o600, flush: true });
    if (!existsSync(target.path)) return renameSync(beside, target.path);
    const old = besideOf(target);
    renameSync(target.path, old);
    renameSync(beside, target.path);
    rmSync(old, { recursive: true, force: true });
  });
}

/** Where the text is put before it is whole. */
export function besideOf({ path }: Pick<Target, "path">): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.part`);
}

/** Throws `output-exists` when something is there that may not go. */
export function mustBeFree({ path, force }: Target): void {
  if (force || !isThere(path)) return;
  throw new OpsError("output-exists", {
    summary: `${clean(path, 200)} exists already; it was left as it is.`,
    hint: "Name another file, or add --force when it may go.",
  });
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw unwritable({ path }, error);
  }
}

/** The last step without `force`: a link cannot take a name that is taken meanwhile. */
export function putInPlace(target: Target, beside: string): void {
  try {
    linkSync(beside, target.path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "EEXIST") mustBeFree(target);
    // A file system without links: the name was free a moment ago.
    if (!/^(EPERM|ENOTSUP|ENOSYS|EOPNOTSUPP|EMLINK|EXDEV)$/.test(code)) throw error;
    renameSync(beside, target.path);
    return;
  }
  unlinkSync(beside);
}

/** Runs the work; whatever fails leaves nothing behind and becomes a sentence. */
function attempt(target: Target, beside: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    rmSync(beside, { recursive: true, force: true });
    throw unwritable(target, error);
  }
}

/** What the disk refused, as a sentence; our own errors pass through. */
export function unwritable({ path }: Pick<Target, "path">, error: unknown): unknown {
  if (OpsError.is(error) || !(error instanceof Error) || !("code" in error)) return error;
  return new OpsError("output-unwritable", {
    summary: `${clean(path, 200)} cannot be written (${clean(error.message.split(",")[0] ?? "", 160)}).`,
    hint: "Name a folder that exists and can be written. Nothing was left half written.",
    cause: error,
  });
}
