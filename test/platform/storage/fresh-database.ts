import { Client } from "pg";
import { onTestFinished } from "vitest";
import { type Database, openDatabase } from "#platform/storage/database.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";

/** An empty database of its own for one test, with a pool that goes with it. */
export async function freshDatabase(
  postgres: PostgresServer,
  { most = 5, name = "csrd-test" }: { readonly most?: number; readonly name?: string } = {},
): Promise<{ readonly database: Database; readonly url: string }> {
  const fresh = `d${Math.random().toString(36).slice(2)}`;
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  await client.query(`create database ${fresh}`);
  await client.end();
  const url = new URL(postgres.url);
  url.pathname = fresh;
  return { url: url.href, database: another(url.href, { most, name }) };
}

/** One more pool on the same database, as another process would have it. */
export function another(
  url: string,
  { most = 5, name = "csrd-test" }: { readonly most?: number; readonly name?: string } = {},
): Database {
  const database = openDatabase({ url, name, most, onError: () => undefined });
  onTestFinished(async () => {
    if (!database.ended) await database.end();
  });
  return database;
}
