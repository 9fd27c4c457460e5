import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import papaparse from "papaparse";
import { describe, expect, test } from "vitest";
import { csvLine } from "#bin/ops/export-lines.ts";
import { foldRun } from "#kit/fold.ts";
import { verifyChain } from "#kit/journal.ts";
import { exportColumns, exportRow, type ExportRow } from "#kit/postmortem/row.ts";
import { stories } from "#test/kit/postmortem-stories.ts";
import { situations } from "#test/scenarios/runs/index.ts";
import { freshOps } from "./ops.ts";
import { alter, recorded } from "./recorded.ts";

const columns = Object.keys(exportColumns);

async function withRuns() {
  const { ops, stateDir } = freshOps();
  await recorded(stateDir, {
    "r-0001": situations.approvedAndSolved,
    "r-0002": situations.refused,
    "r-0003": situations.acting,
    "r-0004": stories.twoRounds,
  });
  return { ops, stateDir, at: (name: string) => join(stateDir, name) };
}

const rowsOf = (ndjson: string) =>
  ndjson
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as ExportRow);

describe("ops export", () => {
  test("has one row per run, with its outcome, times, steps, approvals and rounds", async () => {
    const { ops } = await withRuns();

    const { code, stdout } = await ops(["export"]);

    expect(code).toBe(0);
    const told = rowsOf(stdout).map((row) => [
      row.run,
      row.outcome,
      row.total_ms,
      row.waiting_ms,
      row.steps,
      row.steps_done,
      row.approvals,
      row.rounds,
      row.record,
    ]);
    expect(told.toSorted(([a], [b]) => String(a).localeCompare(String(b)))).toEqual([
      ["r-0001", "solved", 1_195_000, 171_000, 2, 2, 1, 1, "intact"],
      ["r-0002", "approval-refused", 540_000, 63_000, 2, 0, 0, 1, "intact"],
      ["r-0003", undefined, 700_000, 171_000, 2, 1, 1, 1, "intact"],
      ["r-0004", "solved", 641_000, 0, 2, 2, 0, 2, "intact"],
    ]);
  });

  test("says the same as CSV, every column in its place", async () => {
    const { ops } = await withRuns();

    const csv = papaparse.parse<string[]>((await ops(["export", "--format", "csv"])).stdout.trimEnd()).data;
    const bare = await ops(["export", "--format", "csv", "--no-header"]);

    const [head, ...rows] = csv;
    expect(head).toEqual(columns);
    const ndjson = rowsOf((await ops(["export"])).stdout);
    expect(rows.map((cells) => cells.map((cell, at) => [columns[at], cell]))).toEqual(
      ndjson.map((row) => columns.map((column) => [column, String(row[column as keyof ExportRow] ?? "")])),
    );
    expect(papaparse.parse(bare.stdout.trimEnd()).data).toEqual(rows);
  });

  test("leaves out what was asked for before --since, and other environments", async () => {
    const { ops } = await withRuns();

    for (const [args, runs] of [
      [["--since", "2026-11-22"], 0],
      [["--since", "40000d", "--env", "production"], 4],
      [["--env", "staging"], 0],
    ] as const)
      expect((await ops(["export", ...args])).stdout.split("\n").length - 1, args.join(" ")).toBe(runs);
  });

  test("with --entries gives every entry as the journal keeps it, so that each chain still verifies", async () => {
    const { ops } = await withRuns();

    const { stdout } = await ops(["export", "--entries"]);

    const entries = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as (typeof situations.acting)[number]);
    for (const run of ["r-0001", "r-0002", "r-0003", "r-0004"]) {
      const own = entries.filter((entry) => entry.run === run);
      expect(verifyChain(own)).toMatchObject({ intact: true });
      expect(foldRun(own)?.run).toBe(run);
    }
  });

  test("writes a file whole, and never over one that exists", async () => {
    const { ops, at } = await withRuns();
    writeFileSync(at("mine.csv"), "mine");

    const kept = await ops(["export", "--out", at("mine.csv")]);
    const made = await ops(["export", "--out", at("runs.ndjson")]);
    const nowhere = await ops(["export", "--out", at("no/such/runs.ndjson")]);

    expect([kept.code, readFileSync(at("mine.csv"), "utf8")]).toEqual([2, "mine"]);
    expect([made.code, made.stderr, rowsOf(readFileSync(at("runs.ndjson"), "utf8")).length]).toEqual([
      0,
      expect.stringContaining("4 runs"),
      4,
    ]);
    expect(nowhere.code).toBe(6);
    expect(readdirSync(at(".")).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test("tells altered runs in their rows, exports the others, and ends with 7", async () => {
    const { ops, stateDir } = await withRuns();
    alter(stateDir, "r-0001", 12, (event) => event.replace("omar", "mallory"));
    alter(stateDir, "r-0002", 5, () => "{");

    const { code, stdout, stderr } = await ops(["export"]);

    expect([code, stderr.replace(/\s+/g, " ")]).toEqual([
      7,
      expect.stringContaining("2 of 4 exported runs do not verify"),
    ]);
    expect(Object.fromEntries(rowsOf(stdout).map((row) => [row.run, row.record]))).toMatchObject({
      "r-0001": "entry 12: its content does not match its hash",
      "r-0002": expect.stringContaining("Entry 5 of r-0002 is not readable") as unknown,
      "r-0003": "intact",
    });
  });

  test("refuses what cannot be", async () => {
    const { ops } = await withRuns();

    for (const args of [
      ["--since", "soon"],
      ["--format", "xml"],
      ["--entries", "--format", "csv"],
    ])
      expect((await ops(["export", ...args])).code, args.join(" ")).toBe(2);
  });
});

describe("a cell that a spreadsheet would calculate", () => {
  test.for([
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1",
    "＠x",
    '=HYPERLINK("http://evil","x")',
    "=1;2,3\n4",
  ])("%j comes out as text", (evil) => {
    const line = csvLine({ run: "r-1", reason: evil, verdict: `said "${evil}"` });
    const [cells = []] = papaparse.parse<string[]>(line, { delimiter: "," }).data;

    expect(cells).toHaveLength(columns.length);
    for (const cell of cells) expect(cell).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/);
    expect(cells[columns.indexOf("reason")]).toMatch(/^'/);
  });

  test("and one that it would not is left as it is", () => {
    const line = csvLine({ run: "r-1", reason: "a=b, -1", total_ms: 12 });

    expect(papaparse.parse<string[]>(line, { delimiter: "," }).data[0]?.[columns.indexOf("reason")]).toBe(
      "a=b, -1",
    );
  });
});

test("docs/export.md says what each column holds, in their order", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/export.md"), "utf8");

  const told = [...page.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, column, about]) => [column, about]);
  expect(told).toEqual(Object.entries(exportColumns));
});

test("a row has no column that is not documented", () => {
  for (const entries of [...Object.values(situations), ...Object.values(stories)]) {
    const [first] = entries;
    const row = {
      run: first?.run ?? "",
      runbook: "",
      environment: "",
      askedAt: "",
      askedBy: "",
      planOnly: false,
      lastAt: "",
      alive: false,
    };

    expect(columns).toEqual(
      expect.arrayContaining(Object.keys(exportRow(row, { entries, chain: verifyChain(entries) }))),
    );
  }
});
