import { messageOf } from "../service/error-facts.ts";
import type { Database } from "../storage/database.ts";
import type { ReportFiles } from "../storage/report-files.ts";
import { findAnyReport } from "../storage/reports.ts";
import type { Log } from "../telemetry/log.ts";

/** What the remains of uploads are looked for with. */
export type RemainsParts = { readonly database: Database; readonly files: ReportFiles; readonly log: Log };

/** An upload that began this long ago has no process any more: the longest one may take is half an hour. */
const staleMs = 60 * 60_000;
const everyMs = 15 * 60_000;

/** Removes what processes that ended in the middle of an upload have left in the store. Gives how many uploads that were. */
export async function clearRemains(
  { database, files, log }: RemainsParts,
  ageMs: number = staleMs,
): Promise<number> {
  let removed = 0;
  for await (const id of files.unaccepted(ageMs)) {
    if ((await findAnyReport(database, id)) !== undefined) await files.accepted(id);
    else {
      await files.drop(id);
      removed += 1;
    }
  }
  if (removed > 0) log.warning("Remains of uploads removed", { uploads: removed });
  return removed;
}

/** Clears now and every quarter of an hour, until stopped; an outage is waited out. */
export function keepClearing(parts: RemainsParts): { stop(): Promise<void> } {
  const once = async (): Promise<void> => {
    await clearRemains(parts).catch((error: unknown) =>
      parts.log.warning("Remains of uploads could not be removed", { error_message: messageOf(error) }),
    );
  };
  let current = once();
  const timer = setInterval(() => {
    current = current.then(once);
  }, everyMs);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await current;
    },
  };
}
