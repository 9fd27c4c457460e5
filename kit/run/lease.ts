import type { Clock } from "../clock.ts";
import { OpsError } from "../errors.ts";
import type { Identity } from "../identity.ts";
import type { ClaimedRun, Journal, LockHolder, LockRow, LockStore, RunLease, TakenLock } from "../journal.ts";
import type { RunEvent } from "../timeline.ts";

/** The run's lease, and its lock once taken, kept alive while this process works. It writes no events; its users do. */
export type Holding = {
  /** Aborts with `lock-lost` or `run-busy` as soon as either is found lost. */
  readonly signal: AbortSignal;
  /** The lock as it was last renewed; undefined while none is held. */
  readonly lock: LockRow | undefined;
  /** Takes the lock; `lockTaken` says what to write down about it. Throws `lock-held`. */
  takeLock(name: string, reason: string): Promise<TakenLock>;
  /** Gives the lock back before a wait; the run stays this process's. False when none was held. */
  releaseLock(): Promise<boolean>;
  /** Takes the released lock again after a wait; throws `lock-held` when somebody else works there now. */
  retakeLock(): Promise<TakenLock>;
  /** Hands the lock to another run in one change of the store, so that nobody gets in between; from then on it is the other's to renew. */
  passLock(to: LockHolder): Promise<LockRow>;
  /** Leaves a sticky lock behind when the run ends, saying why. */
  keepLock(reason: string): Promise<LockRow>;
  /** Leaves the lock taken for so long, though this process goes: the plan said that it is held while it waits. */
  parkLock(ms: number): Promise<LockRow>;
  /** Renews both now; throws when either is lost. Called before every effect, because no cloud can check a fence. */
  readonly recheck: () => Promise<void>;
  /** Why the lock is lost while the run is still this process's to write; undefined when it is not so. */
  readonly lockLost: string | undefined;
  /** Gives lock and run up and stops renewing. True when a lock was released. */
  letGo(): Promise<boolean>;
  /** Stops renewing and gives nothing back: what cannot be written down ends by itself, as after a crash. */
  abandon(): void;
};

/** How a run's lock behaves after it. */
export type LockManner = Pick<LockHolder, "kind" | "staysMs">;

/** Renewals that may fail in a row: at a third of the lease each, after the third nobody can say that it still stands. */
const mostMissed = 3;

/**
 * Starts renewing a run's lease at a third of its length. How long the leases still stand is counted in renewals, never read from a
 * clock: this host's may jump.
 */
