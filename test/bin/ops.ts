import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** How an `ops` process ended. */
type Ended = { readonly code: number | undefined; readonly stdout: string; readonly stderr: string };

/** Runs `ops` as its own process in a fresh state folder, without a terminal. */
export type Ops = (
  args: readonly string[],
  options?: { readonly env?: Readonly<Record<string, string>>; readonly input?: string },
) => Promise<Ended>;

const launcher = join(import.meta.dirname, "../../bin/ops.js");

/** `ops` with a state folder of its own, gone when the test is over. */
export function freshOps(): { readonly ops: Ops; readonly stateDir: string } {
  const stateDir = mkdtempSync(join(tmpdir(), "ops-cli-"));
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
  const ops: Ops = (args, { env = {}, input = "" } = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [launcher, ...args], {
        env: { PATH: process.env["PATH"], HOME: stateDir, OPS_STATE_DIR: stateDir, ...env },
      });
      let stdout = "";
      let stderr = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
      child.once("error", reject);
      child.once("close", (code) => resolve({ code: code ?? undefined, stdout, stderr }));
      child.stdin.on("error", () => undefined).end(input);
    });
  return { ops, stateDir };
}
