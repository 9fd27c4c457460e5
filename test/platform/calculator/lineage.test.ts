import { createHash } from "node:crypto";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { loadFormulaBook } from "#platform/agents/calculator-steps/load-formulas.ts";
import { treeOf, withRows } from "#platform/agents/calculator-steps/trace.ts";
import { digest } from "#platform/catalogue/load.ts";
import { childEnvironment } from "#kit/redact/child-environment.ts";
import { activity, calculated, calculateIn, point } from "./report.ts";

const gas = "FuelConsumptionFromNaturalGas";
const oil = "FuelConsumptionFromCrudeOilAndPetroleumProducts";
const fossil = "EnergyConsumptionFromFossilSources";

/** Two fuels in 30 rows, one of them converted, and three activities. */
const rows = [
  ...Array.from({ length: 28 }, (_, index) =>
    point(gas, `${index + 1}.5`, "utr:MWh", { row: index + 2, code: "E1-5_12" }),
  ),
  point(oil, "2.5", "utr:MWh", { row: 30, as_given: { value: "9", unit: "GJ" } }),
  point("aux:hours-worked", "720000", "xbrli:pure", { row: 31 }),
  point("NumberOfRecordableWorkrelatedAccidents", "5", "xbrli:pure", { row: 32 }),
];
const activities = [
  activity("A", { amount: "10000", ets: true, biogenic_co2_tonnes: "0.25" }),
  activity("B", { row: 3, amount: "40000" }),
  activity("C", {
    row: 4,
    scope: 2,
    category: "purchased-electricity",
    instrument: "ppa",
    market_factor: { kg_co2e: "0.1", source: "contract" },
  }),
];

const csrd = (folder: string, ...words: readonly string[]) =>
  execa(
    process.execPath,
    [new URL("../../../bin/csrd.js", import.meta.url).pathname, "explain", ...words, "-o", folder],
    {
      env: { ...childEnvironment(process.env), CSRD_STATE_DIR: folder },
      extendEnv: false,
      reject: false,
    },
  );

describe("the calculator's files", () => {
  test("are the same bytes for the same input", async () => {
    const first = await calculated({ rows, activities });
    const bytes = async (name: string) => readFile(join(first.folder, "intermediate", name));
    const [metrics, lineage] = [await bytes("03_calculated_metrics.json"), await bytes("03_lineage.ndjson")];

    const again = await calculateIn(first.folder);

    expect((await bytes("03_calculated_metrics.json")).equals(metrics)).toBe(true);
    expect((await bytes("03_lineage.ndjson")).equals(lineage)).toBe(true);
    expect(again.document.lineage).toEqual({
      entries: 35,
      traced: 34,
      sha256: createHash("sha256").update(lineage).digest("hex"),
    });
  });

  test("carry in every figure and every line the hash of its content", async () => {
    const { document, lineage } = await calculated({ rows, activities });

    for (const { hash, ...body } of [...document.metrics, ...lineage]) expect(digest(body)).toBe(hash);
    expect(document.metrics.length).toBeGreaterThan(8);
  });

  test("trace every row to the figure it went into, and to nothing where it went nowhere", async () => {
    const aside = point(gas, "1", "utr:MWh", { row: 99, period: { start: "2001-01-01", end: "2001-12-31" } });

    const { lineage } = await calculated({ rows: [...rows, aside], activities });

    const of = (metric: string) =>
      lineage.flatMap((one) => (one.kind === "row" && one.metric === metric ? [one.row] : []));
    expect(of(gas)).toEqual(Array.from({ length: 28 }, (_, index) => index + 2));
    expect(of("aux:hours-worked")).toEqual([31]);
    expect(lineage.find((one) => one.kind === "row" && one.row === 30)).toMatchObject({
      metric: oil,
      value: "2.5",
      as_given: { value: "9", unit: "GJ" },
    });
    expect(lineage.some((one) => one.row === 99)).toBe(false);
  });

  test("say of an emission what else it counts towards", async () => {
    const { lineage, figures } = await calculated({ rows, activities });

    expect(
      lineage.flatMap((one) =>
        one.kind === "emission" ? [[one.record_id, one.method, one.also, one.biogenic_tonnes]] : [],
      ),
    ).toEqual([
      ["A", "activity", ["aux:scope-1-in-trading-schemes"], "0.250"],
      ["B", "activity", undefined, undefined],
      [
        "C",
        "location-based",
        ["aux:scope-2-under-instruments", "aux:scope-2-under-bundled-instruments"],
        undefined,
      ],
      ["C", "market-based", ["aux:scope-2-market-bundled-electricity"], undefined],
    ]);
    expect(figures).toMatchObject({
      "ets-share": "0.2000 xbrli:pure",
      "biogenic-1": "0.250 utr:tCO2e",
      "bundled-market-share": "1.0000 xbrli:pure",
    });
  });
});

