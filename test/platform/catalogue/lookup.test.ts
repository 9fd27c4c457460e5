import { describe, expect, test } from "vitest";
import { loadCatalogue, loadLegacyCodes } from "#platform/catalogue/load.ts";
import { lookupOf } from "#platform/catalogue/lookup.ts";
import { searchCatalogue } from "#platform/catalogue/search.ts";
import { Places } from "#platform/xbrl/dimensions.ts";

const catalogue = await loadCatalogue();
const lookup = lookupOf(catalogue);
const places = new Places(catalogue);

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

describe("what a concept may be broken down by", () => {
  const axes = (concept: string): readonly string[] => lookup.axesOf(concept).map(({ axis }) => axis);

  test("its own tables' axes, and countries, sites, assets and reasons as every concept", () => {
    expect(axes("NumberOfEmployeesHeadcountAtEndOfPeriod")).toEqual(
      expect.arrayContaining([
        "GenderAxis",
        "CountryAxis",
        "SignificantSiteTypedAxis",
        "ReasonsForNotDisclosingAxis",
      ]),
    );
    expect(axes("ListOfNotMaterialTopics")).not.toContain("GenderAxis");
    expect(lookup.tablesOf("NumberOfEmployeesHeadcountAtEndOfPeriod").every(({ closed }) => closed)).toBe(
      true,
    );
  });

  test("an axis has the members of all the concept's tables, an enumeration its values", () => {
    const years = lookup
      .axesOf("GrossScope1GreenhouseGasEmissions")
      .find(({ axis }) => axis === "CurrentlyStatedBaselineMilestonesOrTargetYearsAxis");

    expect(years?.members).toContain("esrs:Milestone2030YearMember");
    expect(new Set(years?.members).size).toBe(years?.members.length);
    expect(lookup.valuesOf("TargetCoverage")).toHaveLength(5);
    expect(lookup.valuesOf("WasteGenerated")).toEqual([]);
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
    ["scope3", "GrossScope3GreenhouseGasEmissions"],
    ["GHG removals", "GHGRemovalsAndStorage"],
    ["hazardous waste", "HazardousWaste"],
    ["gender pay gap", "GenderPayGap"],
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
        expect(places.refusal({ concept, dimensions, typed: {} }), code).toBeUndefined();
      }
    }
    expect(codes.find(({ code }) => code === "E1-1")?.concept).toBe("GrossScope1GreenhouseGasEmissions");
    expect(codes.find(({ code }) => code === "G1-2")?.concept).toBe("");
  });
});
