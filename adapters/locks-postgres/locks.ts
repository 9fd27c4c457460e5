import type { FormerHolder, LockHolder, LockRow, LockStore, TakenLock } from "#kit/journal.ts";
import { heldElsewhere, lostTo } from "../lock-refusals.ts";
import { openDatabase, type Ask, type PostgresPlace, type PostgresUser } from "../postgres/database.ts";
import { lockStore } from "../postgres/fault.ts";
import { prepared } from "../postgres/prepared.ts";
import { migrate } from "./schema.ts";

/** Locks in a PostgreSQL table that several hosts share. */
export type PostgresLocks = LockStore & { close(): Promise<void> };

/** Everything of a held lock, with its state by the server's clock. */
const heldColumns = `*, until + stays_ms * interval '1 millisecond' as stays_until,
  case when until >= clock_timestamp() then 'held' when until + stays_ms * interval '1 millisecond' >= clock_timestamp() then 'kept' else 'over' end as state`;

const inMs = (place: string) => `clock_timestamp() + ${place} * interval '1 millisecond'`;

/**
 * Opens the lock store; the first use connects and brings the table up to date. Time is the server's alone: no host's clock
 * decides whether a lease has ended. Throws `tool-unreachable` or `tool-refused` when the store cannot be asked; then no lock is held.
 * Every statement may safely be repeated: re-taking by the same run is allowed, renewing and releasing name the fence.
 */
export function postgresLocks(
  binding: PostgresPlace & { readonly schema: string },
  user: PostgresUser = lockStore,
): PostgresLocks {
  const database = openDatabase(binding, user);
  const table = `${binding.schema}.lock`;
  const transact = prepared(database, (what) => migrate(database, binding.schema, what));

  /** Who holds it now, for those who thought that they did. */
  async function lost(ask: Ask, lock: string, run: string) {
    const [now] = await ask<HeldRow>(
      `select ${heldColumns} from ${table} where lock = $1 and run is not null`,
      [lock],
    );
    return lostTo(lock, run, now === undefined ? undefined : rowOf(now));
  }

  return {
    takeLock: (lock, holder, leaseMs) =>
      transact(`lock ${lock}`, async (ask) => {
        // clock_timestamp(), not now(): a taker that waited for another's transaction must count from when it got its turn.
        const [taken] = await ask<HeldRow>(
          `insert into ${table} as held (lock, run, owner, reason, kind, stays_ms, fence, taken_at, until)
           values ($1, $2, $3, $4, $6, $7, 1, clock_timestamp(), ${inMs("$5")})
           on conflict (lock) do update set run = excluded.run, owner = excluded.owner, reason = excluded.reason, kind = excluded.kind,
             stays_ms = excluded.stays_ms, fence = held.fence + 1, taken_at = clock_timestamp(), until = ${inMs("$5")},
             took_over = case when held.run is not null and held.run <> excluded.run then to_jsonb(held) end
           where held.run is null or held.run = excluded.run or held.until + held.stays_ms * interval '1 millisecond' < clock_timestamp()
           returning ${heldColumns}`,
          [lock, ...valuesOf(holder, leaseMs)],
        );
        if (taken !== undefined) return takenOf(taken);
        // A refused upsert has locked the row all the same, so this reads exactly what refused.
        const [held] = await ask<HeldRow>(`select ${heldColumns} from ${table} where lock = $1`, [lock]);
        throw held === undefined
          ? new TypeError(`${lock} was refused by a row that is not there`)
          : heldElsewhere(rowOf(held));
      }),

    renewLock: (lock, run, fence, leaseMs) =>
      transact(`renew the lock ${lock}`, async (ask) => {
        const [renewed] = await ask<HeldRow>(
          `update ${table} set until = ${inMs("$4")} where lock = $1 and run = $2 and fence = $3 returning ${heldColumns}`,
          [lock, run, fence, leaseMs],
        );
        if (renewed === undefined) throw await lost(ask, lock, run);
        return rowOf(renewed);
      }),

    passLock: (lock, from, to, leaseMs) =>
      transact(`pass the lock ${lock}`, async (ask) => {
        // The second half is this very change, whose answer was lost: repeating it changes nothing.
        const [passed] = await ask<HeldRow>(
          `update ${table} set run = $2, owner = $3, reason = $4, kind = $6, stays_ms = $7, fence = $9::bigint + 1,
             taken_at = clock_timestamp(), until = ${inMs("$5")}, took_over = null
           where lock = $1 and ((run = $8 and fence = $9) or (run = $2 and owner = $3 and fence = $9::bigint + 1)) returning ${heldColumns}`,
          [lock, ...valuesOf(to, leaseMs), from.run, from.fence],
        );
        if (passed === undefined) throw await lost(ask, lock, from.run);
        return rowOf(passed);
      }),

    keepLock: (lock, run, fence, reason) =>
      transact(`keep the lock ${lock}`, async (ask) => {
        const [kept] = await ask<HeldRow>(
          `update ${table} set until = clock_timestamp() - interval '1 millisecond', reason = $4 where lock = $1 and run = $2 and fence = $3
           returning ${heldColumns}`,
          [lock, run, fence, reason],
        );
        if (kept === undefined) throw await lost(ask, lock, run);
        return rowOf(kept);
      }),

    releaseLock: (lock, run, fence) =>
      transact(`release the lock ${lock}`, async (ask) => {
        const released = await ask(
          `update ${table} set run = null, owner = null, reason = null, kind = null, stays_ms = null, taken_at = null, until = null, took_over = null
           where lock = $1 and run = $2 and fence = $3 returning fence`,
          [lock, run, fence],
        );
        return released.length > 0;
      }),

    locks: () =>
      transact("list its locks", async (ask) => {
        const rows = await ask<HeldRow>(
          `select ${heldColumns} from ${table} where run is not null order by lock collate "C"`,
        );
        return rows.map(rowOf);
      }),

    close: database.close,
  };
}

/** $2 to $7 of a statement that gives a lock to somebody. */
function valuesOf({ run, owner, reason, kind, staysMs }: LockHolder, leaseMs: number): readonly unknown[] {
  return [run, owner, reason, leaseMs, kind ?? "automatic", staysMs ?? 0];
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
  readonly kind: LockRow["kind"];
  readonly stays_until: Date;
  readonly state: LockRow["state"];
  readonly took_over: Readonly<Record<"run" | "owner" | "reason" | "taken_at" | "until", string>> | null;
};

function rowOf(row: HeldRow): LockRow {
  return {
    lock: row.lock,
    run: row.run,
    owner: row.owner,
    reason: row.reason,
    kind: row.kind,
    fence: Number(row.fence),
    takenAt: row.taken_at.toISOString(),
    until: row.until.toISOString(),
    staysUntil: row.stays_until.toISOString(),
    state: row.state,
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