describe("a figure's tree", () => {
  test("leads through its formula, filled in, to the first rows and their number", async () => {
    const { document, artifacts } = await calculated({ rows, activities });

    const tree = treeOf(fossil, document, await loadFormulaBook());
    const { intact } = await withRows(tree, artifacts, document, 20);

    expect(tree.filled).toBe("2.5 + 420");
    expect(tree.from.map(({ id, rows: under }) => [id, under.count, under.first.length])).toEqual([
      [oil, 1, 1],
      [gas, 28, 20],
    ]);
    expect([intact, tree.intact, tree.from.every((one) => one.intact)]).toEqual([true, true, true]);
  });

  test("lists the largest emissions first and those of a share's part alone", async () => {
    const { document, artifacts } = await calculated({ rows, activities });
    const book = await loadFormulaBook();

    const [scope, share] = [treeOf("scope-1", document, book), treeOf("ets-share", document, book)];
    await withRows(scope, artifacts, document, 20);
    await withRows(share, artifacts, document, 20);

    const ids = (tree: typeof scope | undefined) =>
      tree?.rows.first.map((one) => (one.kind === "emission" ? one.record_id : ""));
    expect(ids(scope)).toEqual(["B", "A"]);
    expect(share.from.map((one) => [one.id, ids(one)])).toEqual([
      ["aux:scope-1-in-trading-schemes", ["A"]],
      ["scope-1", ["B", "A"]],
    ]);
  });

  test("shows that a line, or a figure, was changed afterwards", async () => {
    const { document, artifacts, folder } = await calculated({ rows, activities });
    const path = join(folder, "intermediate/03_lineage.ndjson");
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace('"unit":"GJ","value":"9"', '"unit":"GJ","value":"8"'));

    const metrics = document.metrics.map((one) => (one.id === fossil ? { ...one, value: "400.0" } : one));
    const tree = treeOf(fossil, { ...document, metrics }, await loadFormulaBook());
    const { intact } = await withRows(tree, artifacts, document, 20);

    expect([intact, tree.intact]).toEqual([false, false]);
    expect(tree.from.map(({ rows: under }) => under.broken)).toEqual([1, 0]);
  });
});

describe("csrd explain", () => {
  test("prints the tree within 80 columns, by figure, concept and datapoint alike", async () => {
    const { folder } = await calculated({ rows, activities });

    const byConcept = await csrd(folder, `esrs:${fossil}`);
    const byDatapoint = await csrd(folder, "E1-5_02");

    expect(byConcept.stdout).toBe(byDatapoint.stdout);
    expect(byConcept.stdout.split("\n").every((line) => line.length <= 80)).toBe(true);
    expect(byConcept.stdout).toContain("= 2.5 + 420");
    expect(byConcept.stdout).toContain("formula energy-fossil version 1; ESRS E1 paragraph 38");
    expect(byConcept.stdout).toContain(
      "data.csv row 30  FuelConsumptionFromCrudeOilAndPetroleumProducts  2.5",
    );
    expect(byConcept.stdout).toContain("given as 9 GJ");
    expect(byConcept.stdout).toContain("28 rows:");
    expect(byConcept.stdout).toContain("and 8 more rows; --rows 28 shows them all.");
    expect([byConcept.exitCode, byDatapoint.exitCode]).toEqual([0, 0]);
  });

  test("prints one JSON object on request, and what is missing where there is no figure", async () => {
    const { folder } = await calculated({ rows: rows.slice(-1), activities });

    const json = await csrd(folder, "scope-1", "--json");
    const missing = await csrd(folder, "RateOfRecordableWorkrelatedAccidents");
    const unknown = await csrd(folder, "scope-9");

    expect(JSON.parse(json.stdout)).toMatchObject({
      figure: { id: "scope-1", value: "25.000", rows: { count: 2 } },
      lineage_intact: true,
    });
    expect([missing.exitCode, missing.stderr]).toEqual([
      1,
      expect.stringContaining("is not formed: aux:hours-worked is not given (input-missing)."),
    ]);
    expect([unknown.exitCode, unknown.stderr]).toEqual([
      1,
      expect.stringContaining("the nearest is scope-1"),
    ]);
  });

  test("says that a file was changed, and ends with 2", async () => {
    const { folder } = await calculated({ rows, activities });
    await appendFile(join(folder, "intermediate/03_lineage.ndjson"), "\n");

    const { stdout, exitCode } = await csrd(folder, gas);

    expect(stdout).toMatch(/^A file was changed after it was calculated/);
    expect(exitCode).toBe(2);
  });

  test("lists what else the formulas take, without a report", async () => {
    const { stdout, exitCode } = await csrd("/nowhere", "--inputs");

    expect(stdout).toContain(
      "aux:hours-worked  xbrli:pure\n  Hours worked by people in the own workforce. ESRS S1 AR 89, AR 90; for",
    );
    expect(stdout.split("\n").every((line) => line.length <= 80)).toBe(true);
    expect(exitCode).toBe(0);
  });
});
