import { describe, expect, test } from "vitest";
import { aggregator } from "#platform/agents/aggregator.ts";
import { AggregatedDocument, files } from "#platform/agents/documents.ts";
import { json, memoryArtifacts } from "../agents/sample.ts";

const year = { start: "2024-01-01", end: "2024-12-31" };
const metric = (concept: string, value: string | undefined, unit: string, dimensions: object = {}) => ({
  id: concept,
  concept,
  label: concept,
  period: year,
  dimensions,
  typed: {},
  ...(value === undefined ? {} : { value }),
  unit,
  decimals: 2,
  formula: "as-reported",
  formula_version: 1,
  from: [],
  rows: 1,
  hash: "",
});
const statement = (concept: string, value: string) => ({
  input: "data.csv",
  row: 2,
  code: concept,
  concept,
  value,
  period: year,
  dimensions: {},
  typed: {},
  status: "approved",
  source_document: "",
});

async function aggregated(
  metrics: readonly object[],
  statements: readonly object[] = [],
  topics?: readonly object[],
): Promise<AggregatedDocument> {
  const artifacts = memoryArtifacts({
    [files.metrics]: JSON.stringify({
      report_id: "R-1",
      instruments: [],
      sources: [],
      warnings: [],
      metrics,
      lineage: { entries: 0, traced: 0, sha256: "" },
    }),
    [files.statements]: statements.map((one) => `${JSON.stringify(one)}\n`).join(""),
    ...(topics === undefined ? {} : { [files.materiality]: JSON.stringify({ topics }) }),
  });
  await aggregator.run({ reportId: "R-1", artifacts, now: () => new Date(0), log: () => undefined });
  return AggregatedDocument.parse(await json(artifacts, files.aggregated));
}

const framework = (document: AggregatedDocument, law: string) => {
  const found = document.frameworks.find((one) => one.law === law);
  if (found === undefined) throw new Error(`no ${law}`);
  return found;
};
const part = (document: AggregatedDocument, law: string, beginning: string) => {
  const found = framework(document, law).coverage.find((one) => one.part.startsWith(beginning));
  if (found === undefined) throw new Error(`no ${beginning}`);
  return found;
};

describe("a report leads to the other EU laws that ask for the same", () => {
  test("a figure, each of its breakdowns, and a statement stand at every part that names them", async () => {
    const document = await aggregated(
      [
        metric("GrossScope1GreenhouseGasEmissions", "120.50", "utr:tCO2e"),
        metric("GrossScope1GreenhouseGasEmissions", "20.50", "utr:tCO2e", { CountryAxis: "country:DE" }),
        metric("GenderPayGap", "0.12", "xbrli:pure"),
        metric("WasteGenerated", "7", "utr:t"),
      ],
      [statement("UndertakingIsActiveInFossilFuelCoalOilAndGasSector", "true")],
    );

    const sfdr = framework(document, "2022/1288").entries;
    const scope1 = sfdr.filter(({ concept }) => concept === "GrossScope1GreenhouseGasEmissions");
    expect(scope1.map(({ part: of, value }) => [of, value])).toEqual([
      ["Annex 1, Table 1, Indicator 1 (greenhouse gas emissions)", "120.50"],
      ["Annex 1, Table 1, Indicator 1 (greenhouse gas emissions)", "20.50"],
      ["Annex 1, Table 1, Indicator 2 (carbon footprint)", "120.50"],
      ["Annex 1, Table 1, Indicator 2 (carbon footprint)", "20.50"],
    ]);
    expect(scope1[1]).toMatchObject({
      dimensions: { CountryAxis: "country:DE" },
      period: year,
      kind: "figure",
    });
    expect(framework(document, "2020/1816").entries.map(({ concept }) => concept)).toContain("GenderPayGap");
    expect(document.without_other_law).toEqual(["WasteGenerated"]);
    expect(document.frameworks.map(({ law }) => law)).toEqual([
      "2020/1816",
      "2020/1818",
      "2021/1119",
      "2022/1288",
      "2022/2453",
    ]);
  });

  test("a text is shown by its first words, without markup", async () => {
    const concept = "DescriptionOfMethodologiesAndSignificantAssumptionsUsedToDefineTargetExplanatory";
    const known = await aggregated(
      [],
      [
        statement(
          "DisclosureOfTransitionPlanForClimateChangeMitigationExplanatory",
          `<p>We <b>plan</b> ${"much ".repeat(80)}</p>`,
        ),
        statement(concept, "<p>So.</p>"),
      ],
    );

    const [entry] = framework(known, "2021/1119").entries;
    expect(entry?.kind).toBe("statement");
    expect(entry?.value.startsWith("We plan much")).toBe(true);
    expect(entry?.value.length).toBeLessThanOrEqual(160);
    expect(known.without_other_law).toEqual([concept]);
  });
});

describe("what a law asks for and the report does not say", () => {
  test("a part is answered, answered in part, or missing, and what is missing is named with its ids", async () => {
    const document = await aggregated([
      metric("GenderPayGap", "0.12", "xbrli:pure"),
      metric("RevenueFromCoal", "0", "iso4217:EUR"),
      metric("GrossScope1GreenhouseGasEmissions", "120.50", "utr:tCO2e"),
      metric("HazardousWaste", undefined, "utr:t"),
    ]);

    expect(part(document, "2022/1288", "Annex 1, Table 1, Indicator 12 ")).toMatchObject({
      state: "answered",
      missing: [],
    });
    expect(part(document, "2022/1288", "Annex 1, Table 1, Indicator 1 ").state).toBe("partly");
    expect(
      part(document, "2022/1288", "Annex 1, Table 1, Indicator 1 ").missing.find(
        ({ concept }) => concept === "GrossScope3GreenhouseGasEmissions",
      ),
    ).toMatchObject({
      label: "Gross scope 3 greenhouse gas emissions",
      datapoint_ids: expect.arrayContaining(["E1-6_11"]),
    });
    expect(part(document, "2022/1288", "Annex 1, Table 1, Indicator 9 ")).toMatchObject({
      state: "partly",
      answered: ["HazardousWaste"],
    });
    expect(part(document, "2022/1288", "Annex 1, Table 1, Indicator 8 ").state).toBe("missing");
    expect(framework(document, "2022/1288").coverage).toHaveLength(46);
    expect(framework(document, "2022/1288").answered).toBeLessThan(framework(document, "2022/1288").asked);
  });

  test("what only topics that are not material would say is not missing", async () => {
    const topics = [
      { standard: "E2", material: false },
      { standard: "E3", material: true },
    ];

    const document = await aggregated([], [], topics);

    expect(part(document, "2022/1288", "Annex 1, Table 1, Indicator 8 ").state).toBe("not material");
    expect(part(document, "2022/1288", "Annex 1, Table 1, Indicator 8 ").missing[0]?.not_material).toBe(true);
    expect(part(document, "2022/1288", "Annex 1, Table 2, Indicator 7 ").state).toBe("missing");
    expect(part(document, "2022/1288", "Annex 1, Table 2, Indicator 7 ").missing[0]?.not_material).toBe(
      false,
    );
  });
});

test("its health says how many references it knows", async () => {
  expect(await aggregator.health()).toEqual({ mappings_loaded: 201 });
});
