import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type Database, openDatabase } from "#platform/storage/database.ts";
import { findAuditEntries } from "#platform/storage/audit-read.ts";
import { findLineage } from "#platform/storage/lineage.ts";
import { migrate } from "#platform/storage/migrate.ts";
import { countDueReports, listDueReports } from "#platform/storage/retention-reports.ts";
import { findReport, listIdle, listReports, listStages } from "#platform/storage/reports.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import { postgresForTests } from "#test/backends/postgres.ts";

const reports = 100_000;
let postgres: PostgresServer;
let database: Database;

beforeAll(async () => {
  postgres = await postgresForTests();
  database = openDatabase({ url: postgres.url, name: "csrd-test", most: 2, onError: () => undefined });
  await migrate(database);
  const seeding = new Client({ connectionString: postgres.url });
  await seeding.connect();
  // Fifty tenants; one in a thousand is unfinished, and one in ten of those has not moved for an hour.
  await seeding.query(`insert into reports (id, owner, status, outcome, company, data_sha256, data_bytes, traceparent, accepted_at, updated_at, finished_at, files_state)
    select 'CSRD-20261121-' || lpad(n::text, 10, '0'), 'tenant-' || n % 50,
           case when n % 1000 = 0 then 'queued' when n % 20 = 0 then 'failed' else 'completed' end, null, '{}', '', 0, '',
           now() - n * interval '1 minute', case when n % 10000 = 0 then now() - interval '1 hour' else now() end,
           case when n % 1000 = 0 then null else now() - n * interval '1 minute' end, 'here'
      from generate_series(1, ${reports}) as n`);
  await seeding.query(`insert into report_events (report_id, kind, agent, detail)
    select 'CSRD-20261121-' || lpad(n::text, 10, '0'), 'agent-completed', a, '{}' from generate_series(1, ${reports / 10}) as n, unnest(array['intake', 'audit']) as a`);
  await seeding.query(
    "insert into audit_log (actor, tenant, action, subject, detail) select 'k', 't', 'report.read', 'CSRD-20261121-' || lpad(n::text, 10, '0'), '{}' from generate_series(1, 5000) as n",
  );
  await seeding.query("vacuum analyze");
  await seeding.end();
}, 120_000);
afterAll(async () => {
  await database?.end();
  await postgres?.stop();
});

type Node = {
  readonly "Node Type": string;
  readonly "Relation Name"?: string | undefined;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number | undefined;
  readonly Plans?: readonly Node[] | undefined;
};
const Node: z.ZodType<Node> = z.lazy(() =>
  z.object({
    "Node Type": z.string(),
    "Relation Name": z.string().optional(),
    "Actual Rows": z.number(),
    "Actual Loops": z.number(),
    "Rows Removed by Filter": z.number().optional(),
    Plans: z.array(Node).optional(),
  }),
);
const Explained = z.tuple([z.object({ "QUERY PLAN": z.tuple([z.object({ Plan: Node })]) })]);

/** Runs what asks the database, and gives for each query how PostgreSQL did it: what was read whole, and how many rows were looked at. */
async function looked(
  ask: (database: Database) => Promise<unknown>,
): Promise<{ readonly whole: readonly string[]; readonly rows: number }> {
  const asked: { sql: string; values: unknown[] }[] = [];
  const recording = new Proxy(database, {
    get: (target, name) =>
      name === "query"
        ? (sql: string, values: unknown[] = []) => {
            asked.push({ sql, values });
            return target.query(sql, values);
          }
        : Reflect.get(target, name),
  });
  await ask(recording);
  const whole: string[] = [];
  let rows = 0;
  const walk = (node: Node): void => {
    const table = node["Relation Name"];
    if (node["Node Type"].includes("Seq Scan") && table !== undefined) whole.push(table);
    if (table !== undefined)
      rows += (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"];
    for (const inner of node.Plans ?? []) walk(inner);
  };
  for (const { sql, values } of asked) {
    const { rows: explained } = await database.query(`explain (analyze, format json) ${sql}`, values);
    walk(Explained.parse(explained)[0]["QUERY PLAN"][0].Plan);
  }
  return { whole, rows };
}

const id = (n: number) => `CSRD-20261121-${String(n).padStart(10, "0")}`;

test.for<readonly [string, number, (database: Database) => Promise<unknown>]>([
  ["the first page of a tenant's reports", 60, (db) => listReports(db, "tenant-7", { limit: 50 })],
  ["a page from the middle", 120, (db) => listReports(db, "tenant-7", { limit: 50, after: id(50_007) })],
  ["the last page", 120, (db) => listReports(db, "tenant-7", { limit: 50, after: id(99_957) })],
  ["a page of one status", 60, (db) => listReports(db, "tenant-0", { limit: 50, status: "failed" })],
  [
    "a page of a status that is rare",
    120,
    (db) => listReports(db, "tenant-0", { limit: 50, status: "queued", after: id(50_000) }),
  ],
  [
    "a page of a status that none has",
    10,
    (db) => listReports(db, "tenant-3", { limit: 50, status: "cancelled" }),
  ],
  ["one report's status", 2, (db) => findReport(db, "tenant-7", id(7))],
  ["a report's stages", 10, (db) => listStages(db, id(7))],
  ["the reports that have not moved", 120, (db) => listIdle(db, 60_000, 100)],
  ["what retention takes next", 60, (db) => listDueReports(db, new Date(Date.now() - 68 * 86_400_000), 50)],
  ["an audit trail of one report", 10, (db) => findAuditEntries(db, { subject: id(7) }, 50)],
  [
    "the lineage of one report",
    10,
    (db) => findLineage(db, { report: id(7) }, { tenant: "tenant-7", limit: 50 }),
  ],
  ["who used a factor", 10, (db) => findLineage(db, { factor: "x" }, { tenant: undefined, limit: 50 })],
])("at 100,000 reports %s is read from an index: at most %i rows are looked at", async ([, most, ask]) => {
  const { whole, rows } = await looked(ask);

  expect(whole.filter((table) => ["reports", "report_events"].includes(table))).toEqual([]);
  expect(rows).toBeLessThanOrEqual(most);
});

test("counting what is due reads the due ones only", async () => {
  const before = new Date(Date.now() - 69 * 86_400_000);

  const { whole, rows } = await looked((db) => countDueReports(db, before));

  expect(whole).toEqual([]);
  expect(rows).toBeLessThan(2_000);
});
