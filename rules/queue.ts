import type { QueuedReport, QueueLook } from "#kit/ports/queue.ts";

/** How the queue is. `stuck`: reports wait and nobody takes them; `behind`: as many as may are worked on, and it is not enough. */
export type QueueState = "calm" | "paused" | "no-workers" | "stuck" | "behind";

/** Most reports that one run puts back unless it is asked for another number, and that it keeps out. */
export const mostPutBack = 20;
export const mostKept = 5;

/** Most reports that one worker takes at once, and all of them together: CSRD_CONCURRENCY, and the peak that the platform is made for. */
const perWorker = 10;
const peak = 50;

/** Judges the queue; `longWait` in seconds. An age below it is calm, whatever else is so, but for nobody being there to take reports. */
export function judgeQueue(look: QueueLook, longWait: number): QueueState {
  if (look.workers.length === 0) return "no-workers";
  if (look.paused !== undefined && look.waiting > 0) return "paused";
  if (look.waiting === 0 || look.oldestSeconds < longWait) return "calm";
  return look.active >= Math.min(look.concurrency, peak) ? "behind" : "stuck";
}

/** How many reports at once would help: half as many again, within what the workers can take and the platform is made for; undefined when there is no more to have. */
export function moreAtOnce({ concurrency, workers }: QueueLook): number | undefined {
  const most = Math.min(peak, workers.length * perWorker);
  const wanted = Math.min(most, Math.ceil(concurrency * 1.5));
  return wanted > concurrency ? wanted : undefined;
}

/** Reasons for giving a report up that lie outside of it; with what it needed back in place, it can be done. */
const curable: ReadonlySet<string> = new Set(["unreachable", "queue-lost", "agent-unreachable"]);

/** Reports that were given up for something that may be over, longest waiting first; the others need somebody to look at them. */
export function curableLetters(reports: readonly QueuedReport[]): readonly QueuedReport[] {
  return reports.filter(({ code }) => code !== undefined && curable.has(code)).toSorted(byAge);
}

/** The platform itself gives a report up after the fifth time; before that, each costs all others their turn. */
const killsOfPoison = 2;

/** Reports whose stage has ended its process again and again, worst first. */
export function poisonous(reports: readonly QueuedReport[]): readonly QueuedReport[] {
  return reports
    .filter(({ kills }) => kills >= killsOfPoison)
    .toSorted((a, b) => b.kills - a.kills || byAge(a, b));
}

/** Reports by why they were given up, most frequent first: "3 unreachable, 1 poison". */
export function lettersByReason(reports: readonly QueuedReport[]): string {
  const counts = new Map<string, number>();
  for (const { code = "unknown" } of reports) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts]
    .toSorted(([a, m], [b, n]) => n - m || a.localeCompare(b))
    .map(([code, count]) => `${count} ${code}`)
    .join(", ");
}

function byAge(a: QueuedReport, b: QueuedReport): number {
  return a.acceptedAt.localeCompare(b.acceptedAt) || a.id.localeCompare(b.id);
}
