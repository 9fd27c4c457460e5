import type { LockHolder, LockRow, LockStore } from "#kit/journal.ts";
import { formerOf, heldElsewhere, lostTo } from "../lock-refusals.ts";
import type { Database } from "./database.ts";
import { isFresh, leaseFor, type HostClock } from "./host-clock.ts";
import { toLockRow } from "./rows.ts";

/** Locks of this host, in the journal's own file. A released lock keeps its row, so that its fence is never forgotten. */
export function hostLocks({ get, all, run, safely, write }: Database, clock: HostClock): LockStore {
  const held = (lock: string) => toLockRow(get("select * from lock where lock = ?", lock), clock);

  /** The lock, when it is still this run's with this fence; inside a transaction. */
  function mustHold(lock: string, id: string, fence: number): LockRow {
    const now = held(lock);
    if (now === undefined || now.run !== id || now.fence !== fence) throw lostTo(lock, id, now);
    return now;
  }

  function give(lock: string, to: LockHolder, leaseMs: number): LockRow {
    const lease = leaseFor(clock, leaseMs);
    run(
      `insert into lock (lock, run, owner, reason, kind, stays_ms, fence, taken_at, until, lease_boot, lease_from, lease_to)
       values (?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?)
       on conflict (lock) do update set run = excluded.run, owner = excluded.owner, reason = excluded.reason, kind = excluded.kind,
         stays_ms = excluded.stays_ms, fence = lock.fence + 1, taken_at = excluded.taken_at, until = excluded.until,
         lease_boot = excluded.lease_boot, lease_from = excluded.lease_from, lease_to = excluded.lease_to`,
      lock,
      to.run,
      to.owner,
      to.reason,
      to.kind ?? "automatic",
      to.staysMs ?? 0,
      clock.now().toISOString(),
      lease.until,
      lease.boot,
      lease.from,
      lease.to,
    );
    return mustBeThere(lock);
  }

  function extend(lock: string, leaseMs: number, reason: string): LockRow {
    const lease = leaseFor(clock, leaseMs);
    run(
      "update lock set until = ?, lease_boot = ?, lease_from = ?, lease_to = ?, reason = ? where lock = ?",
      lease.until,
      lease.boot,
      lease.from,
      lease.to,
      reason,
      lock,
    );
    return mustBeThere(lock);
  }

  function mustBeThere(lock: string): LockRow {
    const row = held(lock);
    if (row === undefined) throw new TypeError(`${lock} was written and is not there`);
    return row;
  }

  return {
    takeLock: (lock, holder, leaseMs) =>
      write(() => {
        const before = held(lock);
        if (before !== undefined && before.run !== holder.run && before.state !== "over")
          throw heldElsewhere(before);
        const tookOver = formerOf(before, holder.run);
        const taken = give(lock, holder, leaseMs);
        return tookOver === undefined ? taken : { ...taken, tookOver };
      }),

    renewLock: (lock, id, fence, leaseMs) =>
      write(() => {
        const now = mustHold(lock, id, fence);
        const row = get("select lease_boot, lease_from, lease_to from lock where lock = ?", lock);
        return row !== undefined && isFresh(clock, row, leaseMs) ? now : extend(lock, leaseMs, now.reason);
      }),

    passLock: (lock, from, to, leaseMs) =>
      write(() => {
        mustHold(lock, from.run, from.fence);
        return give(lock, to, leaseMs);
      }),

    keepLock: (lock, id, fence, reason) =>
      write(() => {
        mustHold(lock, id, fence);
        // A moment ago, so that nobody reads it as being worked on.
        return extend(lock, -1, reason);
      }),

    releaseLock: (lock, id, fence) =>
      write(
        () =>
          run(
            `update lock set run = null, owner = null, reason = null, kind = null, stays_ms = null, taken_at = null, until = null,
               lease_boot = null, lease_from = null, lease_to = null
             where lock = ? and run = ? and fence = ?`,
            lock,
            id,
            fence,
          ) > 0,
      ),

    locks: () =>
      safely(() =>
        all("select * from lock where run is not null order by lock").flatMap(
          (row) => toLockRow(row, clock) ?? [],
        ),
      ),
  };
}
