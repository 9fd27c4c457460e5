import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { calculateMetrics } from "#platform/sdk.ts";
import type { Database } from "#platform/storage/database.ts";
import { findLineage, listIndexable } from "#platform/storage/lineage.ts";
import { indexLineage } from "#platform/storage/lineage-index.ts";
import { folderFiles, newReportId } from "#platform/storage/report-files.ts";
import { acceptReport, finishReport } from "#platform/storage/reports.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { migratedDatabase } from "./fresh-database.ts";

const sample = path.join(import.meta.dirname, "../../../data/samples/vesterlund-instrumenter");
let postgres: PostgresServer;
let calculated = "";

beforeAll(async () => {
  postgres = await postgresForTests();
  calculated = mkdtempSync(path.join(tmpdir(), "csrd-lineage-"));
  await calculateMetrics({
    esgData: ["esg_data.csv", "activities.csv"].map((name) => path.join(sample, name)),
    companyProfile: path.join(sample, "company.json"),
    outputDir: calculated,
  });
}, 60_000);
afterAll(async () => {
  await postgres?.stop();
  rmSync(calculated, { recursive: true, force: true });
});

async function reportOf(database: Database, root: string, owner: string): Promise<string> {
  const id = newReportId(new Date());
  await acceptReport(database, {
    id,
    owner,
    company: {},
    dataSha256: "0".repeat(64),
    dataBytes: 3,
    traceparent: "",
    idempotency: undefined,
  });
  cpSync(calculated, path.join(root, "reports", id), { recursive: true });
  await finishReport(database, id, { status: "completed", outcome: "ok" });
  return id;
}

async function place() {
  const { database } = await migratedDatabase(postgres);
  const root = mkdtempSync(path.join(tmpdir(), "csrd-lineage-files-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  return { database, root, files: folderFiles(root) };
}

test("every row of the lineage file is found again under the figures that it went into", async () => {
  const { database, root, files } = await place();
  const id = await reportOf(database, root, "acme");

  const indexed = await indexLineage(database, files.of(id), id);

  const uses = await findLineage(database, { report: id }, { tenant: "acme", limit: 100_000 });
  expect(indexed.whole).toBe(true);
  expect(uses).toHaveLength(indexed.uses);
  const lines = Buffer.from(await files.of(id).read("intermediate/03_lineage.ndjson"))
    .toString()
    .trimEnd()
    .split("\n");
  expect(indexed.entries).toBe(lines.length);
  const entries = lines.map(
    (line) =>
      JSON.parse(line) as {
        kind: string;
        metric: string;
        factor?: { id: string };
        scope?: number;
        row: number;
      },
  );
  const rows = uses.filter(({ kind }) => kind === "rows").reduce((sum, use) => sum + (use.rows ?? 0), 0);
  expect(rows).toBe(entries.filter(({ kind }) => kind === "row").length);
  const scope1 = entries.filter(({ kind, scope }) => kind === "emission" && scope === 1);
  const indexed1 = uses.filter(({ figure, kind }) => figure === "scope-1" && kind === "factor");
  expect(scope1.length).toBeGreaterThan(0);
  expect(indexed1.reduce((sum, use) => sum + (use.rows ?? 0), 0)).toBe(scope1.length);
  expect(new Set(indexed1.map(({ source }) => source))).toEqual(
    new Set(scope1.map(({ factor }) => factor?.id)),
  );
  expect(uses).toContainEqual(
    expect.objectContaining({
      figure: "scope-1",
      kind: "formula",
      source: "gross-scope-1",
      version: expect.any(Number),
    }),
  );
});

test("which reports used a factor is answered within a tenant, and over all for an operator", async () => {
  const { database, root, files } = await place();
  const ids = [
    await reportOf(database, root, "acme"),
    await reportOf(database, root, "acme"),
    await reportOf(database, root, "borealis"),
  ];
  for (const id of ids) await indexLineage(database, files.of(id), id);
  const [any] = await findLineage(
    database,
    { report: ids[0] ?? "" },
    { tenant: undefined, limit: 1_000 },
  ).then((uses) => uses.filter(({ kind }) => kind === "factor"));
  const factor = any?.source ?? "";

  const own = await findLineage(database, { factor }, { tenant: "acme", limit: 1_000 });
  const all = await findLineage(database, { factor }, { tenant: undefined, limit: 1_000 });
  const foreign = await findLineage(database, { report: ids[2] ?? "" }, { tenant: "acme", limit: 1_000 });

  expect(new Set(own.map(({ report }) => report))).toEqual(new Set(ids.slice(0, 2)));
  expect(new Set(all.map(({ report }) => report))).toEqual(new Set(ids));
  expect(foreign).toEqual([]);
  expect(
    await findLineage(
      database,
      { factor: "no-such-factor'; drop table reports" },
      { tenant: undefined, limit: 10 },
    ),
  ).toEqual([]);
});

test("indexing again puts the same in place of what was there, and a report that is not in the database leaves nothing", async () => {
  const { database, root, files } = await place();
  const id = await reportOf(database, root, "acme");
  await indexLineage(database, files.of(id), id);
  const ask = () =>
    findLineage(database, { report: id, figures: ["scope-1"] }, { tenant: "acme", limit: 1_000 });
  const before = await ask();

  await indexLineage(database, files.of(id), id);
  await indexLineage(database, files.of(id), "CSRD-20200101-0000000000");

  expect(await ask()).toEqual(before);
  expect(before.length).toBeGreaterThan(0);
  expect(await listIndexable(database, "", 10)).toEqual([id]);
  const { rows } = await database.query("select count(distinct report_id)::int as reports from lineage_uses");
  expect(rows).toEqual([{ reports: 1 }]);
});

test("a lineage file that is broken, or not there, is told as what it is, and what was indexed stays", async () => {
  const { database, root, files } = await place();
  const id = await reportOf(database, root, "acme");
  await indexLineage(database, files.of(id), id);
  await files.of(id).write("intermediate/03_lineage.ndjson", '{"kind":"emission"}\n');

  await expect(indexLineage(database, files.of(id), id)).rejects.toMatchObject({ code: "artifact-broken" });

  expect((await findLineage(database, { report: id }, { tenant: "acme", limit: 1 })).length).toBe(1);
  await files.drop(id);
  await expect(indexLineage(database, files.of(id), id)).rejects.toMatchObject({
    code: expect.stringMatching(/^(artifact|stage)-missing$/),
  });
});
