import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { test as base } from "vitest";

/** The repository's folder. */
export const root = fileURLToPath(new URL("../../../", import.meta.url));

/** What a command said and how it ended. */
export type Said = {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
};

type World = {
  /** An empty folder in which the commands are started. */
  readonly folder: string;
  readonly csrd: (...words: readonly string[]) => Promise<Said>;
  /** The same with variables of its own. */
  readonly csrdWith: (env: Readonly<Record<string, string>>, ...words: readonly string[]) => Promise<Said>;
};

/** Tests that start `csrd` in a folder of their own, with nothing set from outside. */
export const test = base.extend<World>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the names of the fixtures from the pattern
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), "csrd-command-"));
    await use(folder);
    await rm(folder, { recursive: true, force: true });
  },
  csrdWith: async ({ folder }, use) => {
    await use(async (env, ...words) => {
      const { PATH = "", HOME = "" } = process.env;
      const { exitCode, stdout, stderr } = await execa(
        process.execPath,
        [join(root, "bin/csrd.js"), ...words],
        {
          reject: false,
          cwd: folder,
          extendEnv: false,
          env: { PATH, HOME, CSRD_STATE_DIR: join(folder, ".state"), ...env },
        },
      );
      return { exitCode, stdout, stderr };
    });
  },
  csrd: async ({ csrdWith }, use) => {
    await use((...words) => csrdWith({}, ...words));
  },
});
