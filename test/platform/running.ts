import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import path from "node:path";

/** A process of the platform, started for a test. */
export type Running = {
  readonly child: ChildProcess;
  /** Everything it has written to stdout so far. */
  output(): string;
  /** Waits for the output to match; throws with the output when the process ends first. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Signals it and waits until it has ended; gives its exit status, or the signal. */
  end(signal: NodeJS.Signals): Promise<number | string>;
};

/** The SHA-256 by which a key is configured. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Starts `node <script> <args>` in the repository with exactly these variables. */
export function run(script: string, args: readonly string[], env: Readonly<Record<string, string>>): Running {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: path.join(import.meta.dirname, "../.."),
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => {
      text += String(data);
      for (const listener of listeners) listener();
    });
  const ended = new Promise<number | string>((resolve) =>
    child.once("exit", (code, signal) => {
      resolve(signal ?? code ?? -1);
      for (const listener of listeners) listener();
    }),
  );
  return {
    child,
    output: () => text,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(text);
          const isOver = child.exitCode !== null || child.signalCode !== null;
          if (match === null && !isOver) return;
          listeners.delete(look);
          if (match === null) reject(new Error(`ended without saying ${pattern}:\n${text}`));
          else resolve(match);
        };
        listeners.add(look);
        look();
      }),
    end: async (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}
