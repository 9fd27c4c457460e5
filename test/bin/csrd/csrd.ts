import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterEach, beforeEach } from "vitest";

/** The repository's folder. */
export const root = fileURLToPath(new URL("../../../", import.meta.url));

/** What a command said and how it ended. */
type Said = { readonly exitCode: number | undefined; readonly stdout: string; readonly stderr: string };

/** The empty folder in which a test's commands are started. */
export const here = { folder: "" };

/** Gives every test of a file a folder of its own. */
export function inOwnFolder(): void {
  beforeEach(async () => {
    here.folder = await mkdtemp(join(tmpdir(), "csrd-command-"));
  });
  afterEach(() => rm(here.folder, { recursive: true, force: true }));
}

/** What a command is started with: nothing is set from outside, and refusals are recorded in the test's own folder. */
export function quarters(env: Readonly<Record<string, string>> = {}) {
  const { PATH = "", HOME = "" } = process.env;
  const CSRD_STATE_DIR = join(here.folder, ".state");
  return {
    reject: false,
    cwd: here.folder,
    extendEnv: false,
    env: { PATH, HOME, CSRD_STATE_DIR, ...env },
  } as const;
}

/** Starts `csrd` with variables of its own. */
export async function csrdWith(
  env: Readonly<Record<string, string>>,
  ...words: readonly string[]
): Promise<Said> {
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    [join(root, "bin/csrd.js"), ...words],
    quarters(env),
  );
  return { exitCode, stdout, stderr };
}

/** Starts `csrd`. */
export const csrd = (...words: readonly string[]): Promise<Said> => csrdWith({}, ...words);
