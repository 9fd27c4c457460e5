import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { OpsError } from "#kit/errors.ts";
import {
  entryHash,
  genesis,
  opsStream,
  verifyChain,
  type DeliveryRow,
  type Journal,
  type LockRow,
  type RunLease,
  type RunRow,
} from "#kit/journal.ts";
import { openEvents, type JournalEntry, type RunEvent } from "#kit/timeline.ts";
import { journalFault } from "./fault.ts";
import { migrate } from "./schema.ts";

type Row = Record<string, SQLOutputValue>;

/**
 * The journal in one SQLite file (Node's own SQLite; WAL, every commit synced to disk).
 * Several processes may use it at once: each write is one immediate transaction, so numbering, chain and fences cannot interleave.
 */
export function openSqliteJournal(
  path: string,
  options: { readonly now?: () => Date; readonly busyMs?: number } = {},
): Journal {
  const now = options.now ?? (() => new Date());
  const db = open(path, options.busyMs ?? 5_000);
  const statements = new Map<string, StatementSync>();

  function prepared(sql: string): StatementSync {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = db.prepare(sql);
      statements.set(sql, statement);
    }
    return statement;
  }
  const get = (sql: string, ...values: SQLInputValue[]) => prepared(sql).get(...values);
  const all = (sql: string, ...values: SQLInputValue[]) => prepared(sql).all(...values);
  const run = (sql: string, ...values: SQLInputValue[]) => Number(prepared(sql).run(...values).changes);

  // Reads and writes alike: a vendor error never leaves this file as it came.
  async function safely<T>(work: () => T): Promise<T> {
    try {
      return work();
    } catch (error) {
      throw journalFault(error, path);
    }
  }
  const write = <T>(work: () => T) =>
    safely(() => {
      db.exec("begin immediate");
      try {
        const result = work();
        db.exec("commit");
        return result;
      } catch (error) {
        if (db.isTransaction) db.exec("rollback");
        throw error;
      }
    });

  const soon = (ms: number) => new Date(now().getTime() + ms).toISOString();

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
        run(
          `insert into run (run, runbook, environment, asked_at, asked_by, plan_only, last_seq, last_at, last_hash, owner, fence, lease_until)
           values (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, 1, ?)`,
          id,
          first.runbook,
          first.environment["name"] ?? "",
          now().toISOString(),
          first.by.name,
          first.planOnly ? 1 : 0,
          now().toISOString(),
          genesis,
          owner,
          soon(leaseMs),
        );
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
        const row = get(
          `update run set owner = ?, fence = fence + 1, lease_until = ?
           where run = ? and (owner is null or lease_until < ?) returning fence`,
          owner,
          soon(leaseMs),
          id,
          now().toISOString(),
        );
        if (row !== undefined) return { run: id, owner, fence: Number(row["fence"]) };
        const holder = get("select owner, lease_until from run where run = ?", id);
        if (holder === undefined)
          throw new OpsError("run-unknown", { summary: `There is no run ${id}.`, hint: 'See "ops runs".' });
        throw new OpsError("run-busy", {
          summary: `${id} is being run by ${String(holder["owner"])}; its lease lasts until ${String(holder["lease_until"]).slice(11, 19)} UTC.`,
          hint: `Watch it: ops timeline ${id}`,
        });
      }),

    renew: (lease, leaseMs) =>
      write(() => {
        mustOwn(lease);
        run("update run set lease_until = ? where run = ?", soon(leaseMs), lease.run);
      }),

    letGo: (lease) =>
      write(() => {
        run(
          "update run set owner = null, lease_until = null where run = ? and owner = ? and fence = ?",
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
        ).map(toRunRow),
      ),

    row: (id) =>
      safely(() => {
        const row = get("select * from run where run = ?", id);
        return row === undefined ? undefined : toRunRow(row);
      }),

    verify: (id) =>
      safely(() => {
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

    undelivered: (destinations) =>
      safely(() =>
        all(
          `select run.run from run join json_each(?) as d left join delivery on delivery.run = run.run and delivery.destination = d.value
           where run.run <> '${opsStream}' and run.plan_only = 0 and coalesce(delivery.cursor, 0) < run.last_seq
           group by run.run order by run.asked_at`,
          JSON.stringify(destinations),
        ).map((row) => String(row["run"])),
      ),

    close: () => db.close(),
  };
}

function open(path: string, busyMs: number): DatabaseSync {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const db = new DatabaseSync(path, { timeout: busyMs });
    db.exec(
      "pragma journal_mode = wal; pragma synchronous = full; pragma fullfsync = on; pragma foreign_keys = on",
    );
    migrate(db, path);
    return db;
  } catch (error) {
    if (
      error instanceof Error &&
      "code" in error &&
      /^E(ACCES|ROFS|NOSPC|EXIST|NOTDIR|PERM)$/.test(String(error.code))
    )
      throw new OpsError("journal-unwritable", {
        summary: `The journal's folder ${dirname(path)} cannot be made (${error.message}).`,
        hint: "Set OPS_STATE_DIR to a folder that can be written.",
        cause: error,
      });
    throw journalFault(error, path);
  }
}

/** The event as JSON would give it back. */
function asJson(event: RunEvent): RunEvent {
  return JSON.parse(JSON.stringify(event));
}

function toEntry(row: Row): JournalEntry {
  let event: RunEvent;
  try {
    event = JSON.parse(String(row["event"]));
  } catch (error) {
    throw new OpsError("journal-corrupt", {
      summary: `Entry ${String(row["seq"])} of ${String(row["run"])} is not readable.`,
      hint: "Keep the file; nothing will run from it.",
      cause: error,
    });
  }
  return {
    run: String(row["run"]),
    seq: Number(row["seq"]),
    at: String(row["at"]),
    event,
    prev: String(row["prev"]),
    hash: String(row["hash"]),
  };
}

function toRunRow(row: Row): RunRow {
  const text = (name: string) =>
    row[name] === null || row[name] === undefined ? undefined : String(row[name]);
  const optional = {
    endedAt: text("ended_at"),
    outcome: text("outcome"),
    exit: row["exit"] === null || row["exit"] === undefined ? undefined : Number(row["exit"]),
    verdict: text("verdict"),
    digest: text("digest"),
    owner: text("owner"),
    leaseUntil: text("lease_until"),
  };
  return {
    run: String(row["run"]),
    runbook: String(row["runbook"]),
    environment: String(row["environment"]),
    askedAt: String(row["asked_at"]),
    askedBy: String(row["asked_by"]),
    planOnly: Number(row["plan_only"]) === 1,
    lastAt: String(row["last_at"]),
    ...defined(optional),
  };
}

function toLockRow(row: Row): LockRow {
  return {
    lock: String(row["lock"]),
    run: String(row["run"]),
    owner: String(row["owner"]),
    reason: String(row["reason"]),
    fence: Number(row["fence"]),
    takenAt: String(row["taken_at"]),
    until: String(row["until"]),
  };
}

function toDelivery(row: Row): DeliveryRow {
  const lastError = row["last_error"];
  return {
    run: String(row["run"]),
    destination: String(row["destination"]),
    cursor: Number(row["cursor"]),
    state: JSON.parse(String(row["state"])),
    attempts: Number(row["attempts"]),
    nextAt: String(row["next_at"]),
    ...(typeof lastError === "string" ? { lastError } : {}),
  };
}

/** Without the members that are undefined. */
function defined<T extends object>(members: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const kept: { [Name in keyof T]?: Exclude<T[Name], undefined> } = {};
  for (const [name, value] of Object.entries(members))
    if (value !== undefined) Object.assign(kept, { [name]: value });
  return kept;
}
