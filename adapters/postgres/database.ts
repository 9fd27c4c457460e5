import { readFile } from "node:fs/promises";
import type { Pool, PoolClient, PoolConfig, QueryResultRow } from "pg";
import { type Duration, toMs } from "#kit/duration.ts";
import type { SecretRef } from "#kit/environment.ts";
import { OpsError } from "#kit/errors.ts";
import { type Call, isConnectionLoss } from "./fault.ts";

/** One statement and its values, inside a transaction. */
export type Ask = <T extends QueryResultRow>(
  sql: string,
  values?: readonly unknown[],
) => Promise<readonly T[]>;

/** Where a database is and how it is spoken to. */
export type PostgresPlace = {
  /** `postgresql://user:password@host:port/database`, whole, because it carries the password. */
  readonly url: SecretRef;
  /** How the server proves who it is: by a certificate that this system trusts, by one signed by `ca`, or not at all. */
  readonly tls: "system" | "off" | { readonly ca: string };
  /** Longest wait for a connection, and for one answer. */
  readonly timeout: Duration;
};

/** Who asks: the name that the server's own list of connections shows, and how a failure is told. */
export type PostgresUser = {
  readonly name: string;
  readonly fault: (error: unknown, call: Call) => unknown;
  /** The setting that holds the address, for sentences; `postgres.url` when left out. */
  readonly setting?: string;
};

/** A database, as far as its adapters use it. */
export type Database = {
  /**
   * Runs `work` in a transaction of its own; `what` completes "asked to …". Every error that leaves it is one of ours. After a lost
   * connection `work` runs once more, although the first time may have been kept: it must bear that.
   */
  readonly transact: <T>(what: string, work: (ask: Ask) => Promise<T>, limitMs?: number) => Promise<T>;
  readonly close: () => Promise<void>;
};

/** Connects when first asked, with the time limits and the durability that locks and records need, whatever the server's defaults are. */
export function openDatabase(binding: PostgresPlace, { name, fault, setting }: PostgresUser): Database {
  const timeoutMs = toMs(binding.timeout);
  let opened: Promise<{ readonly pool: Pool; readonly place: string }> | undefined;
  const connected = () => {
    opened ??= connect(binding, timeoutMs, name, setting);
    // A secret that was missing may be there the next time.
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  };

  return {
    async transact(what, work, limitMs = timeoutMs) {
      const { pool, place } = await connected();
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await once(pool, work, limitMs);
        } catch (error) {
          // A connection that died while idle costs one more try, not a run.
          if (attempt === 1 && isConnectionLoss(error)) continue;
          throw fault(error, { place, what });
        }
      }
    },
    async close() {
      const made = await opened?.catch(() => undefined);
      opened = undefined;
      await made?.pool.end();
    },
  };
}

async function once<T>(pool: Pool, work: (ask: Ask) => Promise<T>, limitMs: number): Promise<T> {
  const client = await pool.connect();
  let broken = true;
  try {
    await client.query(opening(limitMs));
    const result = await work(askOf(client));
    await client.query("commit");
    broken = false;
    return result;
  } catch (error) {
    // After a refusal the connection is good; after silence nobody knows, and it is thrown away.
    broken = await client.query("rollback").then(
      () => false,
      () => true,
    );
    throw error;
  } finally {
    client.release(broken);
  }
}

function askOf(client: PoolClient): Ask {
  return async <T extends QueryResultRow>(sql: string, values: readonly unknown[] = []) =>
    (await client.query<T>(sql, [...values])).rows;
}

/** Set for the transaction, not for the connection, so that a pooler in between cannot lose it. A lock that a crash forgets is no lock. */
function opening(limitMs: number): string {
  return `begin isolation level read committed;
    set local statement_timeout = ${limitMs}; set local lock_timeout = ${limitMs};
    set local idle_in_transaction_session_timeout = ${limitMs};
    select set_config('synchronous_commit', case when current_setting('synchronous_commit') in ('off', 'local') then 'on' else current_setting('synchronous_commit') end, true)`;
}

async function connect(binding: PostgresPlace, timeoutMs: number, name: string, setting?: string) {
  // Only now: a list of runs from a file needs neither the schema library under the secrets nor the driver.
  const [{ readSecret }, { addressOf }] = await Promise.all([import("../secret.ts"), import("./address.ts")]);
  const address = addressOf(await readSecret(binding.url), setting);
  const ssl = await tlsOf(binding.tls, address.host);
  const { default: pg } = await import("pg");
  const config: PoolConfig = {
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.user,
    ...(address.password === undefined ? {} : { password: address.password.reveal() }),
    ssl,
    application_name: name,
    max: 4,
    connectionTimeoutMillis: timeoutMs,
    // The server's own limit comes first; this one is for a server that has gone silent.
    query_timeout: timeoutMs + 1_000,
    keepAlive: true,
    idleTimeoutMillis: 60_000,
    allowExitOnIdle: true,
  };
  const pool = new pg.Pool(config);
  // A connection that dies, idle or between two statements, is told by the statement that needs it; unheard it would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  return { pool, place: `${address.host}:${address.port}/${address.database}` };
}

/** With `host`, because the certificate has to name it also where it is a number. */
async function tlsOf(tls: PostgresPlace["tls"], host: string): Promise<PoolConfig["ssl"]> {
  if (tls === "off") return false;
  if (tls === "system") return { rejectUnauthorized: true, host };
  try {
    return { rejectUnauthorized: true, host, ca: await readFile(tls.ca, "utf8") };
  } catch (error) {
    throw new OpsError("environment-invalid", {
      summary: `The certificate authority postgres.tls.ca (${tls.ca}) cannot be read.`,
      hint: "Name a file in PEM form that this user can read.",
      cause: error,
    });
  }
}
