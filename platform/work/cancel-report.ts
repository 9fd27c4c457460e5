import type { Database } from "../storage/database.ts";
import type { ReportFiles } from "../storage/report-files.ts";
import { type CancelAnswer, type CancelRequest, requestCancel } from "../storage/report-ends.ts";
import type { ReportQueue } from "./report-queue.ts";

/** What cancelling works with. */
export type CancelParts = {
  readonly database: Database;
  readonly queue: Pick<ReportQueue, "remove">;
  readonly files: Pick<ReportFiles, "drop">;
};

/**
 * Cancels a report: noted in the database first, so that it holds whatever happens next; one that waits leaves the queue with its files at once,
 * one whose stage is in hand is stopped by its worker within seconds. Safe to repeat. Throws what the database throws when it is away.
 */
export async function cancelReport(parts: CancelParts, request: CancelRequest): Promise<CancelAnswer> {
  const answer = await requestCancel(parts.database, request);
  if (answer.kind === "cancelled") await clearAway(parts, request.id);
  return answer;
}

/** Takes a cancelled report's job and files away as far as that is possible now; the sweep looks again when nobody can still write. */
export async function clearAway({ queue, files }: Omit<CancelParts, "database">, id: string): Promise<void> {
  await Promise.allSettled([queue.remove(id), files.drop(id)]);
}
