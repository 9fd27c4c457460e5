import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { loadCatalogue } from "#platform/catalogue/load.ts";
import { readInline, type ReadReport } from "#platform/xbrl/read-inline.ts";
import { json, runInMemory, sampleCompany, sampleCsv } from "../agents/sample.ts";

describe("the statement as a machine reads it", () => {
  let report: ReadReport;
  let metrics: any;
  let catalogue: Awaited<ReturnType<typeof loadCatalogue>>;

  beforeAll(async () => {
    const { artifacts } = await runInMemory({
      "inputs/activities.csv": await sampleCsv(),
      "company.json": await sampleCompany(),
    });
    report = readInline(new TextDecoder().decode(await artifacts.read("report.xhtml")));
    metrics = (await json(artifacts, "intermediate/03_calculated_metrics.json")).metrics;
    catalogue = await loadCatalogue();
  });

  test("every concept is in the catalogue", () => {
    const known = new Set(catalogue.datapoints.map(({ concept }) => `esrs:${concept}`));

    expect(report.facts.length).toBe(44);
    expect(report.facts.filter(({ concept }) => !known.has(concept))).toEqual([]);
    expect(report.namespaces["esrs"]).toBe(catalogue.taxonomy.namespace);
  });

  test("every unit is the one its type asks for", () => {
    const units: Readonly<Record<string, RegExp>> = {
      ghgEmissions: /^utr:tCO2e$/,
      percent: /^xbrli:pure$/,
      monetary: /^iso4217:EUR$/,
      ghgEmissionsPerMonetary: /^utr:tCO2e\/iso4217:EUR$/,
    };
    const typeOf = new Map(catalogue.datapoints.map(({ concept, type }) => [`esrs:${concept}`, type]));
    const numeric = report.facts.filter((fact) => fact.numeric);

    expect(numeric.length).toBe(metrics.length);
    for (const { concept, unit } of numeric)
      expect(unit).toMatch(units[typeOf.get(concept) ?? ""] ?? /never/);
  });

  test("every axis and member stands in a table that holds the concept", () => {
    const broken = report.facts.filter(({ dimensions }) => Object.keys(dimensions).length > 0);

    expect(broken.length).toBe(13);
    for (const { concept, dimensions } of broken)
      for (const [axis, member] of Object.entries(dimensions)) {
        const table = catalogue.tables.find(
          (one) =>
            one.concepts.includes(concept.slice(5)) &&
            one.axes.some((known) => `esrs:${known.axis}` === axis),
        );
        const members = table?.axes.find((known) => `esrs:${known.axis}` === axis)?.members ?? [];

        expect(axis === "esrs:CountryAxis" ? catalogue.countries : members).toContain(
          axis === "esrs:CountryAxis" ? member.slice(8) : member,
        );
      }
  });

  test("every calculated figure is tagged with its exact value, shown scaled or not", () => {
    for (const { concept, axis, member, value } of metrics) {
      const fact = report.facts.find(
        (one) =>
          one.concept === `esrs:${concept}` &&
          (axis === ""
            ? Object.keys(one.dimensions).length === 0
            : one.dimensions[`esrs:${axis}`] === member),
      );

      expect([concept, Number(fact?.value)]).toEqual([concept, Number(value)]);
    }
  });

  test("the document stands alone: no script, no address to fetch but names, no doctype", async () => {
    const { artifacts } = await runInMemory({
      "inputs/activities.csv": await sampleCsv(),
      "company.json": await sampleCompany(),
    });
    const text = new TextDecoder().decode(await artifacts.read("report.xhtml"));

    expect(text).not.toMatch(/<script|<!DOCTYPE|<link [^:]|@import|url\(/i);
    expect([...text.matchAll(/ src="([^"]{0,23})/g)].map(([, src]) => src)).toEqual([
      "data:image/svg+xml;base",
    ]);
    expect(report.hasDoctype).toBe(false);
  });
});

test("hostile text in the company file stays text", async () => {
  const company = JSON.parse(await sampleCompany());
  company.legal_name = `</title><script>alert(1)</script>&amp;\u0000\ud800"'`;
  company.e1_6.boundaries = `<ix:nonFraction name="esrs:Revenue">1</ix:nonFraction> ]]> <!-- `;

  const { artifacts, result } = await runInMemory({
    "inputs/activities.csv": await sampleCsv(),
    "company.json": JSON.stringify(company),
  });
  const text = new TextDecoder().decode(await artifacts.read("report.xhtml"));
  const report = readInline(text);

  expect(text).not.toContain("<script");
  expect(report.facts.filter(({ concept }) => concept === "esrs:Revenue")).toHaveLength(1);
  expect(report.facts.find(({ concept }) => concept.includes("ReportingBoundaries"))?.value).toBe(
    company.e1_6.boundaries.trim(),
  );
  expect(result.status).toBe("ok");
});

test("a reader of reports trusts no entity and no broken markup", () => {
  expect(() => readInline("<html><body></html>")).toThrow(
    expect.objectContaining({ code: "artifact-broken" }),
  );
  expect(() => readInline('<!DOCTYPE x [<!ENTITY e "boom">]><html>&e;</html>')).toThrow(
    expect.objectContaining({ code: "artifact-broken" }),
  );
});

test("no wording of the taxonomy is shipped: every label is formed from its element's name", async () => {
  const { datapoints } = JSON.parse(
    await readFile(new URL("../../../data/esrs_data_points.json", import.meta.url), "utf8"),
  );

  for (const { concept, label } of datapoints)
    expect(label.replaceAll(/[^a-z0-9]/gi, "").toLowerCase()).toBe(
      concept.replace(/Explanatory$/, "").toLowerCase(),
    );
});
