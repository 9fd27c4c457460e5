import { describe, expect, test } from "vitest";
import { loadCatalogue, loadLegacyCodes } from "#platform/catalogue/load.ts";
import { lookupOf } from "#platform/catalogue/lookup.ts";
import { searchCatalogue } from "#platform/catalogue/search.ts";

const catalogue = await loadCatalogue();
const lookup = lookupOf(catalogue);

describe("looking up", () => {
  test("a concept is found with and without its prefix", () => {
    expect(lookup.concept("esrs:WasteGenerated")).toBe(lookup.concept("WasteGenerated"));
    expect(lookup.concept("Waste")).toBeUndefined();
  });

  test("an id leads to one concept, to several, or to none", () => {
    expect(lookup.conceptsOf("E1-6_07").map(({ concept }) => concept)).toEqual([
      "GrossScope1GreenhouseGasEmissions",
    ]);
    expect(lookup.conceptsOf("E1-6_01").length).toBeGreaterThan(4);
    expect(lookup.datapoint("E4-1_08")).toMatchObject({ matched: "none" });
    expect(lookup.conceptsOf("E4-1_08")).toEqual([]);
    expect(lookup.conceptsOf("E9-1_01")).toEqual([]);
  });

  test("a total leads to its sum", () => {
    expect(lookup.totalsOf("RevenueFromFossilFuelCoalOilAndGasSector")[0]?.items).toEqual([
      { concept: "RevenueFromCoal", weight: 1 },
      { concept: "RevenueFromOil", weight: 1 },
      { concept: "RevenueFromGas", weight: 1 },
    ]);
  });

  test("one lookup is made per catalogue", () => {
    expect(lookupOf(catalogue)).toBe(lookup);
  });
});

describe("whether a place is allowed", () => {
  const employees = "NumberOfEmployeesHeadcountAtEndOfPeriod";
  const scope1 = "GrossScope1GreenhouseGasEmissions";
  const scope3 = "GrossScope3GreenhouseGasEmissions";
  const category = "Scope3GHGEmissionsCategoryGHGProtocolAxis";

  test.for([
    ["nothing broken down", scope1, {}, {}, undefined],
    ["a member of its own table", employees, { GenderAxis: "esrs:FemaleMember" }, {}, "S1-6"],
    ["a country, which every concept may have", scope1, { CountryAxis: "country:DE" }, {}, "E1-6"],
    [
      "its own axis and a country together",
      employees,
      { GenderAxis: "esrs:MaleMember", CountryAxis: "country:FR" },
      {},
      "S1-6",
    ],
    ["text on a typed axis", scope1, {}, { OperatingSegmentTypedAxis: "Metal" }, "E1-6"],
    [
      "a reason for not disclosing",
      "WasteGenerated",
      { ReasonsForNotDisclosingAxis: "esrs:NotMaterialBelowThresholdMember" },
      {},
      undefined,
    ],
  ] as const)("%s is", ([, concept, dimensions, typed, disclosure]) => {
    const verdict = lookup.placeAllowed(concept, dimensions, typed);

    expect(verdict.allowed).toBe(true);
    if (disclosure !== undefined && verdict.allowed) expect(verdict.table?.closed).toBe(true);
  });

  test.for([
    [
      "another axis's member, which XBRL lets pass",
      scope3,
      { [category]: "esrs:FemaleMember" },
      {},
      "member",
    ],
    ["a country that does not exist", scope1, { CountryAxis: "country:ZZ" }, {}, "member"],
    ["an axis that no table of the concept has", scope1, { GenderAxis: "esrs:FemaleMember" }, {}, "axis"],
    [
      "the default, which is said by leaving the axis out",
      employees,
      { GenderAxis: "esrs:GenderMember" },
      {},
      "default",
    ],
    ["text on an explicit axis", employees, {}, { GenderAxis: "women" }, "kind"],
    ["a member on a typed axis", scope1, { OperatingSegmentTypedAxis: "esrs:FemaleMember" }, {}, "kind"],
    [
      "two axes that no table has together",
      scope3,
      { [category]: "esrs:Category2CapitalGoodsMember", ValueChainAxis: "esrs:UpstreamValueChainMember" },
      {},
      "combination",
    ],
  ] as const)("%s is not", ([, concept, dimensions, typed, because]) => {
    expect(lookup.placeAllowed(concept, dimensions, typed)).toMatchObject({ allowed: false, because });
  });
});

describe("searching", () => {
  const first = (text: string): string => {
    const [hit] = searchCatalogue(catalogue, text, { limit: 1 });
    return hit === undefined ? "" : hit.kind === "concept" ? hit.concept.concept : hit.datapoint.id;
  };

  test.for([
    ["scope 1", "GrossScope1GreenhouseGasEmissions"],
    ["water consumption", "WaterConsumption"],
    ["accident rate", "RateOfRecordableWorkrelatedAccidents"],
    ["staff turnover", "PercentageOfEmployeeTurnover"],
    ["women board", "BoardsGenderDiversityRatio"],
    ["esrs:WasteGenerated", "WasteGenerated"],
    ["E1-6_07", "E1-6_07"],
    ["e1-6_07", "E1-6_07"],
    ["no such thing", ""],
    ["   ", ""],
  ] as const)("%s finds %s first", ([text, expected]) => {
    expect(first(text)).toBe(expected);
  });

  test("a requirement lists its concepts, a paragraph what stands at it", () => {
    const at = searchCatalogue(catalogue, "88 (c)", { standard: "S1" });

    expect(
      searchCatalogue(catalogue, "E1-5", { limit: 100 }).every(
        (hit) =>
          hit.kind === "datapoint" || hit.concept.references.some(({ disclosure }) => disclosure === "E1-5"),
      ),
    ).toBe(true);
    expect(at.map((hit) => (hit.kind === "concept" ? hit.concept.concept : ""))).toContain(
      "NumberOfRecordableWorkrelatedAccidents",
    );
  });

  test("standard, type and number of hits narrow it", () => {
    const hits = searchCatalogue(catalogue, "percentage", { standard: "S1", type: "percent", limit: 5 });

    expect(hits).toHaveLength(5);
    for (const hit of hits)
      expect(hit.kind === "concept" && hit.concept.references.some(({ standard }) => standard === "S1")).toBe(
        true,
      );
  });
});

describe("codes of the earlier implementation", () => {
  test("each leads to a concept and members that the standard has, or says why there is none", async () => {
    const codes = await loadLegacyCodes();

    expect(codes).toHaveLength(47);
    expect(codes.filter(({ concept }) => concept !== "")).toHaveLength(30);
    for (const { code, concept, dimensions, note } of codes) {
      if (concept === "") expect(note.length, code).toBeGreaterThan(20);
      else {
        expect(lookup.concept(concept), code).toBeDefined();
        expect(lookup.placeAllowed(concept, dimensions), code).toMatchObject({ allowed: true });
      }
    }
    expect(codes.find(({ code }) => code === "E1-1")?.concept).toBe("GrossScope1GreenhouseGasEmissions");
    expect(codes.find(({ code }) => code === "G1-2")?.concept).toBe("");
  });
});
