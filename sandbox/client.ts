import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { type ErrorCode, errorKinds, OpsError } from "#kit/errors.ts";
import { childEnvironment } from "#kit/redact/child-environment.ts";
import type { CloudKind } from "./cloud-kinds.ts";
import type { FilesKind } from "./files-kinds.ts";
import { Inbox } from "./inbox.ts";
import { StatusRow } from "./status-row.ts";
import type { SupervisorMessage } from "./supervisor-messages.ts";
import { alreadyUp, isSame, readUpFile } from "./up-file.ts";

const Refusal = z.object({ code: z.string(), summary: z.string(), hint: z.string() });
const Status = z.object({ rows: z.array(StatusRow), broken: z.array(z.string()) });
const Broken = z.object({ name: z.string(), title: z.string() });
const Mended = z.object({ mended: z.array(z.string()) });

/** How a practice production is started. */
export type UpOptions = {
  readonly dir: string;
  /** `attached`: it ends together with this process, however that ends. `own`: until `ops sandbox down`. */
  readonly lifetime: "own" | "attached";
  /** Where the reports' files are kept; in a folder when left out. */
  readonly files?: FilesKind;
  /** What it runs on; AWS when left out. */
  readonly cloud?: CloudKind;
  /** A standby follows the database from the beginning; else the fault that needs one starts it. */
  readonly replica?: boolean;
  /** Calls the start off; what had started is ended before the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onMessage: (message: SupervisorMessage) => void;
};

/** Starts a practice production and returns when it is up; throws `sandbox-up` when one is up already, `sandbox-failed` when it cannot start. */
export async function sandboxUp({
  dir,
  lifetime,
  files = "folder",
  cloud = "aws",
  replica = false,
  signal,
  onMessage,
}: UpOptions): Promise<void> {
  const before = readUpFile(dir);
  if (before !== undefined && isSame(before.supervisor)) throw alreadyUp(before.supervisor.pid);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const log = openSync(path.join(dir, "supervisor.log"), "a", 0o600);
  const supervisor = path.join(import.meta.dirname, "supervisor.ts");
  const child = spawn(
    process.execPath,
    [supervisor, dir, lifetime, files, cloud, replica ? "replica" : "alone"],
    {
      detached: true,
      env: childEnvironment(process.env, ["OPS_STATE_DIR"]),
      stdio: ["ignore", log, log, "ipc"],
    },
  );
  closeSync(log);
  const callOff = (): void => void child.kill("SIGTERM");
  signal?.addEventListener("abort", callOff, { once: true });
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, how) => reject(signal?.aborted ? signal.reason : endedEarly(dir, code ?? how)));
    child.on("message", (message: SupervisorMessage) => {
      onMessage(message);
      if (message.kind === "up") resolve();
      // Called off, it fails as a matter of course; the end of its process is what counts then.
      if (message.kind === "failed" && !signal?.aborted) reject(refusal(message, message.details));
    });
  });
  signal?.removeEventListener("abort", callOff);
  child.removeAllListeners("exit");
  child.unref();
  if (lifetime === "attached") child.channel?.unref();
  else if (child.connected) child.disconnect();
}

/** What runs, what it says of itself, and which faults were injected. */
export async function sandboxStatus(dir: string): Promise<z.infer<typeof Status>> {
  return Status.parse(await ask(dir, "GET", "status"));
}

/** Breaks one thing on purpose; throws `usage` for a fault we do not have. */
export async function sandboxBreak(dir: string, fault: string): Promise<z.infer<typeof Broken>> {
  return Broken.parse(await ask(dir, "POST", `break/${encodeURIComponent(fault)}`));
}

/** Undoes every fault and waits until all is well. */
export async function sandboxMend(dir: string): Promise<readonly string[]> {
  return Mended.parse(await ask(dir, "POST", "mend")).mended;
}

/** What people see in the practice Slack and PagerDuty. */
export async function sandboxInbox(dir: string): Promise<Inbox> {
  return Inbox.parse(await ask(dir, "GET", "inbox"));
}

/** Ends the practice production and returns when its last process is gone. */
export async function sandboxDown(dir: string): Promise<void> {
  const { supervisor, processes } = whoIsUp(dir);
  await ask(dir, "POST", "down");
  const deadline = Date.now() + 30_000;
  while ([supervisor, ...processes].some(isSame)) {
    if (Date.now() > deadline)
      throw new OpsError("sandbox-failed", {
        summary: "The practice production did not end within 30 s.",
        hint: `End its supervisor: kill ${supervisor.pid}. Its children end with it.`,
      });
    await sleep(50);
  }
}

/** True while a supervisor of this folder lives. */
export function isSandboxUp(dir: string): boolean {
  const file = readUpFile(dir);
  return file !== undefined && isSame(file.supervisor);
}

async function ask(dir: string, method: "GET" | "POST", question: string): Promise<unknown> {
  const { control } = whoIsUp(dir);
  if (control === undefined)
    throw new OpsError("sandbox-down", {
      summary: "The practice production is still starting.",
      hint: "Try again in a few seconds.",
    });
  let answer: Response;
  try {
    answer = await fetch(`${control.url}/${question}`, {
      method,
      headers: { authorization: `Bearer ${control.token}` },
      signal: AbortSignal.timeout(90_000),
    });
  } catch (cause) {
    throw new OpsError("sandbox-down", {
      summary: "The practice production's supervisor did not answer.",
      hint: "ops sandbox up starts it again.",
      cause,
    });
  }
  const body: unknown = await answer.json();
  if (answer.ok) return body;
  throw refusal(Refusal.parse(body));
}

function whoIsUp(dir: string) {
  const file = readUpFile(dir);
  if (file !== undefined && isSame(file.supervisor)) return file;
  throw new OpsError("sandbox-down", {
    summary: "No practice production is up.",
    hint: "ops sandbox up starts one.",
  });
}

function refusal({ code, summary, hint }: z.infer<typeof Refusal>, details?: string): OpsError {
  return new OpsError(isErrorCode(code) ? code : "sandbox-failed", { summary, hint, details });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorKinds, code);
}

function endedEarly(dir: string, how: number | NodeJS.Signals | null): OpsError {
  return new OpsError("sandbox-failed", {
    summary: `The practice production's supervisor ended while starting (${how ?? "unknown"}).`,
    hint: `Read ${path.join(dir, "supervisor.log")}.`,
  });
}
