import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase } from "#platform/storage/database.ts";
import { migrate } from "#platform/storage/migrate.ts";
import { recordAudit } from "#platform/storage/audit-log.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
let postgres: PostgresServer;

beforeAll(async () => {
  postgres = await postgresForTests();
});
afterAll(() => postgres?.stop());

test("x", async () => {
  const database = openDatabase({ url: postgres.url, name: "csrd-test", most: 5, onError: () => undefined });
  await migrate(database);
  await Promise.all(
    Array.from({ length: 40 }, () =>
      recordAudit(database, {
        actor: "a\u0000",
        tenant: undefined,
        action: "report.accepted",
        subject: "x",
        detail: { b: 1, a: "é" },
      }),
    ),
  );
  const { rows } = await database.query("select *, encode(hash,'hex') h from audit_log order by chain, seq");
  for (const sql of [
    "update audit_log set actor='y'",
    "delete from audit_log",
    "truncate audit_log",
    "update audit_heads set seq=1",
    "insert into audit_prunings values (1,1,'\\x00',1,'x',repeat('0',64))",
  ])
    await expect(database.query(sql)).rejects.toThrow(/refused|older/);
  await database.end();
  expect(rows.length).toBeGreaterThan(40);
});
