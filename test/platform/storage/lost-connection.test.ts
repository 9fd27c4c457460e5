import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, inTransaction, openDatabase } from "#platform/storage/database.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import { postgresForTests } from "#test/backends/postgres.ts";

let postgres: PostgresServer;
let database: Database;

beforeAll(async () => {
  postgres = await postgresForTests();
  database = openDatabase({ url: postgres.url, name: "test", most: 2, onError: () => undefined });
});
afterAll(async () => {
  await database?.end();
  await postgres?.stop();
});

// Found by chaos: a worker ended with "terminating connection due to unexpected postmaster exit" when PostgreSQL was killed.
test("a connection that is lost between two statements fails its transaction, and nothing else", async () => {
  const lost = inTransaction(database, async (client) => {
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    await database.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await pause(300);
    await client.query("select 1");
  });

  await expect(lost).rejects.toThrow();
  expect(
    await inTransaction(database, async (client) => (await client.query("select 1 as one")).rows),
  ).toEqual([{ one: 1 }]);
  expect(database.totalCount).toBeLessThanOrEqual(2);
});
