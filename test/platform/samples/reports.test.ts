import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadCatalogue } from "#platform/catalogue/load.ts";
import { buildReport } from "#platform/sdk.ts";
import type { CsrdReport } from "#platform/sdk/report.ts";
import { companies, profileOf, type SampleCompany, sampleFile } from "./sample-data.ts";

type Facts = Readonly<Record<string, { readonly dimensions: Readonly<Record<string, string>> }>>;
const reports = new Map<
  SampleCompany,
  { readonly report: CsrdReport; readonly stated: ReadonlySet<string>; readonly facts: number }
>();
let folder = "";

describe("the sample companies, from their files to the audited statement", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "csrd-samples-"));
    for (const company of companies) {
      const outputDir = join(folder, company);
      const report = await buildReport({
        esgData: ["esg_data.csv", "disclosures.json", "activities.csv"].map((name) =>
          sampleFile(company, name),
        ),
        companyProfile: sampleFile(company, "company.json"),
        outputDir,
      });
      const { facts } = JSON.parse(await readFile(join(outputDir, "report.xbrl.json"), "utf8")) as {
        readonly facts: Facts;
      };
      const stated = new Set(
        Object.values(facts).map(({ dimensions }) => (dimensions["concept"] ?? "").replace("esrs:", "")),
      );
      reports.set(company, { report, stated, facts: Object.keys(facts).length });
    }
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.for(companies)(
    "%s is compliant: every row is used, and the audit finds nothing critical or major",
    (company) => {
      const { report } = reports.get(company) ?? {};

      expect(report?.counts.rejected).toBe(0);
      expect(report?.audit?.broken).toEqual([]);
      expect(report?.audit?.checked).toBeGreaterThan(800);
      expect(report?.isCompliant).toBe(true);
    },
  );

  test.for(companies)("%s reports the topics that it concluded to be material", async (company) => {
    const { material_topics: topics } = await profileOf(company);

    expect(reports.get(company)?.report.materialStandards.toSorted()).toEqual(
      Object.entries(topics)
        .filter(([, { material }]) => material)
        .map(([topic]) => topic)
        .toSorted(),
    );
  });

  test("the large company answers all but five of the standard's 1,217 elements", async () => {
    const { concepts } = await loadCatalogue();
    const { stated } = reports.get("morgenau-coatings") ?? { stated: new Set<string>() };

    expect(concepts.flatMap(({ concept }) => (stated.has(concept) ? [] : [concept])).toSorted()).toEqual([
      // Every topic is material; no country of its own is at risk or outside the area; nobody is paid too little.
      "CountriesWhereEmployeesAndOrNonemployeesEarnBelowApplicableAdequateWageBenchmark",
      "CountriesWithOperationsConsideredAtSignificantRiskOfIncidentsOfChildLabour",
      "CountriesWithOperationsConsideredAtSignificantRiskOfIncidentsOfForcedLabourOrCompulsoryLabour",
      "CoverageRateOfEmployeesInRegionNoneeaThatAreCoveredByCollectiveBargainingAgreements",
      "ListOfNotMaterialTopics",
    ]);
  });

  test("the three sizes differ in how much there is to say", () => {
    const facts = companies.map((company) => reports.get(company)?.facts ?? 0);

    expect(facts.toSorted((a, b) => a - b)).toEqual(facts);
    expect(facts[2]).toBeGreaterThan(2000);
  });
});
