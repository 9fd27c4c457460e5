import type { LockRow, LockStore } from "#kit/journal.ts";
import { heldElsewhere, lostTo, type FormerHolder, type TakenLock } from "../lock-refusals.ts";
import type { PostgresLocksBinding } from "./binding.ts";
import { openDatabase } from "./database.ts";
import { migrate } from "./schema.ts";

/** Locks in a PostgreSQL table that several hosts share. */
export type PostgresLocks = Omit<LockStore, "takeLock"> & {
  takeLock(...asked: Parameters<LockStore["takeLock"]>): Promise<TakenLock>;
  close(): Promise<void>;
};

/**
 * Opens the lock store; the first use connects and brings the table up to date. Time is the server's alone: no host's clock
 * decides whether a lease has ended. Throws `tool-unreachable` or `tool-refused` when the store cannot be asked; then no lock is held.
 * Every statement may safely be repeated: re-taking by the same run is allowed, renewing and releasing name the fence.
 */
export function postgresLocks(binding: PostgresLocksBinding): PostgresLocks {
  const database = openDatabase(binding);
  const table = `${binding.schema}.lock`;
  let ready: Promise<void> | undefined;

  const transact: typeof database.transact = async (what, work) => {
    ready ??= migrate(database, binding.schema, what);
    try {
      await ready;
    } catch (error) {
      ready = undefined;
      throw error;
    }
    return database.transact(what, work);
  };

  return {
    takeLock: (lock, holder, leaseMs) =>
      transact(`lock ${lock}`, async (ask) => {
        // clock_timestamp(), not now(): a taker that waited for another's transaction must count from when it got its turn.
        const [taken] = await ask<HeldRow>(
          `insert into ${table} as held (lock, run, owner, reason, fence, taken_at, until)
           values ($1, $2, $3, $4, 1, clock_timestamp(), clock_timestamp() + $5 * interval '1 millisecond')
           on conflict (lock) do update set run = excluded.run, owner = excluded.owner, reason = excluded.reason,
             fence = held.fence + 1, taken_at = clock_timestamp(), until = clock_timestamp() + $5 * interval '1 millisecond',
             took_over = case when held.run is not null and held.run <> excluded.run then to_jsonb(held) end
           where held.run is null or held.run = excluded.run or held.until < clock_timestamp()
           returning *`,
          [lock, holder.run, holder.owner, holder.reason, leaseMs],
        );
        if (taken !== undefined) return takenOf(taken);
        // A refused upsert has locked the row all the same, so this reads exactly what refused.
        const [held] = await ask<HeldRow>(`select * from ${table} where lock = $1`, [lock]);
        throw held === undefined
          ? new TypeError(`${lock} was refused by a row that is not there`)
          : heldElsewhere(rowOf(held));
      }),

    renewLock: (lock, run, fence, leaseMs) =>
      transact(`renew the lock ${lock}`, async (ask) => {
        const [renewed] = await ask<HeldRow>(
          `update ${table} set until = clock_timestamp() + $4 * interval '1 millisecond'
           where lock = $1 and run = $2 and fence = $3 returning *`,
          [lock, run, fence, leaseMs],
        );
        if (renewed !== undefined) return rowOf(renewed);
        const [now] = await ask<HeldRow>(`select * from ${table} where lock = $1 and run is not null`, [
          lock,
        ]);
        throw lostTo(lock, run, now === undefined ? undefined : rowOf(now));
      }),

    releaseLock: (lock, run, fence) =>
      transact(`release the lock ${lock}`, async (ask) => {
        await ask(
          `update ${table} set run = null, owner = null, reason = null, taken_at = null, until = null, took_over = null
           where lock = $1 and run = $2 and fence = $3`,
          [lock, run, fence],
        );
      }),

    locks: () =>
      transact("list its locks", async (ask) => {
        const rows = await ask<HeldRow>(
          `select * from ${table} where run is not null order by lock collate "C"`,
        );
        return rows.map(rowOf);
      }),

    close: database.close,
  };
}

/** A row of a lock that somebody holds; the columns of a free one are null, and are never read. */
type HeldRow = {
  readonly lock: string;
  readonly run: string;
  readonly owner: string;
  readonly reason: string;
  /** As text, because bigint is wider than a number. */
  readonly fence: string;
  readonly taken_at: Date;
  readonly until: Date;
  readonly took_over: Readonly<Record<"run" | "owner" | "reason" | "taken_at" | "until", string>> | null;
};

function rowOf(row: HeldRow): LockRow {
  return {
    lock: row.lock,
    run: row.run,
    owner: row.owner,
    reason: row.reason,
    fence: Number(row.fence),
    takenAt: row.taken_at.toISOString(),
    until: row.until.toISOString(),
  };
}

function takenOf(row: HeldRow): TakenLock {
  const former = row.took_over;
  if (former === null) return rowOf(row);
  const tookOver: FormerHolder = {
    run: former.run,
    owner: former.owner,
    reason: former.reason,
    takenAt: new Date(former.taken_at).toISOString(),
    until: new Date(former.until).toISOString(),
  };
  return { ...rowOf(row), tookOver };
}
