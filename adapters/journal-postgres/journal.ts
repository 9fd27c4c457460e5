import { randomUUID } from "node:crypto";
import { OpsError } from "#kit/errors.ts";
import {
  entryHash,
  genesis,
  opsStream,
  verifyChain,
  type ClaimedRun,
  type Journal,
  type RunLease,
} from "#kit/journal.ts";
import { openEvents, type JournalEntry, type RunEvent } from "#kit/timeline.ts";
import { postgresLocks } from "../locks-postgres/locks.ts";
import { openDatabase, type Ask, type PostgresPlace } from "../postgres/database.ts";
import { sharedJournal } from "../postgres/fault.ts";
import { prepared } from "../postgres/prepared.ts";
import {
  type DeliveryColumns,
  type EntryColumns,
  type RunColumns,
  toDelivery,
  toEntry,
  toRunRow,
} from "./rows.ts";
import { migrate } from "./schema.ts";

/** Where a team's journal lies. */
export type PostgresJournalPlace = PostgresPlace & { readonly schema: string };

const inMs = (place: string) => `clock_timestamp() + ${place} * interval '1 millisecond'`;
const entryColumns = "run, seq, at, event, prev, hash";
const runColumns = "*, coalesce(lease_until >= clock_timestamp(), false) as alive";

/**
 * The journal of a team, in a PostgreSQL database of its own. Time is the server's alone. The first use connects and makes the tables.
 * Each write locks its run's row first, so numbering, chain and fences cannot interleave; a write whose answer was lost is repeated
 * and recognised. Everything that fails is `journal-unwritable`, `journal-newer` or one of the journal's own refusals.
 */
