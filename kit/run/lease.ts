import type { Clock } from "../clock.ts";
import { OpsError } from "../errors.ts";
import type { Journal, LockRow, LockStore, RunLease } from "../journal.ts";

/** The run's lease, and its lock once taken, kept alive while this process works. */
export type Holding = {
  /** Aborts with `lock-lost` or `run-busy` as soon as either is found lost. */
  readonly signal: AbortSignal;
  readonly lock: LockRow | undefined;
  takeLock(name: string, reason: string): Promise<LockRow>;
  /** Renews both now; throws when either is lost. Called before every effect, because no cloud can check a fence. */
  readonly recheck: () => Promise<void>;
  /** Gives lock and run up and stops renewing. True when a lock was released. */
  letGo(): Promise<boolean>;
};

/** Starts renewing a run's lease at a third of its length. */
export function hold(
  journal: Journal,
  locks: LockStore,
  lease: RunLease,
  leaseMs: number,
  clock: Clock,
): Holding {
  const lost = new AbortController();
  const stop = new AbortController();
  let lock: LockRow | undefined;
  let goodUntil = clock.now().getTime() + leaseMs;

  async function renew() {
    const asked = clock.now().getTime();
    await journal.renew(lease, leaseMs);
    if (lock !== undefined) lock = await locks.renewLock(lock.lock, lease.run, lock.fence, leaseMs);
    goodUntil = asked + leaseMs;
  }

  function lose(error: unknown): OpsError {
    const reason = OpsError.is(error) ? error : lostBy(error, lease);
    lost.abort(reason);
    return reason;
  }

  async function recheck() {
    lost.signal.throwIfAborted();
    try {
      await renew();
    } catch (error) {
      throw lose(error);
    }
  }

  void (async () => {
    while (!stop.signal.aborted && !lost.signal.aborted) {
      await clock.sleep(leaseMs / 3, stop.signal);
      try {
        await renew();
      } catch (error) {
        // A store that does not answer has taken nothing away yet: the lease still stands, and no effect happens without a recheck.
        if (!isPassing(error) || clock.now().getTime() >= goodUntil) lose(error);
      }
    }
  })().catch(() => undefined);

  return {
    signal: lost.signal,
    get lock() {
      return lock;
    },
    async takeLock(name, reason) {
      lock = await locks.takeLock(name, { run: lease.run, owner: lease.owner, reason }, leaseMs);
      return lock;
    },
    recheck,
    async letGo() {
      stop.abort();
      const held = lock;
      if (held !== undefined && !lost.signal.aborted)
        await locks.releaseLock(held.lock, lease.run, held.fence);
      await journal.letGo(lease);
      return held !== undefined;
    },
  };
}

const passing = new Set(["tool-unreachable", "journal-locked"]);

function isPassing(error: unknown): boolean {
  return OpsError.is(error) && passing.has(error.code);
}

function lostBy(cause: unknown, { run }: RunLease): OpsError {
  return new OpsError("lock-lost", {
    summary: `Run ${run} could not renew its lease.`,
    hint: `Look before doing anything: ops resume ${run}`,
    cause,
  });
}
