import { Client } from "pg";
import { onTestFinished } from "vitest";
import { type Database, openDatabase } from "#platform/storage/database.ts";
import { migrate } from "#platform/storage/migrate.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";

type Options = { readonly most?: number; readonly name?: string };
/** A database of its own for one test: a pool that goes with it, and its address for others. */
export type TestDatabase = { readonly database: Database; readonly url: string };

/** An empty database. */
export async function freshDatabase(postgres: PostgresServer, options: Options = {}): Promise<TestDatabase> {
  const url = await created(postgres, "");
  return { url, database: another(url, options) };
}

const templates = new WeakMap<PostgresServer, Promise<string>>();

/** A database with the platform's schema: a copy of one that is made once for each server. */
export async function migratedDatabase(
  postgres: PostgresServer,
  options: Options = {},
): Promise<TestDatabase> {
  const before = templates.get(postgres);
  const making = before ?? template(postgres);
  if (before === undefined) templates.set(postgres, making);
  const url = await created(postgres, `template ${await making}`);
  return { url, database: another(url, options) };
}

/** One more pool on the same database, as another process would have it. */
export function another(url: string, { most = 5, name = "csrd-test" }: Options = {}): Database {
  const database = openDatabase({ url, name, most, onError: () => undefined });
  onTestFinished(async () => {
    if (!database.ended) await database.end();
  });
  return database;
}

async function template(postgres: PostgresServer): Promise<string> {
  const url = await created(postgres, "");
  const database = openDatabase({ url, name: "csrd-test", most: 1, onError: () => undefined });
  await migrate(database);
  await database.end();
  return new URL(url).pathname.slice(1);
}

async function created(postgres: PostgresServer, from: string): Promise<string> {
  const name = `d${Math.random().toString(36).slice(2)}`;
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  await client.query(`create database ${name} ${from}`);
  await client.end();
  const url = new URL(postgres.url);
  url.pathname = name;
  return url.href;
}
