import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { CsrdError } from "../errors.ts";
import { vendorCode } from "../service/error-facts.ts";
import type { Database } from "./database.ts";

/** How long schema work waits for others, and others for it. Times in milliseconds. */
export type Patience = {
  /** Nobody who reads or writes waits longer than this because the schema is being changed. */
  readonly lockMs: number;
  /** A single statement; building an index concurrently has its own. */
  readonly statementMs: number;
  /** How often a lock is asked for again, after a pause that grows and is never the same twice. */
  readonly attempts: number;
  readonly pauseMs: number;
  /** How long to wait for another process that does the same work. */
  readonly turnMs: number;
};

/** Gentle enough for a start under load: a lock is asked for one second at a time. */
export const patience: Patience = {
  lockMs: 1_000,
  statementMs: 15_000,
  attempts: 8,
  pauseMs: 250,
  turnMs: 60_000,
};

/** Work that one process at a time may do: `schema` by starts and commands, `backfill` and `retention` beside it. */
const turns = { schema: 7_243_001, backfill: 7_243_002, retention: 7_243_004 } as const;

/**
 * Runs `work` on a connection of its own, outside the pool, as the only one in the database that does such work. Whoever waits asks again and again
 * and holds no snapshot while waiting, for which building an index concurrently would wait in turn. Throws `migration-busy`.
 */
export async function inTurn<T>(
  database: Database,
  turn: keyof typeof turns,
  { turnMs }: Patience,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const { max: _, ...options } = database.options;
  const client = new Client({
    ...options,
    statement_timeout: 0,
    query_timeout: 0,
    idle_in_transaction_session_timeout: 60_000,
  });
  // A connection that is lost fails the query that was under way; without a listener it would end the process.
  client.on("error", () => undefined);
  await client.connect();
  try {
    for (const until = Date.now() + turnMs; ; ) {
      const { rows } = await client.query<{ mine: boolean }>("select pg_try_advisory_lock($1) as mine", [
        turns[turn],
      ]);
      if (rows[0]?.mine === true) return await work(client);
      if (Date.now() > until) throw busy(turn);
      await sleep(50 + Math.random() * 150);
    }
  } finally {
    // Ends the session, and with it the lock, whatever happened.
    await client.end().catch(() => undefined);
  }
}

/** Does `work` in a transaction with both timeouts, again and again while somebody holds what it needs. Throws `migration-blocked` with who it is. */
export async function patiently<T>(
  client: Client,
  name: string,
  { lockMs, statementMs, attempts, pauseMs }: Patience,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query(
        `begin; set local lock_timeout = ${Math.trunc(lockMs)}; set local statement_timeout = ${Math.trunc(statementMs)}`,
      );
      const result = await work();
      await client.query("commit");
      return result;
    } catch (error) {
      await client.query("rollback");
      if (!isInTheWay(error)) throw error;
      if (attempt >= attempts) throw blocked(name, attempts, await longest(client), error);
      await sleep(Math.min(10_000, pauseMs * 2 ** (attempt - 1)) * (0.5 + Math.random()));
    }
  }
}

/** Lock not available, deadlock, or a statement that was cancelled for its time. */
function isInTheWay(error: unknown): boolean {
  return ["55P03", "40P01", "57014"].includes(vendorCode(error) ?? "");
}

/** The transactions that have been open longest, as a person would look for them. */
async function longest(client: Client): Promise<string> {
  const { rows } = await client.query<{ who: string }>(
    `select application_name || ' (pid ' || pid || ', open for ' || extract(epoch from now() - xact_start)::int || ' s)' as who
       from pg_stat_activity where xact_start is not null and pid <> pg_backend_pid() and datname = current_database()
      order by xact_start limit 3`,
  );
  return rows.map(({ who }) => who).join(", ");
}

function busy(turn: keyof typeof turns): CsrdError {
  return new CsrdError("migration-busy", {
    summary: `Another process has been working on the ${turn} all the while.`,
    hint: "`csrd migrate` shows how far it is; this one may be started again at any time.",
  });
}

function blocked(name: string, attempts: number, who: string, cause: unknown): CsrdError {
  return new CsrdError("migration-blocked", {
    summary: `Migration ${name} did not get its locks in ${attempts} attempts; nothing of it was applied.`,
    hint:
      who === ""
        ? "Run it again when there is less to do."
        : `Open longest now: ${who}. Run it again when they are done.`,
    cause,
  });
}