export function openPostgresJournal(place: PostgresJournalPlace): Journal {
  const database = openDatabase(place, sharedJournal);
  const locks = postgresLocks(place, sharedJournal);
  const { schema } = place;
  const transact = prepared(database, () => migrate(database, schema, "OPS_DATABASE_URL"));

  /** Numbers, chains and stores one event; the run's row is locked. */
  async function store(ask: Ask, run: Locked, event: RunEvent, key: string): Promise<JournalEntry> {
    const body = {
      run: run.run,
      seq: run.last_seq + 1,
      at: run.now.toISOString(),
      // What is hashed is what is stored: through JSON, so that undefined members and dates cannot differ between the two.
      event: asJson(event),
      prev: run.last_hash,
    };
    const entry: JournalEntry = { ...body, hash: entryHash(body) };
    const summary = summaryOf(entry);
    await ask(
      `with written as (
         insert into ${schema}.entry (${entryColumns}, written_by) values ($1, $2, $3, $4, $5, $6, $7)
       )
       update ${schema}.run set last_seq = $2, last_at = $3::timestamptz, last_hash = $6${summary.set} where run = $1`,
      [
        entry.run,
        entry.seq,
        entry.at,
        JSON.stringify(entry.event),
        entry.prev,
        entry.hash,
        key,
        ...summary.values,
      ],
    );
    return entry;
  }

  /** The run, locked for this transaction, and the server's time. */
  async function lockRun(ask: Ask, run: string): Promise<Locked | undefined> {
    const [row] = await ask<Locked>(
      `select run, last_seq, last_hash, owner, fence::int as fence, lease_until, coalesce(lease_until >= clock_timestamp(), false) as alive,
         clock_timestamp() as now from ${schema}.run where run = $1 for update`,
      [run],
    );
    return row;
  }

  /** An entry that this writer has written before, and whose answer was lost. */
  async function written(ask: Ask, key: string): Promise<JournalEntry | undefined> {
    const [row] = await ask<EntryColumns>(
      `select ${entryColumns} from ${schema}.entry where written_by = $1`,
      [key],
    );
    return row === undefined ? undefined : toEntry(row);
  }

  const newRun = (ask: Ask, run: string, about: readonly unknown[]) =>
    ask(
      `insert into ${schema}.run (run, runbook, environment, asked_at, asked_by, plan_only, last_seq, last_at, last_hash)
       values ($1, $2, $3, clock_timestamp(), $4, $5, 0, clock_timestamp(), $6) on conflict (run) do nothing returning run`,
      [run, ...about, genesis],
    );

  return {
    begin(run, first, owner, leaseMs) {
      const key = randomUUID();
      return transact(`begin ${run}`, async (ask) => {
        const lease: RunLease = { run, owner, fence: 1 };
        const before = await written(ask, key);
        if (before !== undefined) return { lease, entry: before };
        const about = [first.runbook, first.environment["name"] ?? "", first.by.name, first.planOnly];
        if ((await newRun(ask, run, about)).length === 0)
          throw new OpsError("run-busy", {
            summary: `${run} was begun by another process a moment ago.`,
            hint: "Ask again; each run has a number of its own.",
          });
        await ask(
          `update ${schema}.run set owner = $2, fence = 1, lease_until = ${inMs("$3")} where run = $1`,
          [run, owner, leaseMs],
        );
        return { lease, entry: await store(ask, known(await lockRun(ask, run), run), first, key) };
      });
    },

    append(lease, event) {
      const key = randomUUID();
      return transact(`append to ${lease.run}`, async (ask) => {
        const row = await lockRun(ask, lease.run);
        const before = await written(ask, key);
        if (before !== undefined) return before;
        mustOwn(row, lease);
        return store(ask, row, event, key);
      });
    },

    async note(run, event) {
      if (!(openEvents as readonly string[]).includes(event.type))
        throw new TypeError(`${event.type} may only be written by the run's owner`);
      const key = randomUUID();
      return transact(`append to ${run}`, async (ask) => {
        if (run === opsStream) await newRun(ask, run, ["", "", "", false]);
        const row = known(await lockRun(ask, run), run);
        return (await written(ask, key)) ?? store(ask, row, event, key);
      });
    },

    claim(run, owner, leaseMs) {
      let claimed: ClaimedRun | undefined;
      return transact(`take over ${run}`, async (ask) => {
        const row = known(await lockRun(ask, run), run);
        // This very change, whose answer was lost: an owner's name is drawn anew for each process.
        if (claimed !== undefined && row.owner === owner && row.fence === claimed.fence) return claimed;
        if (row.owner !== null && row.alive)
          throw new OpsError("run-busy", {
            summary: `${run} is being run by ${row.owner}; its lease lasts until ${row.lease_until?.toISOString().slice(11, 19) ?? "later"} UTC.`,
            hint: `Watch it: ops timeline ${run}`,
          });
        const fence = row.fence + 1;
        await ask(
          `update ${schema}.run set owner = $2, fence = $3, lease_until = ${inMs("$4")} where run = $1`,
          [run, owner, fence, leaseMs],
        );
        const former =
          row.owner === null ? undefined : { owner: row.owner, until: row.lease_until?.toISOString() ?? "" };
        claimed = { run, owner, fence, ...(former === undefined ? {} : { tookOver: former }) };
        return claimed;
      });
    },

    renew: (lease, leaseMs) =>
      transact(`renew the lease of ${lease.run}`, async (ask) => {
        const renewed = await ask(
          `update ${schema}.run set lease_until = ${inMs("$4")} where run = $1 and owner = $2 and fence = $3 returning run`,
          [lease.run, lease.owner, lease.fence, leaseMs],
        );
        if (renewed.length === 0) mustOwn(await lockRun(ask, lease.run), lease);
      }),

    letGo: (lease) =>
      transact(`let ${lease.run} go`, async (ask) => {
        await ask(
          `update ${schema}.run set owner = null, lease_until = null where run = $1 and owner = $2 and fence = $3`,
          [lease.run, lease.owner, lease.fence],
        );
      }),

    read: (run, after = 0) =>
      transact(`read ${run}`, async (ask) =>
        (
          await ask<EntryColumns>(
            `select ${entryColumns} from ${schema}.entry where run = $1 and seq > $2 order by seq`,
            [run, after],
          )
        ).map(toEntry),
      ),

    runs: ({ limit = 50, open, environment } = {}) =>
      transact("list its runs", async (ask) =>
        (
          await ask<RunColumns>(
            `select ${runColumns} from ${schema}.run where run <> $1 and (not $2 or ended_at is null) and ($3::text is null or environment = $3)
             order by asked_at desc, run collate "C" limit $4`,
            [opsStream, open === true, environment ?? null, limit],
          )
        ).map(toRunRow),
      ),

    row: (run) =>
      transact(`read ${run}`, async (ask) => {
        const [row] = await ask<RunColumns>(`select ${runColumns} from ${schema}.run where run = $1`, [run]);
        return row === undefined ? undefined : toRunRow(row);
      }),

    verify: (run) =>
      transact(`read ${run}`, async (ask) => {
        // Locked, so that what others append meanwhile is not half seen.
        const head = await lockRun(ask, run);
        const entries = (
          await ask<EntryColumns>(`select ${entryColumns} from ${schema}.entry where run = $1 order by seq`, [
            run,
          ])
        ).map(toEntry);
        const chain = verifyChain(entries);
        if (!chain.intact || head === undefined) return chain;
        if (head.last_seq > entries.length)
          return { intact: false, seq: entries.length + 1, why: "the end of the record is missing" };
        if (head.last_hash !== (entries.at(-1)?.hash ?? genesis))
          return { intact: false, seq: entries.length, why: "it is not the last entry that was written" };
        return chain;
      }),

    delivery: (run, destination) =>
      transact(`read ${run}`, async (ask) => {
        const [row] = await ask<DeliveryColumns>(
          `select * from ${schema}.delivery where run = $1 and destination = $2`,
          [run, destination],
        );
        return row === undefined ? undefined : toDelivery(row);
      }),

    saveDelivery: (row) =>
      transact(`remember what ${row.destination} was told`, async (ask) => {
        await ask(
          `insert into ${schema}.delivery (run, destination, cursor, state, attempts, next_at, last_error) values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (run, destination) do update set cursor = excluded.cursor, state = excluded.state, attempts = excluded.attempts,
             next_at = excluded.next_at, last_error = excluded.last_error`,
          [
            row.run,
            row.destination,
            row.cursor,
            JSON.stringify(row.state ?? null),
            row.attempts,
            row.nextAt,
            row.lastError ?? null,
          ],
        );
      }),

    undelivered: (environment, destinations) =>
      transact("say who has not been told", async (ask) =>
        (
          await ask<{ run: string }>(
            `select run.run from ${schema}.run cross join unnest($2::text[]) as d(destination)
               left join ${schema}.delivery on delivery.run = run.run and delivery.destination = d.destination
             where run.environment = $1 and not run.plan_only and coalesce(delivery.cursor, 0) < run.last_seq
             group by run.run order by run.asked_at`,
            [environment, [...destinations]],
          )
        ).map(({ run }) => run),
      ),

    takeLock: (...asked) => locks.takeLock(...asked),
    renewLock: (...asked) => locks.renewLock(...asked),
    passLock: (...asked) => locks.passLock(...asked),
    keepLock: (...asked) => locks.keepLock(...asked),
    releaseLock: (...asked) => locks.releaseLock(...asked),
    locks: () => locks.locks(),

    close() {
      // Idle connections do not keep a process alive; nobody waits for their farewell.
      void database.close().catch(() => undefined);
      void locks.close().catch(() => undefined);
    },
  };
}

