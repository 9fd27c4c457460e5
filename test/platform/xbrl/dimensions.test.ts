import { beforeAll, describe, expect, test } from "vitest";
import { loadCatalogue } from "#platform/catalogue/load.ts";
import { Places } from "#platform/xbrl/dimensions.ts";
import { richFacts } from "./rich.ts";

describe("places that the standard's tables allow", () => {
  let places: Places;
  let catalogue: Awaited<ReturnType<typeof loadCatalogue>>;
  beforeAll(async () => {
    catalogue = await loadCatalogue();
    places = new Places(catalogue);
  });
  const at = (concept: string, dimensions: Record<string, string> = {}, typed: Record<string, string> = {}) =>
    places.refusal({ concept, dimensions, typed });

  test.for([
    ["the total", {}, {}],
    ["a gender", { GenderAxis: "esrs:FemaleMember" }, {}],
    ["a country, of any concept, by an open table that is read as closed", { CountryAxis: "country:DE" }, {}],
    ["a significant site", {}, { SignificantSiteTypedAxis: "Plant 1" }],
    ["a reason for leaving it out", { ReasonsForNotDisclosingAxis: "esrs:NotStatedPhasinginMember" }, {}],
  ] as const)("head count may be stated for %s", ([, dimensions, typed]) => {
    expect(at("NumberOfEmployeesHeadcountAtEndOfPeriod", dimensions, typed)).toBeUndefined();
  });

  test.for([
    ["concept-unknown", "HeadCount", {}, {}, "", ""],
    [
      "axis-not-allowed",
      "GrossScope3GreenhouseGasEmissions",
      { GenderAxis: "esrs:FemaleMember" },
      {},
      "GenderAxis",
      "esrs:FemaleMember",
    ],
    [
      "member-not-allowed",
      "GrossScope3GreenhouseGasEmissions",
      { Scope3GHGEmissionsCategoryGHGProtocolAxis: "esrs:FemaleMember" },
      {},
      "Scope3GHGEmissionsCategoryGHGProtocolAxis",
      "esrs:FemaleMember",
    ],
    [
      "member-not-allowed",
      "MarketBasedGreenhouseGasEmissions",
      { CountryAxis: "country:XX" },
      {},
      "CountryAxis",
      "country:XX",
    ],
    [
      "axis-not-allowed",
      "NumberOfEmployeesHeadcountAtEndOfPeriod",
      {},
      { GenderAxis: "women" },
      "GenderAxis",
      "women",
    ],
    [
      "member-not-allowed",
      "NameOfTarget",
      {},
      { IdentifierOfTargetTypedAxis: "" },
      "IdentifierOfTargetTypedAxis",
      "",
    ],
  ] as const)("%s for %s", ([code, concept, dimensions, typed, axis, member]) => {
    expect(at(concept, dimensions, typed)).toMatchObject({ code, concept, axis, member });
  });

  test("a combination that no table holds is refused although each axis by itself is allowed", () => {
    const refusal = at(
      "NumberOfEmployeesHeadcountAtEndOfPeriod",
      { GenderAxis: "esrs:FemaleMember" },
      { SignificantSiteTypedAxis: "Plant 1" },
    );

    expect(refusal).toMatchObject({
      code: "combination-not-allowed",
      axis: "GenderAxis, SignificantSiteTypedAxis",
    });
  });

  test("an axis that a table needs is asked for by name", () => {
    const refusal = at("FinancialResourcesAllocatedToActionPlanOpEx", {
      TimeHorizonAxis: "esrs:ShorttermMember",
    });

    expect(refusal?.sentence).toContain("IdentifierOfActionPlanTypedAxis has to be said as well");
  });

  test("every table allows what it names: facts of all 213 tables pass", () => {
    const facts = richFacts(catalogue, { every: 1, tables: true });

    expect(new Set(facts.flatMap((fact) => places.allowing(fact).map(({ role }) => role))).size).toBe(213);
    expect(facts.flatMap((fact) => places.refusal(fact) ?? [])).toEqual([]);
  });
});
