import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { vendorCode } from "../service/error-facts.ts";
import type { Migration } from "./migration-files.ts";
import type { Patience } from "./schema-session.ts";

/** One statement, and the name of the index when it makes one. */
const shape =
  /^(create (?:unique )?index concurrently (?:if not exists )?([a-z_][a-z0-9_]*) on|drop index concurrently|reindex (?:index|table) concurrently) [^;]*;?$/i;

/** Building may take as long as the table is large; nobody waits for it. */
const buildMs = 30 * 60_000;

/**
 * Runs the one statement of a migration that works outside transactions. An index that a crash left half-built is invalid: it is dropped and built
 * anew. One that is there and valid was built before its migration could be recorded, and stays.
 */
export async function buildConcurrently(client: Client, migration: Migration, wait: Patience): Promise<void> {
  // PostgreSQL's parser would tell more, and take a quarter of a gigabyte in every process that starts first; the linter has read the file with it.
  const sql = migration.sql.replaceAll(/^--.*$/gm, "").trim();
  const [, made, index] = shape.exec(sql) ?? [];
  if (made === undefined)
    throw new TypeError(`${migration.name}: what runs concurrently needs a file of its own`);
  const settle = async (): Promise<boolean> => {
    if (index === undefined) return false;
    const state = await stateOf(client, index);
    if (state === "invalid")
      await unlocked(client, `drop index concurrently if exists ${client.escapeIdentifier(index)}`);
    return state === "valid";
  };
  for (let attempt = 1; ; attempt += 1) {
    if (await settle()) return;
    try {
      await unlocked(client, sql);
      return;
    } catch (error) {
      // What it left behind would slow every write and serve no read.
      await settle();
      if (attempt >= wait.attempts || !["40P01", "55P03", "57014"].includes(vendorCode(error) ?? ""))
        throw error;
      await sleep(wait.pauseMs * 2 ** (attempt - 1) * (0.5 + Math.random()));
    }
  }
}

/** It waits for transactions to end, but in a mode that neither readers nor writers wait behind: so only its whole time has a bound. */
async function unlocked(client: Client, sql: string): Promise<void> {
  await client.query("set lock_timeout = 0");
  await client.query(`set statement_timeout = ${buildMs}`);
  try {
    await client.query(sql);
  } finally {
    await client.query("reset lock_timeout");
    await client.query("set statement_timeout = 0");
  }
}

async function stateOf(client: Client, index: string): Promise<"none" | "valid" | "invalid"> {
  const { rows } = await client.query<{ valid: boolean }>(
    "select indisvalid and indisready as valid from pg_index where indexrelid = to_regclass($1)",
    [client.escapeIdentifier(index)],
  );
  return rows[0] === undefined ? "none" : rows[0].valid ? "valid" : "invalid";
}