function asJson(event: RunEvent): RunEvent {
  return JSON.parse(JSON.stringify(event));
}

/** A run's row while this transaction has it. */
type Locked = {
  readonly run: string;
  readonly last_seq: number;
  readonly last_hash: string;
  readonly owner: string | null;
  readonly fence: number;
  readonly lease_until: Date | null;
  readonly alive: boolean;
  readonly now: Date;
};

function known(row: Locked | undefined, run: string): Locked {
  if (row !== undefined) return row;
  throw new OpsError("run-unknown", { summary: `There is no run ${run}.`, hint: 'See "ops runs".' });
}

function mustOwn(row: Locked | undefined, lease: RunLease): asserts row is Locked {
  if (row?.owner === lease.owner && row.fence === lease.fence) return;
  throw new OpsError("run-busy", {
    summary: `${lease.run} was taken over by ${row?.owner ?? "nobody"}; this process no longer writes to it.`,
    hint: `Watch it: ops timeline ${lease.run}`,
  });
}

/** What an entry changes in the one-line summary of its run; values from $8 on. */
function summaryOf({ event, at }: JournalEntry): {
  readonly set: string;
  readonly values: readonly unknown[];
} {
  if (event.type === "plan.made") return { set: ", digest = $8", values: [event.plan.digest] };
  if (event.type === "run.resumed")
    return { set: ", ended_at = null, outcome = null, exit = null, verdict = null", values: [] };
  if (event.type === "run.ended")
    return {
      set: ", ended_at = $8, outcome = $9, exit = $10, verdict = $11",
      values: [at, event.outcome, event.exit, event.verdict],
    };
  return { set: "", values: [] };
}
