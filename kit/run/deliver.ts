import type { Clock } from "../clock.ts";
import { OpsError } from "../errors.ts";
import { foldRun } from "../fold.ts";
import type { Journal } from "../journal.ts";
import type { Destination } from "../outbox.ts";

/** What one drain achieved. */
export type Drained = { readonly delivered: number; readonly waiting: number; readonly lastError?: string };

const firstRetryMs = 2_000;
const longestRetryMs = 5 * 60_000;

/**
 * Tells every destination what it has not been told, in order per destination and run. Never throws for a dead vendor:
 * the journal keeps what is owed, and the next drain goes on from there.
 */
export async function drain(
  journal: Journal,
  environment: string,
  destinations: readonly Destination[],
  clock: Clock,
  owner: string,
): Promise<Drained> {
  let delivered = 0;
  let waiting = 0;
  let lastError: string | undefined;
  const runs = await journal.undelivered(
    environment,
    destinations.map((destination) => destination.name),
  );
  await Promise.all(
    destinations.map((destination) =>
      alone(journal, destination, owner, async () => {
        for (const run of runs) {
          const outcome = await tell(journal, destination, run, clock);
          if (outcome === "told") delivered += 1;
          if (typeof outcome === "object") {
            waiting += 1;
            lastError = outcome.waiting;
          }
        }
      }),
    ),
  );
  return { delivered, waiting, ...(lastError === undefined ? {} : { lastError }) };
}

/** Prefix of the locks that keep two processes from telling one destination the same thing. */
const outboxLocks = "outbox/";

/** True for a lock that only keeps two processes from telling the same thing; no run holds it. */
export function isOutboxLock(lock: string): boolean {
  return lock.startsWith(outboxLocks);
}

const deliveryLeaseMs = 60_000;

/** Does the work unless another process is telling this destination right now; that one will tell everything. */
async function alone(
  journal: Journal,
  destination: Destination,
  owner: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    const lock = await journal.takeLock(
      `${outboxLocks}${destination.name}`,
      { run: owner, owner, reason: "telling what happened" },
      deliveryLeaseMs,
    );
    try {
      await work();
    } finally {
      await journal.releaseLock(lock.lock, owner, lock.fence);
    }
  } catch (error) {
    if (OpsError.is(error) && error.code === "lock-held") return;
    throw error;
  }
}

async function tell(
  journal: Journal,
  destination: Destination,
  run: string,
  clock: Clock,
): Promise<"told" | "nothing" | { readonly waiting: string }> {
  const before = await journal.delivery(run, destination.name);
  const cursor = before?.cursor ?? 0;
  if (before !== undefined && before.attempts > 0 && Date.parse(before.nextAt) > clock.now().getTime())
    return { waiting: before.lastError ?? "retry is due later" };
  const entries = await journal.read(run);
  const state = foldRun(entries);
  if (state === undefined || state.lastSeq <= cursor) return "nothing";

  const { failure, ...progress } = await destination
    .deliver({ entries, state, cursor, memory: before?.state })
    .catch((error: unknown) => ({
      cursor,
      memory: before?.state,
      failure: { reason: error instanceof Error ? error.message : String(error), retryAfterMs: undefined },
    }));
  const attempts = failure === undefined ? 0 : (before?.attempts ?? 0) + 1;
  const pause =
    failure?.retryAfterMs ?? Math.min(longestRetryMs, firstRetryMs * 2 ** Math.max(0, attempts - 1));
  await journal.saveDelivery({
    run,
    destination: destination.name,
    cursor: progress.cursor,
    state: progress.memory ?? null,
    attempts,
    nextAt: new Date(clock.now().getTime() + (failure === undefined ? 0 : pause)).toISOString(),
    ...(failure === undefined ? {} : { lastError: failure.reason }),
  });
  return failure === undefined ? "told" : { waiting: failure.reason };
}
