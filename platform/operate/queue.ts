import type { Database } from "../storage/database.ts";
import { setQueueConcurrency, setQueuePaused } from "../storage/queue-control.ts";
import { type ActAnswer, type OperatorAct, requeueReport, setQuarantine } from "../storage/report-ends.ts";
import { findAnyReport } from "../storage/reports.ts";
import type { ReportQueue } from "../work/report-queue.ts";

/** The two places of the report queue: the database is the truth, Redis hands the reports out. */
export type QueuePlaces = { readonly database: Database; readonly queue: ReportQueue };

/** Most reports at once over all workers. */
export const mostAtOnce = 50;

/** Lets no worker take another report, or lets them again; false when it is so already. Redis is told in either case. */
export async function pauseQueue(
  { database, queue }: QueuePlaces,
  isPaused: boolean,
  act: OperatorAct,
): Promise<boolean> {
  const changed = await setQueuePaused(database, isPaused, act);
  await queue.setPaused(isPaused);
  return changed;
}

/** Takes a report out of the queue and keeps it, or puts a kept one back. */
export async function keepReport(
  places: QueuePlaces,
  id: string,
  isKept: boolean,
  act: OperatorAct,
): Promise<ActAnswer> {
  const answer = await setQuarantine(places.database, id, isKept, act);
  if (answer.kind === "done" && isKept) await places.queue.remove(id);
  if (answer.kind === "done" && !isKept) await putBack(places, id);
  return answer;
}

/** Puts a report back that was given up, from its last finished stage. */
export async function requeueOne(places: QueuePlaces, id: string, act: OperatorAct): Promise<ActAnswer> {
  const answer = await requeueReport(places.database, id, act);
  if (answer.kind === "done") await putBack(places, id);
  return answer;
}

/** Sets how many reports are worked on at once over all workers. */
export async function limitQueue({ database, queue }: QueuePlaces, most: number, by: string): Promise<void> {
  await setQueueConcurrency(database, most, by);
  await queue.setGlobalConcurrency(most);
}

/** An old job of the report would keep the new one out. */
async function putBack({ database, queue }: QueuePlaces, id: string): Promise<void> {
  const report = await findAnyReport(database, id);
  if (report === undefined) return;
  await queue.remove(id);
  await queue.add(report);
}
