import { spawn } from "node:child_process";
import path from "node:path";
import { OpsError } from "#kit/errors.ts";
import type { Keeper } from "../keeper.ts";
import { home } from "../services.ts";

/** How an `ops` command ended, and everything it printed. */
export type Ended = { readonly code: number | undefined; readonly stdout: string; readonly stderr: string };

/** What every command of the demo is run with. */
export type CommandSetting = {
  readonly env: NodeJS.ProcessEnv;
  /** Ends the command together with us. */
  readonly keeper: Keeper;
  readonly signal: AbortSignal;
};

/** Runs one `ops` command as a process of its own, as a person in another terminal would. */
export async function ops(
  args: readonly string[],
  { env, keeper, signal }: CommandSetting,
  onText: (text: string) => void = () => undefined,
): Promise<Ended> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, [path.join(home, "bin", "ops.js"), ...args], {
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { pid } = child;
  if (pid !== undefined) keeper.adopt(pid);
  const kill = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    onText(text);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    onText(text);
  });
  const code = await new Promise<number | undefined>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve(status ?? undefined));
  });
  signal.removeEventListener("abort", kill);
  if (pid !== undefined) keeper.release(pid);
  signal.throwIfAborted();
  return { code, stdout, stderr };
}

/** The same, for a command that has to end with one of the expected statuses; throws `sandbox-failed` with its last words. */
export async function opsExpecting(
  expected: readonly number[],
  args: readonly string[],
  setting: CommandSetting,
  onText?: (text: string) => void,
): Promise<Ended> {
  const ended = await ops(args, setting, onText);
  if (ended.code !== undefined && expected.includes(ended.code)) return ended;
  throw new OpsError("sandbox-failed", {
    summary: `ops ${args.slice(0, 2).join(" ")} ended with ${ended.code ?? "a signal"}, expected ${expected.join(" or ")}.`,
    hint: "Its last words are below.",
    details: `${ended.stdout}${ended.stderr}`.trimEnd().split("\n").slice(-12).join("\n"),
  });
}
