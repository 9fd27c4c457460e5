import { messageOf } from "../service/error-facts.ts";
import { isUnreachable } from "../storage/database.ts";
import { listIdle } from "../storage/reports.ts";
import { fail, type ProcessParts } from "./process-report.ts";
import type { ReportQueue } from "./report-queue.ts";

/**
 * Compares the database with the queue: an unfinished report that the queue does not know is added again,
 * one that the queue gave up is ended with the reason. So an accepted report survives a queue that lost its memory.
 */
async function sweep(
  parts: Omit<ProcessParts, "agents">,
  queue: ReportQueue,
  idleMs: number,
): Promise<number> {
  let mended = 0;
  for (const report of await listIdle(parts.database, idleMs, 500)) {
    const { state, reason } = await queue.state(report.id);
    if (state === "unknown" || state === "completed") {
      // "completed" cannot stay here unless the database lost what the worker told it: do it again, the receipts make it short.
      if (state === "completed") await queue.remove(report.id);
      await queue.add(report);
      parts.log.warning("Report put back into the queue", { report_id: report.id });
      mended += 1;
    } else if (state === "failed") {
      await fail(parts, report.id, {
        code: "report-given-up",
        message: reason ?? "The queue gave the report up.",
        hint: "Correct the cause and send the report again.",
      });
      mended += 1;
    }
  }
  return mended;
}

/** Sweeps every `everyMs` until stopped; an outage of database or queue is logged and waited out. */
export function keepSweeping(
  parts: Omit<ProcessParts, "agents">,
  queue: ReportQueue,
  everyMs: number,
): { stop(): Promise<void> } {
  let stopped = false;
  let current: Promise<void> = Promise.resolve();
  const once = async (): Promise<void> => {
    try {
      await sweep(parts, queue, everyMs);
    } catch (error) {
      parts.log.warning("Sweep failed", {
        error_message: messageOf(error),
        storage_unreachable: isUnreachable(error),
      });
    }
  };
  const timer = setInterval(() => {
    if (!stopped) current = current.then(once);
  }, everyMs);
  return {
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await current;
    },
  };
}
