import { isCodedError } from "#kit/errors.ts";

/** The demo was ended from outside, or by its own clock. */
export class Stopped extends Error {
  readonly by: NodeJS.Signals | "time";

  constructor(by: NodeJS.Signals | "time") {
    super(`stopped by ${by}`);
    this.name = "Stopped";
    this.by = by;
  }
}

/** What the demo says when it did not reach its end, and its exit status. */
export function lastWords(error: unknown, dir: string): { readonly text: string; readonly code: number } {
  if (error instanceof Stopped)
    return error.by === "time"
      ? { text: "✖  The demo took too long and was ended. Everything is stopped.", code: 1 }
      : { text: "Interrupted. Everything is stopped.", code: 130 };
  const reason = isCodedError(error)
    ? [error.summary, error.hint, ...(error.details ?? "").split("\n").map((line) => `   ${line}`)]
    : [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  const lines = reason.filter((line) => line.trim() !== "").join("\n");
  return { text: `✖  The demo failed. ${lines}\nEverything is stopped. Logs: ${dir}`, code: 1 };
}