export function hold(
  journal: Journal,
  locks: LockStore,
  lease: RunLease,
  leaseMs: number,
  clock: Clock,
  manner: LockManner = {},
): Holding {
  const lost = new AbortController();
  const stop = new AbortController();
  let lock: LockRow | undefined;
  let wanted: { readonly name: string; readonly reason: string } | undefined;
  let losing: OpsError | undefined;
  let lockLost: string | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  /** One change at a time: a renewal must not meet a lock that is just being given away. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work, work);
    turn = mine.catch(() => undefined);
    return mine;
  }

  async function renew() {
    await journal.renew(lease, leaseMs);
    if (lock === undefined) return;
    try {
      lock = await locks.renewLock(lock.lock, lease.run, lock.fence, leaseMs);
    } catch (error) {
      throw new LockTrouble(error);
    }
  }

  /** What failed decides: without its run this process may not write any more, without its lock it may not act any more. */
  function lose(error: unknown): OpsError {
    if (losing !== undefined) return losing;
    const cause = error instanceof LockTrouble ? error.cause : error;
    losing = asLost(cause, lease.run, error instanceof LockTrouble ? lock?.lock : undefined);
    if (error instanceof LockTrouble) lockLost = losing.summary;
    lost.abort(losing);
    return losing;
  }

  async function recheck() {
    lost.signal.throwIfAborted();
    try {
      await inTurn(renew);
    } catch (error) {
      throw lose(error);
    }
  }

  void (async () => {
    let missed = 0;
    while (!stop.signal.aborted && !lost.signal.aborted) {
      await clock.sleep(leaseMs / 3, stop.signal);
      try {
        await inTurn(async () => {
          if (!stop.signal.aborted) await renew();
        });
        missed = 0;
      } catch (error) {
        // A store that does not answer has taken nothing away yet: the lease still stands, and no effect happens without a recheck.
        missed += 1;
        if (!isPassing(error) || missed >= mostMissed) lose(error);
      }
    }
  })().catch(() => undefined);

  const take = (name: string, reason: string) =>
    inTurn(async () => {
      wanted = { name, reason };
      const taken = await locks.takeLock(
        name,
        { run: lease.run, owner: lease.owner, reason, ...manner },
        leaseMs,
      );
      lock = taken;
      return taken;
    });

  /** The lock that is held; for changes that make no sense without one. */
  const held = () => {
    if (lock === undefined) throw new TypeError(`${lease.run} holds no lock`);
    return lock;
  };

  return {
    signal: lost.signal,
    get lock() {
      return lock;
    },
    get lockLost() {
      return lockLost;
    },
    takeLock: take,
    releaseLock: () =>
      inTurn(async () => {
        if (lock === undefined) return false;
        await locks.releaseLock(lock.lock, lease.run, lock.fence);
        lock = undefined;
        return true;
      }),
    async retakeLock() {
      if (wanted === undefined) throw new TypeError(`${lease.run} never held a lock`);
      return take(wanted.name, wanted.reason);
    },
    passLock: (to) =>
      inTurn(async () => {
        const { lock: name, fence } = held();
        const passed = await locks.passLock(name, { run: lease.run, fence }, to, leaseMs);
        lock = undefined;
        return passed;
      }),
    keepLock: (reason) =>
      inTurn(async () => {
        const { lock: name, fence } = held();
        const kept = await locks.keepLock(name, lease.run, fence, reason);
        lock = undefined;
        return kept;
      }),
    parkLock: (ms) =>
      inTurn(async () => {
        const { lock: name, fence } = held();
        const parked = await locks.renewLock(name, lease.run, fence, ms);
        lock = undefined;
        return parked;
      }),
    recheck,
    async letGo() {
      stop.abort();
      return inTurn(async () => {
        const last = lock;
        lock = undefined;
        if (last !== undefined && !lost.signal.aborted)
          await locks.releaseLock(last.lock, lease.run, last.fence);
        await journal.letGo(lease);
        return last !== undefined;
      });
    },
    abandon: () => stop.abort(),
  };
}

/** What to write down about a lock that was just taken. */
export function lockTaken({ lock, fence, until, tookOver }: TakenLock): RunEvent {
  const taken = { type: "lock.taken", lock, fence, until } as const;
  if (tookOver === undefined) return taken;
  return {
    ...taken,
    tookOver: { run: tookOver.run, owner: tookOver.owner, until: tookOver.until },
  };
}

/** What to write down about a run that was claimed; whose owner's lease had run out stands in it. */
export function runResumed({ fence, tookOver }: ClaimedRun, by: Identity): RunEvent {
  return { type: "run.resumed", by, fence, ...(tookOver === undefined ? {} : { tookOver }) };
}

/** A failure of the lock, told apart from one of the run's own lease. */
class LockTrouble extends Error {
  constructor(cause: unknown) {
    super("the lock could not be renewed", { cause });
  }
}

const passing = new Set(["tool-unreachable", "journal-locked"]);

function isPassing(error: unknown): boolean {
  const cause = error instanceof LockTrouble ? error.cause : error;
  return OpsError.is(cause) && passing.has(cause.code);
}

const plain = new Set(["lock-lost", "run-busy"]);

/** A store that cannot be asked leaves a lock as uncertain as one that is gone. */
function asLost(cause: unknown, run: string, lock: string | undefined): OpsError {
  if (OpsError.is(cause) && (lock === undefined || plain.has(cause.code))) return cause;
  return new OpsError("lock-lost", {
    summary:
      lock === undefined
        ? `Run ${run} could not renew its lease.`
        : `${run} could not renew the lock ${lock}, so somebody else may get it${OpsError.is(cause) ? `: ${cause.summary}` : "."}`,
    hint: `Look before doing anything: ops resume ${run}`,
    cause,
  });
}
