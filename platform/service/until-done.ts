import { isCodedError } from "#kit/errors.ts";
import type { Log } from "../telemetry/log.ts";
import { messageOf, vendorCode } from "./error-facts.ts";

/** Tries until it succeeds while the database or Redis is away; any other failure is thrown. */
export async function untilDone(log: Log, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (!isAway(error)) throw error;
      log.warning("Waiting for database and queue", {
        attempt,
        error_message: messageOf(error),
      });
      await new Promise((resolve) => setTimeout(resolve, Math.min(5_000, 250 * attempt)));
    }
  }
}

function isAway(error: unknown): boolean {
  if (isCodedError(error) && /^migration-(blocked|busy)$/.test(error.code)) return true;
  if (error instanceof Error && error.name === "MaxRetriesPerRequestError") return true;
  const code = vendorCode(error);
  if (code !== undefined) return /^(E[A-Z]+|08\w+|57P0\d|53\d\d\d|55P03)$/.test(code);
  return /timeout|timed out|terminated|closed|writeable|writable/i.test(messageOf(error));
}
