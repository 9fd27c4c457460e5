import { messageOf } from "../service/error-facts.ts";
import { isUnreachable } from "../storage/database.ts";
import { readQueueControl } from "../storage/queue-control.ts";
import type { Report } from "../storage/report.ts";
import { confirmCancelled, listHalts, listUndropped, noteDropped } from "../storage/report-ends.ts";
import { listIdle } from "../storage/reports.ts";
import { clearAway } from "./cancel-report.ts";
import { abandon, type ProcessParts } from "./process-report.ts";

/** What sweeping works with. */
export type SweepParts = Pick<ProcessParts, "database" | "queue" | "files" | "metrics" | "log"> & {
  /** Reports at once over all workers, where no operator has said otherwise. */
  readonly concurrency: number;
};

/** An agent that lost touch with its worker stops by itself after a minute; after this long nobody still writes. */
const nobodyWritesMs = 120_000;

/**
 * Compares the database with the queue: an unfinished report that the queue does not know is added again, one that the queue gave up is ended with
 * the reason, and what an operator told the queue is told again. So an accepted report survives a queue that lost its memory.
 */
async function sweep(parts: SweepParts, idleMs: number): Promise<void> {
  await tellQueue(parts);
  const idle = await listIdle(parts.database, idleMs, 500);
  const halted = new Set(
    (
      await listHalts(
        parts.database,
        idle.map(({ id }) => id),
      )
    ).map(({ id }) => id),
  );
  for (const report of idle) await mend(parts, report, halted.has(report.id));
  for (const id of await listUndropped(parts.database, nobodyWritesMs, 100)) {
    await parts.queue.remove(id);
    await parts.files.drop(id);
    await noteDropped(parts.database, id);
  }
}

async function mend(parts: SweepParts, report: Report, isHalted: boolean): Promise<void> {
  const { database, queue, log } = parts;
  const { state, reason, endedAt, attemptsMade } = await queue.state(report.id);
  // Its worker is gone, and perhaps no worker takes reports now: cancelled all the same.
  if (isHalted && state !== "active") {
    if (await confirmCancelled(database, report.id)) await clearAway(parts, report.id);
    return;
  }
  // Put back since its job ended: then the end is not about now.
  const isOld = endedAt !== undefined && endedAt < report.updatedAt && report.status === "queued";
  if (state === "unknown" || state === "completed" || (state === "failed" && isOld)) {
    // "completed" cannot stay here unless the database lost what the worker told it: do it again, the receipts make it short.
    if (state !== "unknown") await queue.remove(report.id);
    await queue.add(report);
    log.warning("Report put back into the queue", { report_id: report.id });
  } else if (state === "failed") {
    const isStalled = /stalled/.test(reason ?? "");
    await abandon(
      parts,
      report.id,
      isStalled ? "poison" : "queue-lost",
      {
        code: isStalled ? "poison-report" : "report-given-up",
        message: isStalled
          ? "Its workers ended again and again while they had this report in hand."
          : (reason ?? "The queue gave the report up."),
        hint: "Look at the cause, then put the report back (csrd queue requeue).",
      },
      attemptsMade,
    );
  }
}

/** Redis forgets with its memory what an operator said; the database does not. */
async function tellQueue({ database, queue, log, concurrency }: SweepParts): Promise<void> {
  const [wanted, told] = await Promise.all([readQueueControl(database), queue.control()]);
  const isPaused = wanted.paused !== undefined;
  if (told.isPaused !== isPaused) {
    await queue.setPaused(isPaused);
    log.warning(isPaused ? "Queue paused" : "Queue resumed", { reason: wanted.paused?.reason ?? "" });
  }
  const most = wanted.concurrency ?? concurrency;
  if (told.concurrency !== most) await queue.setGlobalConcurrency(most);
}

/** Sweeps every `everyMs` until stopped; an outage of database or queue is logged and waited out. */
export function keepSweeping(parts: SweepParts, everyMs: number): { stop(): Promise<void> } {
  let stopped = false;
  let current: Promise<void> = Promise.resolve();
  const once = async (): Promise<void> => {
    try {
      await sweep(parts, everyMs);
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
