import { OpsError } from "#kit/errors.ts";
import type { LockStore } from "#kit/journal.ts";
import type { Database } from "./database.ts";
import { toLockRow } from "./rows.ts";

/** Locks of this host, in the journal's own file. A released lock keeps its row, so that its fence is never forgotten. */
export function hostLocks({ get, all, run, safely, write }: Database, now: () => Date): LockStore {
  const soon = (ms: number) => new Date(now().getTime() + ms).toISOString();
  return {
    takeLock: (lock, holder, leaseMs) =>
      write(() => {
        const row = get(
          `insert into lock (lock, run, owner, reason, fence, taken_at, until) values (?, ?, ?, ?, 1, ?, ?)
           on conflict (lock) do update set run = excluded.run, owner = excluded.owner, reason = excluded.reason,
             fence = lock.fence + 1, taken_at = excluded.taken_at, until = excluded.until
           where lock.run is null or lock.run = excluded.run or lock.until < excluded.taken_at
           returning *`,
          lock,
          holder.run,
          holder.owner,
          holder.reason,
          now().toISOString(),
          soon(leaseMs),
        );
        if (row !== undefined) return toLockRow(row);
        const held = toLockRow(get("select * from lock where lock = ?", lock) ?? {});
        throw new OpsError("lock-held", {
          summary: `${lock} is held by ${held.run} (${held.reason}) since ${held.takenAt.slice(11, 19)} UTC, at least until ${held.until.slice(11, 19)}.`,
          hint: `Watch it: ops timeline ${held.run}`,
        });
      }),

    renewLock: (lock, id, fence, leaseMs) =>
      write(() => {
        const row = get(
          "update lock set until = ? where lock = ? and run = ? and fence = ? returning *",
          soon(leaseMs),
          lock,
          id,
          fence,
        );
        if (row !== undefined) return toLockRow(row);
        throw new OpsError("lock-lost", {
          summary: `${id} lost the lock ${lock}; somebody else may be at work.`,
          hint: `Look before doing anything: ops timeline ${id}`,
        });
      }),

    releaseLock: (lock, id, fence) =>
      write(() => {
        run(
          "update lock set run = null, owner = null, reason = null, taken_at = null, until = null where lock = ? and run = ? and fence = ?",
          lock,
          id,
          fence,
        );
      }),

    locks: () => safely(() => all("select * from lock where run is not null order by lock").map(toLockRow)),
  };
}
