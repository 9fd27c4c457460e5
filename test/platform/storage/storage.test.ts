import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { Client } from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { AgentResult } from "#platform/agent.ts";
import { type Database, openDatabase } from "#platform/storage/database.ts";
import { migrate } from "#platform/storage/migrate.ts";
import { readMigrations } from "#platform/storage/migration-files.ts";
import { isReportId, plainName, newReportId, folderFiles } from "#platform/storage/report-files.ts";
import {
  acceptReport,
  beginStage,
  completeStage,
  findAnyReport,
  finishReport,
  listIdle,
  listStages,
  noteWaiting,
} from "#platform/storage/reports.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import { postgresForTests } from "#test/backends/postgres.ts";

const source = path.join(import.meta.dirname, "../../../platform/storage/migrations");
const result: AgentResult = {
  status: "ok",
  summary: "3 rows read",
  figures: { rows: 3 },
  warnings: [],
  wrote: ["a.json"],
};
let postgres: PostgresServer;

beforeAll(async () => {
  postgres = await postgresForTests();
});
afterAll(() => postgres?.stop());

async function emptyDatabase(): Promise<Database> {
  const name = `d${Math.random().toString(36).slice(2)}`;
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const url = new URL(postgres.url);
  url.pathname = name;
  const database = openDatabase({ url: url.href, name: "csrd-test", most: 5, onError: () => undefined });
  onTestFinished(() => database.end());
  return database;
}

async function readyDatabase(): Promise<Database> {
  const database = await emptyDatabase();
  await migrate(database);
  return database;
}

async function accepted(database: Database): Promise<string> {
  const id = newReportId(new Date());
  await acceptReport(database, {
    id,
    owner: "acme",
    company: { name: "Acme" },
    dataSha256: "0".repeat(64),
    dataBytes: 3,
    traceparent: "",
    idempotency: undefined,
  });
  return id;
}

test("four processes that start at once build the schema once", async () => {
  const database = await emptyDatabase();

  const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(database)));

  const names = (await readMigrations()).flatMap(({ name, phase }) => (phase === "expand" ? [name] : []));
  expect(applied.flat()).toEqual(names);
  expect(await migrate(database)).toEqual([]);
});

test("a migration that was edited after its release is refused, and nothing is applied", async () => {
  const database = await readyDatabase();
  const folder = mkdtempSync(path.join(tmpdir(), "csrd-migrations-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(source, folder, { recursive: true });
  writeFileSync(path.join(folder, "001-reports.sql"), "create table other (id int)");

  await expect(migrate(database, folder)).rejects.toMatchObject({ code: "migration-altered" });

  const { rows } = await database.query("select to_regclass('other') as other");
  expect(rows).toEqual([{ other: null }]);
});

test("a migration that fails half-way leaves nothing behind", async () => {
  const database = await readyDatabase();
  const folder = mkdtempSync(path.join(tmpdir(), "csrd-migrations-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(source, folder, { recursive: true });
  writeFileSync(path.join(folder, "999-half.sql"), "create table half (id int); select 1 / 0;");

  await expect(migrate(database, folder)).rejects.toThrow("division by zero");

  const { rows } = await database.query(
    "select to_regclass('half') as half, (select count(*)::int from schema_migrations where version = 999) as applied",
  );
  expect(rows).toEqual([{ half: null, applied: 0 }]);
});

test("an agent's result counts once, and a report ends once", async () => {
  const database = await readyDatabase();
  const id = await accepted(database);

  await beginStage(database, id, "intake", "w-1");
  await completeStage(database, id, { agent: "intake", result, ms: 10, worker: "w-1" });
  await completeStage(database, id, {
    agent: "intake",
    result: { ...result, summary: "again" },
    ms: 20,
    worker: "w-2",
  });
  const first = await finishReport(database, id, { status: "completed", outcome: "ok" });
  const second = await finishReport(database, id, {
    status: "failed",
    error: { code: "late", message: "late", hint: "late" },
  });
  await beginStage(database, id, "audit", "w-2");
  await noteWaiting(database, id, { code: "late", message: "late", hint: "late" });

  expect(await listStages(database, id)).toEqual([{ agent: "intake", result, ms: 10, at: expect.any(Date) }]);
  expect(first).toBeGreaterThanOrEqual(0);
  expect(second).toBeUndefined();
  expect(await findAnyReport(database, id)).toMatchObject({
    status: "completed",
    outcome: "ok",
    stage: "intake",
    error: undefined,
  });
});

test("the sweep sees reports that have not moved, and no finished ones", async () => {
  const database = await readyDatabase();
  const [idle, done] = [await accepted(database), await accepted(database)];
  await finishReport(database, done, { status: "completed", outcome: "ok" });

  const seen = await listIdle(database, 0, 10);

  expect(seen.map((report) => report.id)).toEqual([idle]);
  expect(await listIdle(database, 60_000, 10)).toEqual([]);
});

test("pg_stat_activity shows who is connected", async () => {
  const database = await emptyDatabase();

  const { rows } = await database.query(
    "select application_name, current_setting('statement_timeout') as timeout from pg_stat_activity where pid = pg_backend_pid()",
  );

  expect(rows).toEqual([{ application_name: "csrd-test", timeout: "10s" }]);
});

test("report ids are dated, never repeat, and nothing else passes for one", () => {
  const ids = Array.from({ length: 1_000 }, () => newReportId(new Date("2026-11-21T23:59:59Z")));

  expect(new Set(ids).size).toBe(1_000);
  expect(ids.every((id) => isReportId(id) && id.startsWith("CSRD-20261121-"))).toBe(true);
  for (const text of [
    "",
    "..",
    "CSRD-20261121-../../../x",
    "CSRD-20261121-7K2M9QX4TB/",
    "csrd-20261121-7K2M9QX4TB",
  ])
    expect(isReportId(text)).toBe(false);
});

test("data is streamed to disk in order, and a report's data is never overwritten", async () => {
  const root = mkdtempSync(path.join(tmpdir(), "csrd-files-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const id = newReportId(new Date());
  const text = Array.from({ length: 1_000 }, (_, i) => `${i},${"x".repeat(1_000)}\n`);

  const kept = await folderFiles(root).keep(id, Readable.from(text));

  expect(kept.bytes).toBe(1_000 * 1_002 + 10 + 90 * 2 + 900 * 3);
  expect(Buffer.from(await folderFiles(root).of(id).read(kept.name)).toString()).toBe(text.join(""));
  await expect(folderFiles(root).keep(id, Readable.from(text))).rejects.toMatchObject({
    code: "artifact-exists",
  });
});

test.for([
  ["activities 2024.xlsx", "activities-2024.xlsx"],
  ["../../etc/passwd", "passwd"],
  ["C:\\data\\esg.json", "esg.json"],
  [".hidden", "hidden"],
  ["....", "data.csv"],
  ["a\u0000b\n.csv", "a-b-.csv"],
  ["x.part", "data.csv"],
  ["", "data.csv"],
] as const)("a file sent as %j is kept as %s", ([sentAs, kept]) => {
  expect(plainName(sentAs)).toBe(kept);
});
