import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Keeper, startOf } from "./keeper.ts";

/** What runs on one machine of the practice production. */
export type Program = {
  /** Arguments for Node. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

/** One machine: a process group with a name, a port, tags and an identity in the cloud. */
export type Machine = {
  /** `i-` and 17 hex digits. */
  readonly id: string;
  readonly name: string;
  readonly port: number;
  readonly firewallGroups: readonly string[];
  readonly log: string;
  /** `booting`: between a reboot's request and the process being there again. `dead`: the process ended and nobody restarts it. */
  state(): "booting" | "up" | "dead";
  pid(): number | undefined;
  /** What tells this process from a later one with the same number. */
  started(): string | undefined;
  launchedAt(): Date;
  tags(): Readonly<Record<string, string>>;
  setTags(tags: Readonly<Record<string, string>>): void;
  /** Its first program and tags. */
  readonly initial: { readonly program: Program; readonly tags: Readonly<Record<string, string>> };
  program(): Program;
  /** What the next boot runs. */
  setProgram(program: Program): void;
  /** Accepts the reboot and returns; the process ends in good order or by force, and starts again after the boot delay. */
  reboot(): void;
  /** Sends a signal to the whole group; false when nothing runs. */
  signal(name: NodeJS.Signals): boolean;
  /** Whether what runs on it answers, where that is not to be asked over HTTP. */
  answers?(): Promise<boolean>;
  /** Ends it for good. */
  stop(): Promise<void>;
};

/** How one machine is set up. */
export type MachineOptions = Pick<Machine, "id" | "name" | "port" | "firewallGroups" | "log"> & {
  readonly cwd: string;
  readonly program: Program;
  readonly tags: Readonly<Record<string, string>>;
  readonly keeper: Keeper;
  readonly bootDelayMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
};

type Running = {
  readonly pid: number;
  readonly started: string | undefined;
  readonly ended: Promise<void>;
};

/** Starts a machine: its process runs in a group of its own, writes to its log file, and stays dead once it died. */
export function startMachine(options: MachineOptions): Machine {
  let { program, tags } = options;
  let running: Running | undefined;
  let launchedAt = new Date();
  let rebooting: Promise<void> | undefined;
  const over = new AbortController();

  const boot = (): void => {
    const output = openSync(options.log, "a", 0o600);
    const child = spawn(process.execPath, program.args, {
      cwd: options.cwd,
      env: program.env,
      detached: true,
      stdio: ["ignore", output, output],
    });
    closeSync(output);
    child.on("error", () => undefined);
    const { pid } = child;
    if (pid === undefined) return;
    options.keeper.adopt(pid);
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    const current: Running = { pid, started: startOf(pid), ended };
    running = current;
    launchedAt = new Date();
    child.once("exit", () => {
      options.keeper.release(pid);
      if (running === current) running = undefined;
    });
  };

  const halt = async (): Promise<void> => {
    const current = running;
    if (current === undefined) return;
    toGroup(current.pid, "SIGTERM");
    toGroup(current.pid, "SIGCONT");
    const force = setTimeout(() => toGroup(current.pid, "SIGKILL"), options.graceMs);
    await current.ended;
    clearTimeout(force);
  };

  boot();
  const { id, name, port, firewallGroups, log } = options;
  return {
    id,
    name,
    port,
    firewallGroups,
    log,
    initial: { program, tags },
    state: () => (rebooting !== undefined ? "booting" : running === undefined ? "dead" : "up"),
    pid: () => running?.pid,
    started: () => running?.started,
    launchedAt: () => launchedAt,
    tags: () => tags,
    setTags: (next) => void (tags = next),
    program: () => program,
    setProgram: (next) => void (program = next),
    reboot: () => {
      if (rebooting !== undefined || over.signal.aborted) return;
      rebooting = halt()
        .then(() => sleep(options.bootDelayMs, undefined, { signal: over.signal }))
        .then(boot, () => undefined)
        .finally(() => void (rebooting = undefined));
    },
    signal: (name) => running !== undefined && toGroup(running.pid, name),
    stop: async () => {
      over.abort();
      await rebooting;
      await halt();
    },
  };
}

function toGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}
