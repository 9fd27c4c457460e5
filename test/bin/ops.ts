import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "vitest";

/** How an `ops` process ended. */
export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs `ops` as its own process in a fresh state folder, without a terminal. */
export type Ops = (
  args: readonly string[],
  options?: { readonly env?: Readonly<Record<string, string>>; readonly input?: string },
) => Promise<Ended>;

const launcher = join(import.meta.dirname, "../../bin/ops.js");

/** Vitest with `ops` and the folder it keeps its state in. */
export const test = base
  .extend("stateDir", ({}, { onCleanup }) => {
    const folder = mkdtempSync(join(tmpdir(), "ops-cli-"));
    onCleanup(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  })
  .extend("ops", ({ stateDir }): Ops => {
    return (args, { env = {}, input = "" } = {}) =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [launcher, ...args], {
          env: { PATH: process.env["PATH"], HOME: stateDir, OPS_STATE_DIR: stateDir, ...env },
        });
        let stdout = "";
        let stderr = "";
        child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
        child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
        child.once("error", reject);
        child.once("close", (code) => resolve({ code, stdout, stderr }));
        child.stdin.on("error", () => undefined).end(input);
      });
  });
