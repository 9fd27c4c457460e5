import { OpsError } from "#kit/errors.ts";
import { entryHash, genesis, opsStream, verifyChain, type Journal, type RunLease } from "#kit/journal.ts";
import { openEvents, type JournalEntry, type RunEvent } from "#kit/timeline.ts";
import { openDatabase } from "./database.ts";
import { hasEnded, hostClock, isFresh, leaseFor } from "./host-clock.ts";
import { hostLocks } from "./locks.ts";
import { asJson, toDelivery, toEntry, toRunRow } from "./rows.ts";

/**
 * The journal in one SQLite file (Node's own SQLite; WAL, every commit synced to disk).
 * Several processes may use it at once: each write is one immediate transaction, so numbering, chain and fences cannot interleave.
 */
export function openSqliteJournal(
  path: string,
  options: { readonly now?: () => Date; readonly ticks?: () => number; readonly busyMs?: number } = {},
): Journal {
  const clock = hostClock(options);
  const { now } = clock;
  const database = openDatabase(path, options.busyMs ?? 5_000);
  const { get, all, run, safely, atOnce, write } = database;

  /** Writes a run's lease; inside a transaction. */
  function leaseTo(id: string, owner: string, fence: number, leaseMs: number) {
    const { until, boot, from, to } = leaseFor(clock, leaseMs);
    run(
      "update run set owner = ?, fence = ?, lease_until = ?, lease_boot = ?, lease_from = ?, lease_to = ? where run = ?",
      owner,
      fence,
      until,
      boot,
      from,
      to,
      id,
    );
  }

  /** Numbers, chains and stores one event; inside a transaction. */
  function store(id: string, event: RunEvent): JournalEntry {
    const last = get("select last_seq, last_hash from run where run = ?", id);
    const body = {
      run: id,
      seq: Number(last?.["last_seq"] ?? 0) + 1,
      at: now().toISOString(),
      // What is hashed is what is stored: through JSON, so that undefined members and dates cannot differ between the two.
      event: asJson(event),
      prev: typeof last?.["last_hash"] === "string" ? last["last_hash"] : genesis,
    };
    const entry: JournalEntry = { ...body, hash: entryHash(body) };
    run(
      "insert into entry (run, seq, at, event, prev, hash) values (?, ?, ?, ?, ?, ?)",
      id,
      entry.seq,
      entry.at,
      JSON.stringify(entry.event),
      entry.prev,
      entry.hash,
    );
    run(
      "update run set last_seq = ?, last_at = ?, last_hash = ? where run = ?",
      entry.seq,
      entry.at,
      entry.hash,
      id,
    );
    summarise(id, entry);
    return entry;
  }

  /** Keeps the one-line summary of a run in step with its events. */
  function summarise(id: string, { event, at }: JournalEntry) {
    if (event.type === "plan.made") run("update run set digest = ? where run = ?", event.plan.digest, id);
    if (event.type === "run.resumed")
      run("update run set ended_at = null, outcome = null, exit = null, verdict = null where run = ?", id);
    if (event.type === "run.ended")
      run(
        "update run set ended_at = ?, outcome = ?, exit = ?, verdict = ? where run = ?",
        at,
        event.outcome,
        event.exit,
        event.verdict,
        id,
      );
  }

  function mustOwn(lease: RunLease) {
    const row = get("select owner, fence from run where run = ?", lease.run);
    if (row?.["owner"] === lease.owner && Number(row["fence"]) === lease.fence) return;
    throw new OpsError("run-busy", {
      summary: `${lease.run} was taken over by ${String(row?.["owner"] ?? "nobody")}; this process no longer writes to it.`,
      hint: `Watch it: ops timeline ${lease.run}`,
    });
  }

  return {
    begin: (id, first, owner, leaseMs) =>
      write(() => {
        if (get("select 1 from run where run = ?", id) !== undefined)
          throw new OpsError("run-busy", {
            summary: `${id} was begun by another process a moment ago.`,
            hint: "Ask again; each run has a number of its own.",
          });
        run(
          `insert into run (run, runbook, environment, asked_at, asked_by, plan_only, last_seq, last_at, last_hash)
           values (?, ?, ?, ?, ?, ?, 0, ?, ?)`,
          id,
          first.runbook,
          first.environment["name"] ?? "",
          now().toISOString(),
          first.by.name,
          first.planOnly ? 1 : 0,
          now().toISOString(),
          genesis,
        );
        leaseTo(id, owner, 1, leaseMs);
        return { lease: { run: id, owner, fence: 1 }, entry: store(id, first) };
      }),

    append: (lease, event) =>
      write(() => {
        mustOwn(lease);
        return store(lease.run, event);
      }),

    note: (id, event) =>
      write(() => {
        if (!(openEvents as readonly string[]).includes(event.type))
          throw new Error(`${event.type} may only be written by the run's owner`);
        if (id === opsStream)
          run(
            `insert into run (run, runbook, environment, asked_at, asked_by, plan_only, last_seq, last_at, last_hash)
             values (?, '', '', ?, '', 0, 0, ?, ?) on conflict (run) do nothing`,
            opsStream,
            now().toISOString(),
            now().toISOString(),
            genesis,
          );
        else if (get("select 1 from run where run = ?", id) === undefined)
          throw new OpsError("run-unknown", { summary: `There is no run ${id}.`, hint: 'See "ops runs".' });
        return store(id, event);
      }),

    claim: (id, owner, leaseMs) =>
      write(() => {
        const row = get("select * from run where run = ?", id);
        if (row === undefined)
          throw new OpsError("run-unknown", { summary: `There is no run ${id}.`, hint: 'See "ops runs".' });
        const former = row["owner"] === null ? undefined : String(row["owner"]);
        const until = String(row["lease_until"]);
        if (former !== undefined && !hasEnded(clock, row, until))
          throw new OpsError("run-busy", {
            summary: `${id} is being run by ${former}; its lease lasts until ${until.slice(11, 19)} UTC.`,
            hint: `Watch it: ops timeline ${id}`,
          });
        const fence = Number(row["fence"]) + 1;
        leaseTo(id, owner, fence, leaseMs);
        const lease = { run: id, owner, fence };
        return former === undefined ? lease : { ...lease, tookOver: { owner: former, until } };
      }),

    renew: (lease, leaseMs) =>
      write(() => {
        mustOwn(lease);
        const row = get("select lease_boot, lease_from, lease_to from run where run = ?", lease.run);
        if (row !== undefined && isFresh(clock, row, leaseMs)) return;
        leaseTo(lease.run, lease.owner, lease.fence, leaseMs);
      }),

    letGo: (lease) =>
      write(() => {
        run(
          "update run set owner = null, lease_until = null, lease_boot = null, lease_from = null, lease_to = null where run = ? and owner = ? and fence = ?",
          lease.run,
          lease.owner,
          lease.fence,
        );
      }),

    read: (id, after = 0) =>
      safely(() =>
        all(
          "select run, seq, at, event, prev, hash from entry where run = ? and seq > ? order by seq",
          id,
          after,
        ).map(toEntry),
      ),

    runs: ({ limit = 50, open, environment } = {}) =>
      safely(() =>
        all(
          `select * from run where run <> '${opsStream}' and (? = 0 or ended_at is null) and (? is null or environment = ?)
           order by asked_at desc, run limit ?`,
          open === true ? 1 : 0,
          environment ?? null,
          environment ?? null,
          limit,
        ).map((row) => toRunRow(row, clock)),
      ),

    row: (id) =>
      safely(() => {
        const row = get("select * from run where run = ?", id);
        return row === undefined ? undefined : toRunRow(row, clock);
      }),

    verify: (id) =>
      atOnce(() => {
        const entries = all(
          "select run, seq, at, event, prev, hash from entry where run = ? order by seq",
          id,
        ).map(toEntry);
        const chain = verifyChain(entries);
        const known = get("select last_seq, last_hash from run where run = ?", id);
        if (!chain.intact || known === undefined) return chain;
        if (Number(known["last_seq"]) > entries.length)
          return { intact: false, seq: entries.length + 1, why: "the end of the record is missing" };
        if (known["last_hash"] !== (entries.at(-1)?.hash ?? genesis))
          return { intact: false, seq: entries.length, why: "it is not the last entry that was written" };
        return chain;
      }),

    ...hostLocks(database, clock),

    delivery: (id, destination) =>
      safely(() => {
        const row = get("select * from delivery where run = ? and destination = ?", id, destination);
        return row === undefined ? undefined : toDelivery(row);
      }),

    saveDelivery: (row) =>
      write(() => {
        run(
          `insert into delivery (run, destination, cursor, state, attempts, next_at, last_error) values (?, ?, ?, ?, ?, ?, ?)
           on conflict (run, destination) do update set cursor = excluded.cursor, state = excluded.state,
             attempts = excluded.attempts, next_at = excluded.next_at, last_error = excluded.last_error`,
          row.run,
          row.destination,
          row.cursor,
          JSON.stringify(row.state ?? null),
          row.attempts,
          row.nextAt,
          row.lastError ?? null,
        );
      }),

    undelivered: (environment, destinations) =>
      safely(() =>
        all(
          `select run.run from run join json_each(?) as d left join delivery on delivery.run = run.run and delivery.destination = d.value
           where run.environment = ? and run.plan_only = 0 and coalesce(delivery.cursor, 0) < run.last_seq
           group by run.run order by run.asked_at`,
          JSON.stringify(destinations),
          environment,
        ).map((row) => String(row["run"])),
      ),

    close: database.close,
  };
}
