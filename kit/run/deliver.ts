import type { Clock } from "../clock.ts";
import { OpsError } from "../errors.ts";
import { foldRun, type RunState } from "../fold.ts";
import type { DeliveryRow, Journal } from "../journal.ts";
import type { Delivery, Destination } from "../outbox.ts";

/** What one drain achieved. */
export type Drained = { readonly delivered: number; readonly waiting: number; readonly lastError?: string };

const firstRetryMs = 2_000;
const longestRetryMs = 5 * 60_000;
/** However long a vendor asks to wait, and however short. */
const longestAskedMs = 60 * 60_000;
const shortestAskedMs = 500;
/** A run that ended longer ago than this, and of which a destination was never told a word, was over before the destination was bound. */
const oldNewsMs = 24 * 3_600_000;

/** How a drain goes about it. */
export type DrainOptions = {
  /** Try at once what is due later, because a person asked. */
  readonly now?: boolean;
};

/**
 * Tells every destination what it has not been told, in order per destination and run. Never throws for a dead vendor:
 * the journal keeps what is owed, and the next drain goes on from there. A destination that fails is left alone until the next drain.
 */
export async function drain(
  journal: Journal,
  environment: string,
  destinations: readonly Destination[],
  clock: Clock,
  owner: string,
  options: DrainOptions = {},
): Promise<Drained> {
  let delivered = 0;
  let waiting = 0;
  let lastError: string | undefined;
  await Promise.all(
    destinations.map((destination) =>
      alone(journal, destination, owner, async (mine) => {
        const runs = await journal.undelivered(environment, [destination.name]);
        for (const [index, run] of runs.entries()) {
          await mine();
          const outcome = await tell(journal, destination, run, clock, options);
          if (outcome === "told") delivered += 1;
          if (typeof outcome !== "object") continue;
          waiting += 1;
          lastError = outcome.waiting;
          if (!outcome.down) continue;
          waiting += runs.length - index - 1;
          break;
        }
      }),
    ),
  );
  return { delivered, waiting, ...(lastError === undefined ? {} : { lastError }) };
}

/** What a destination has not been told of a run, or was told in vain. */
export type Owed = {
  readonly destination: string;
  readonly run: string;
  /** How many entries it does not know yet; 0 when only something refused is left. */
  readonly entries: number;
  readonly attempts: number;
  /** When it is tried again; undefined before the first try and for what was refused for good. */
  readonly nextAt?: string;
  readonly why?: string;
};

/** Everything owed to whom, oldest run first, and what was refused for good among the newest runs. */
export async function owed(
  journal: Journal,
  environment: string,
  destinations: readonly string[],
): Promise<readonly Owed[]> {
  const recent = await journal.runs({ limit: 100, environment });
  const parts = await Promise.all(
    destinations.map(async (destination) => {
      const open = await journal.undelivered(environment, [destination]);
      const runs = new Set([...open, ...recent.map(({ run }) => run).toReversed()]);
      const rows: Owed[] = [];
      for (const run of runs) {
        const [row, known] = await Promise.all([journal.row(run), journal.delivery(run, destination)]);
        const why = known?.lastError;
        if (row === undefined || (!open.includes(run) && why === undefined)) continue;
        const attempts = known?.attempts ?? 0;
        const entries = open.includes(run) ? (await journal.read(run, known?.cursor ?? 0)).length : 0;
        rows.push({
          destination,
          run,
          entries,
          attempts,
          ...(known !== undefined && attempts > 0 ? { nextAt: known.nextAt } : {}),
          ...(why === undefined ? {} : { why }),
        });
      }
      return rows;
    }),
  );
  return parts.flat();
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
  work: (mine: () => Promise<void>) => Promise<void>,
): Promise<void> {
  try {
    const lock = await journal.takeLock(
      `${outboxLocks}${destination.name}`,
      { run: owner, owner, reason: "telling what happened" },
      deliveryLeaseMs,
    );
    try {
      // A drain can take longer than one lease: vendors are slow, and there may be much to tell.
      await work(async () => {
        await journal.renewLock(lock.lock, owner, lock.fence, deliveryLeaseMs);
      });
    } finally {
      await journal.releaseLock(lock.lock, owner, lock.fence);
    }
  } catch (error) {
    if (OpsError.is(error) && (error.code === "lock-held" || error.code === "lock-lost")) return;
    throw error;
  }
}

type Told = "told" | "nothing" | { readonly waiting: string; readonly down: boolean };

async function tell(
  journal: Journal,
  destination: Destination,
  run: string,
  clock: Clock,
  options: DrainOptions,
): Promise<Told> {
  const before = await journal.delivery(run, destination.name);
  const cursor = before?.cursor ?? 0;
  const now = clock.now().getTime();
  if (before !== undefined && before.attempts > 0 && Date.parse(before.nextAt) > now && options.now !== true)
    return { waiting: before.lastError ?? "retry is due later", down: false };
  const entries = await journal.read(run);
  const state = foldRun(entries);
  if (state === undefined || state.lastSeq <= cursor) return "nothing";
  const save = (row: Omit<DeliveryRow, "run" | "destination">) =>
    journal.saveDelivery({ run, destination: destination.name, ...row });
  if (before === undefined && isOldNews(state, now)) {
    await save({ cursor: state.lastSeq, state: null, attempts: 0, nextAt: clock.now().toISOString() });
    return "nothing";
  }

  const { failure, refused, ...progress } = await destination
    .deliver({ entries, state, cursor, memory: before?.state })
    .catch(
      (error: unknown): Delivery => ({
        cursor,
        memory: before?.state,
        failure: { reason: error instanceof Error ? error.message : String(error) },
      }),
    );
  const attempts = failure === undefined ? 0 : (before?.attempts ?? 0) + 1;
  // What was refused for good stays visible after later entries were told.
  const kept = before?.attempts === 0 ? before.lastError : undefined;
  const lastError = failure?.reason ?? refused ?? kept;
  await save({
    cursor: progress.cursor,
    state: progress.memory ?? null,
    attempts,
    nextAt: new Date(clock.now().getTime() + pauseMs(failure, attempts)).toISOString(),
    ...(lastError === undefined ? {} : { lastError }),
  });
  return failure === undefined ? "told" : { waiting: failure.reason, down: failure.onlyThis !== true };
}

function isOldNews({ ended }: RunState, now: number): boolean {
  return ended !== undefined && now - Date.parse(ended.at) > oldNewsMs;
}

/** As long as the vendor asks, within reason; else twice as long each time. */
function pauseMs(failure: Delivery["failure"], attempts: number): number {
  if (failure === undefined) return 0;
  const asked = failure.retryAfterMs;
  if (asked !== undefined && Number.isFinite(asked))
    return Math.min(longestAskedMs, Math.max(shortestAskedMs, asked));
  return Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(20, attempts - 1));
}
