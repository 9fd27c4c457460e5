import { Pool, type PoolClient } from "pg";
import { CsrdError } from "../errors.ts";
import { messageOf, vendorCode } from "../service/error-facts.ts";

/** A pool of connections to the platform's database. */
export type Database = Pool;

/** How one process connects. `name` is what `pg_stat_activity` shows. */
export type DatabaseOptions = {
  readonly url: string;
  readonly name: string;
  readonly most: number;
  readonly onError: (error: Error) => void;
};

/** Opens a pool in which nothing waits for ever: connecting 3 s, a statement 10 s, an idle transaction 15 s. */
export function openDatabase({ url, name, most, onError }: DatabaseOptions): Database {
  const pool = new Pool({
    connectionString: url,
    application_name: name.slice(0, 63),
    max: most,
    connectionTimeoutMillis: 3_000,
    statement_timeout: 10_000,
    query_timeout: 12_000,
    idle_in_transaction_session_timeout: 15_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  });
  // A connection that dies while idle is replaced at the next use; without a listener it would end the process.
  pool.on("error", onError);
  // The pool listens while a connection is idle only; one that dies as it is handed out, or between two statements, would end the process too.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

/** Runs `work` in one transaction; rolled back when it throws. */
export async function inTransaction<T>(
  database: Database,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await database.connect();
  let broken: Error | undefined;
  // What died between two statements must not go back into the pool.
  const onLost = (error: Error): void => {
    broken = error;
  };
  client.on("error", onLost);
  try {
    await client.query("begin");
    const result = await work(client);
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch((cause: Error) => {
      broken = cause;
    });
    throw error;
  } finally {
    client.off("error", onLost);
    client.release(broken);
  }
}

/** True when the failure is about reaching the database, not about what was asked of it. */
export function isUnreachable(error: unknown): boolean {
  const code = vendorCode(error);
  if (code !== undefined)
    return (
      /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_)/.test(code) ||
      /^(08|57P0|53)/.test(code)
    );
  return /timeout|terminated|Connection ended|ended unexpectedly/i.test(messageOf(error));
}

/** A database that answers and refuses: wrong password, no such database, no right. */
export function storageRefused(cause: unknown): CsrdError {
  if (vendorCode(cause) === "42P01")
    return new CsrdError("storage-refused", {
      summary: `The database lacks what is asked for: ${messageOf(cause)}.`,
      hint: "Bring it up to this release first: csrd migrate --expand.",
      cause,
    });
  if (vendorCode(cause) === "42501")
    return new CsrdError("storage-refused", {
      summary: `The database refused: ${messageOf(cause)}.`,
      hint: "Run it as the role that owns the tables; what the services' own role needs says `csrd migrate --grants ROLE`.",
      cause,
    });
  return new CsrdError("storage-refused", {
    summary: `The database refused: ${messageOf(cause)}.`,
    hint: "Check user, password and database name in CSRD_DATABASE_URL.",
    cause,
  });
}

/** The same failure as a sentence, without the address's password. */
export function storageUnreachable(cause: unknown): CsrdError {
  return new CsrdError("storage-unreachable", {
    summary: "The database did not answer.",
    hint: "Check that PostgreSQL runs and that CSRD_DATABASE_URL points to it.",
    cause,
  });
}
