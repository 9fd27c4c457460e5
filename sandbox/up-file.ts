import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { OpsError } from "#kit/errors.ts";
import { startOf } from "./keeper.ts";

const Process = z.object({ name: z.string(), pid: z.int().positive(), started: z.string() });

/** What a practice production writes down about itself, readable by its owner only: who supervises it, how to talk to it, what it started. */
export const UpFile = z.object({
  supervisor: Process,
  control: z.object({ url: z.url(), token: z.string() }).optional(),
  processes: z.array(Process),
});
export type UpFile = z.infer<typeof UpFile>;

const fileIn = (dir: string): string => path.join(dir, "up.json");

/** The file's content; undefined when nothing was ever started here, or the file was cut short by a crash. */
export function readUpFile(dir: string): UpFile | undefined {
  if (!existsSync(fileIn(dir))) return undefined;
  try {
    return UpFile.parse(JSON.parse(readFileSync(fileIn(dir), "utf8")));
  } catch {
    return undefined;
  }
}

/** True when the very process is still there, not another one with its number. */
export function isSame(process: { readonly pid: number; readonly started: string }): boolean {
  return startOf(process.pid) === process.started;
}

/** Takes the folder for this process; refuses with `sandbox-up` while another supervisor lives. */
export function claim(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  chmodSync(dir, 0o711);
  const self = { name: "supervisor", pid: process.pid, started: startOf(process.pid) ?? "unknown" };
  const text = JSON.stringify({ supervisor: self, processes: [] } satisfies UpFile);
  const before = readUpFile(dir);
  if (before !== undefined && isSame(before.supervisor)) throw alreadyUp(before.supervisor.pid);
  rmSync(fileIn(dir), { force: true });
  try {
    writeFileSync(fileIn(dir), text, { mode: 0o600, flag: "wx" });
  } catch (cause) {
    throw new OpsError("sandbox-up", {
      summary: "Another practice production is starting in the same folder.",
      hint: "ops sandbox status shows it.",
      cause,
    });
  }
}

/** Replaces the content in one move, so that a reader never sees half of it. */
export function writeUpFile(dir: string, content: UpFile): void {
  const next = `${fileIn(dir)}.next`;
  writeFileSync(next, JSON.stringify(content, undefined, 2), { mode: 0o600 });
  renameSync(next, fileIn(dir));
}

/** Nothing runs here any more. */
export function removeUpFile(dir: string): void {
  rmSync(fileIn(dir), { force: true });
}

/** Ends what a supervisor that is gone left behind; a process counts as its own only by number and start time together. */
export async function endLeftovers(processes: UpFile["processes"]): Promise<readonly string[]> {
  const left = processes.filter(isSame);
  for (const { pid } of left) for (const signal of ["SIGTERM", "SIGCONT"] as const) send(pid, signal);
  const deadline = Date.now() + 5_000;
  while (left.some(isSame) && Date.now() < deadline) await sleep(50);
  for (const one of left.filter(isSame)) send(one.pid, "SIGKILL");
  return left.map(({ name }) => name);
}

/** The refusal to start a second one. */
export function alreadyUp(pid: number): OpsError {
  return new OpsError("sandbox-up", {
    summary: `The practice production is already up (supervisor ${pid}).`,
    hint: "ops sandbox status shows it; ops sandbox down ends it.",
  });
}

function send(pid: number, signal: NodeJS.Signals): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
      return;
    } catch {
      continue;
    }
  }
}
