import { setTimeout as pause } from "node:timers/promises";
import type { V1Lease } from "@kubernetes/client-node";
import { toMs } from "#kit/duration.ts";
import { OpsError } from "#kit/errors.ts";
import type { LockHolder, LockRow, LockStore } from "#kit/journal.ts";
import { formerOf, heldElsewhere, lostTo } from "../lock-refusals.ts";
import type { LeaseLocksBinding } from "./binding.ts";
import { connect, type Answer, type Cluster, type Failed } from "./cluster.ts";
import { freedLease, heldLease, leaseName, readLease, type Seen } from "./lease.ts";
import { observer } from "./observer.ts";

/** A change of one Lease: what to write, or that there is nothing to write. */
type Change<T> = { readonly write: V1Lease } | { readonly nothing: T };

const mostRounds = 8;
const mostBusy = 2;

/**
 * Opens the lock store; the first use loads the SDK and connects. Every change names the version it is based on, so that of two
 * writers one is refused, looks again, and decides anew. Throws `tool-unreachable` or `tool-refused` when the cluster cannot be
 * asked; then no lock is held. When a lease has ended is decided by `observer.ts`.
 */
export function leaseLocks(
  binding: LeaseLocksBinding,
  options: {
    /** Milliseconds that only go forward. */
    readonly monotonic?: () => number;
  } = {},
): LockStore {
  const seenBefore = observer(toMs(binding.skew), options.monotonic ?? (() => performance.now()));
  let connecting: Promise<Cluster> | undefined;
  const connected = () => {
    connecting ??= connect(binding);
    // A secret or file that was missing may be there the next time.
    connecting.catch(() => {
      connecting = undefined;
    });
    return connecting;
  };

  /** Reads, decides, writes; and again from the start when somebody else wrote in between or the server was busy. */
  async function change<T>(
    lock: string,
    decide: (cluster: Cluster, found: Found) => Change<T>,
  ): Promise<{ readonly written: Seen } | { readonly nothing: T }> {
    const cluster = await connected();
    const name = leaseName(lock);
    let busy = 0;
    for (let round = 1; ; round += 1) {
      const outcome = await attempt(cluster, name, lock, decide);
      if (!("failure" in outcome)) return outcome;
      const { failure } = outcome;
      if (failure.kind === "final") throw failure.error;
      if (failure.kind === "busy") {
        busy += 1;
        if (busy > mostBusy) throw failure.error;
        await pause(failure.waitMs + Math.random() * 50);
      } else {
        if (round >= mostRounds) throw restless(lock);
        await pause(Math.random() * 20 * round);
      }
    }
  }

  async function attempt<T>(
    cluster: Cluster,
    name: string,
    lock: string,
    decide: (cluster: Cluster, found: Found) => Change<T>,
  ) {
    const got = await cluster.get(name);
    if ("failure" in got && got.failure.kind !== "absent") return got;
    const found = foundOf(got, lock);
    if (found.seen !== undefined) seenBefore.note(name, found.seen.version);
    const decided = decide(cluster, found);
    if ("nothing" in decided) return decided;
    const done =
      found.lease === undefined
        ? await cluster.create(decided.write)
        : await cluster.replace(name, decided.write);
    if ("failure" in done) return done.failure.kind === "absent" ? overtaken : done;
    const written = readLease(done.value, lock);
    seenBefore.note(name, written.version);
    return { written };
  }

  /** A held lock with its state by the server's clock, as far as that was heard. */
  function rowOf(held: Held, seen: Pick<Seen, "leaseMs" | "staysMs">, at: Date | undefined): LockRow {
    const name = leaseName(held.lock);
    const { leaseMs, staysMs } = seen;
    const over = (until: string, length: number) => seenBefore.hasEnded(name, { until, leaseMs: length }, at);
    if (over(held.staysUntil, leaseMs + staysMs)) return { ...held, state: "over" };
    return { ...held, state: over(held.until, leaseMs) ? "kept" : "held" };
  }

  /** A lock as it was just written: held by its writer. */
  function written(
    result: { readonly written: Seen } | { readonly nothing: unknown },
    lock: string,
  ): LockRow {
    const held = "written" in result ? result.written.held : undefined;
    if (held === undefined) throw restless(lock);
    return { ...held, state: "held" };
  }

  /** The lock, when it is this run's with this fence. */
  function mustHold(lock: string, run: string, fence: number, { seen, at }: Found): Held {
    const held = seen?.held;
    if (seen === undefined || held === undefined || held.run !== run || held.fence !== fence)
      throw lostTo(lock, run, held === undefined || seen === undefined ? undefined : rowOf(held, seen, at));
    return held;
  }

  return {
    async takeLock(lock, holder, leaseMs) {
      let former: LockRow | undefined;
      const result = await change<never>(lock, ({ MicroTime }, { lease, seen, at }) => {
        former = seen?.held === undefined ? undefined : rowOf(seen.held, seen, at);
        if (former !== undefined && former.run !== holder.run && former.state !== "over")
          throw heldElsewhere(former);
        const now = at ?? new Date();
        return {
          write: heldLease(
            lease,
            lock,
            { ...holder, fence: (seen?.fence ?? 0) + 1, takenAt: now, renewedAt: now, leaseMs },
            MicroTime,
          ),
        };
      });
      const tookOver = formerOf(former, holder.run);
      const taken = written(result, lock);
      return tookOver === undefined ? taken : { ...taken, tookOver };
    },

    async renewLock(lock, run, fence, leaseMs) {
      const result = await change<never>(lock, ({ MicroTime }, found) => {
        const holder = holderOf(mustHold(lock, run, fence, found), found.seen);
        return {
          write: heldLease(
            found.lease,
            lock,
            { ...holder, renewedAt: found.at ?? new Date(), leaseMs },
            MicroTime,
          ),
        };
      });
      return written(result, lock);
    },

    async passLock(lock, from, to, leaseMs) {
      const result = await change<Seen>(lock, ({ MicroTime }, found) => {
        const { lease, seen, at } = found;
        // This very change, whose answer was lost: it is done.
        if (seen?.held?.run === to.run && seen.held.owner === to.owner && seen.fence === from.fence + 1)
          return { nothing: seen };
        mustHold(lock, from.run, from.fence, found);
        const now = at ?? new Date();
        return {
          write: heldLease(
            lease,
            lock,
            { ...to, fence: from.fence + 1, takenAt: now, renewedAt: now, leaseMs },
            MicroTime,
          ),
        };
      });
      return written("nothing" in result ? { written: result.nothing } : result, lock);
    },

    async keepLock(lock, run, fence, reason) {
      const result = await change<never>(lock, ({ MicroTime }, found) => {
        const holder = holderOf(mustHold(lock, run, fence, found), found.seen);
        // A lease is a second long at least; one that began a second, a moment and the skew ago is over for everybody.
        const renewedAt = new Date((found.at ?? new Date()).getTime() - 1_001 - toMs(binding.skew));
        return {
          write: heldLease(found.lease, lock, { ...holder, reason, renewedAt, leaseMs: 1_000 }, MicroTime),
        };
      });
      return { ...written(result, lock), state: "kept" };
    },

    async releaseLock(lock, run, fence) {
      const result = await change<"not held">(lock, (_cluster, { lease, seen }) =>
        lease !== undefined && seen?.held?.run === run && seen.held.fence === fence
          ? { write: freedLease(lease) }
          : { nothing: "not held" },
      );
      return "written" in result;
    },

    async locks() {
      const cluster = await connected();
      for (let busy = 0; ; busy += 1) {
        const listed = await cluster.list();
        if (!("failure" in listed)) {
          const rows = listed.value.flatMap((lease) => {
            const seen = readLease(lease);
            seenBefore.note(lease.metadata?.name ?? "", seen.version);
            return seen.held === undefined ? [] : [rowOf(seen.held, seen, listed.at)];
          });
          return rows.toSorted((a, b) => (a.lock < b.lock ? -1 : 1));
        }
        const { failure } = listed;
        if (failure.kind === "busy" && busy < mostBusy) await pause(failure.waitMs + Math.random() * 50);
        else throw "error" in failure ? failure.error : new TypeError("a list cannot be overtaken");
      }
    },
  };
}

/** What a look at one Lease gave: nothing where there is none. */
type Found = {
  readonly lease: V1Lease | undefined;
  readonly seen: Seen | undefined;
  readonly at: Date | undefined;
};

const overtaken: Failed = { failure: { kind: "overtaken" }, at: undefined };

function foundOf(got: Answer<V1Lease> | Failed, lock: string): Found {
  if ("failure" in got) return { lease: undefined, seen: undefined, at: got.at };
  return { lease: got.value, seen: readLease(got.value, lock), at: got.at };
}

type Held = NonNullable<Seen["held"]>;

/** Its holder again, for a change that leaves it to them. */
function holderOf(held: Held, seen: Seen | undefined): LockHolder & { fence: number; takenAt: Date } {
  const { run, owner, reason, kind, fence, takenAt } = held;
  return { run, owner, reason, kind, staysMs: seen?.staysMs ?? 0, fence, takenAt: new Date(takenAt) };
}

function restless(lock: string): OpsError {
  return new OpsError("tool-unreachable", {
    summary: `The Lease of ${lock} was changed by somebody else each time it was about to be written (${mostRounds} times).`,
    hint: "No lock is assumed. Look at who writes it: kubectl get lease -o yaml --show-managed-fields",
  });
}
