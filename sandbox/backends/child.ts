import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

/** How to start one server process. */
export type ServerCommand = {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** File that receives stdout and stderr. */
  readonly log: string;
  /** The signal that ends it in good order. */
  readonly stopSignal: NodeJS.Signals;
  /** Unprivileged user to run as, where the server refuses root. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** `parent`: ends when this process ends, even by SIGKILL. `own`: outlives it. */
  readonly lifetime: "parent" | "own";
};

/** One server process that this process started. */
export type Server = {
  readonly pid: number;
  /** True until it has ended. */
  alive(): boolean;
  /** Resolves when it has ended, with how. */
  readonly ended: Promise<string>;
  /** Ends it in good order, by force after ten seconds; safe to call again. */
  stop(): Promise<void>;
};

/** Starts a server in a process group of its own, so that Ctrl-C in the terminal reaches us first. */
export async function startServer(command: ServerCommand): Promise<Server> {
  const output = openSync(command.log, "a");
  const child = spawn(command.file, command.args, {
    cwd: command.cwd,
    detached: true,
    stdio: ["ignore", output, output],
    ...command.owner,
  });
  closeSync(output);
  const pid = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("spawn", () =>
      child.pid === undefined ? reject(new TypeError("no pid")) : resolve(child.pid),
    );
  });
  const ended = new Promise<string>((resolve) =>
    child.once("exit", (code, signal) => resolve(signal === null ? `exit ${code ?? "?"}` : signal)),
  );
  const alive = () => child.exitCode === null && child.signalCode === null;
  if (command.lifetime === "own") child.unref();
  else guard(child, pid, command.stopSignal);

  const stop = async (): Promise<void> => {
    if (!alive()) return;
    child.kill(command.stopSignal);
    const force = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(force);
  };
  return { pid, alive, ended, stop };
}

/** A tiny shell that waits on a pipe from us: when we are gone the pipe closes, and it ends the server. */
function guard(child: ChildProcess, pid: number, signal: NodeJS.Signals): void {
  const script = 'read -r _ && exit 0; kill -s "$1" "$2" 2>/dev/null';
  const watcher = spawn("/bin/sh", ["-c", script, "guard", signal.slice(3), String(pid)], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  watcher.on("error", () => undefined);
  watcher.stdin.on("error", () => undefined);
  watcher.unref();
  child.once("exit", () => watcher.stdin.end("gone\n"));
}
