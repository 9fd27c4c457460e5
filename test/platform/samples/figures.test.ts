import { Decimal } from "decimal.js";
import { describe, expect, test } from "vitest";
import { loadCatalogue } from "#platform/catalogue/load.ts";
import { isLei } from "#rules/lei.ts";
import {
  companies,
  disclosuresOf,
  type Figure,
  figuresOf,
  profileOf,
  rowsOf,
  type SampleCompany,
} from "./sample-data.ts";

const catalogue = await loadCatalogue();
const concepts = new Map(catalogue.concepts.map((concept) => [concept.concept, concept]));
const byId = new Map(catalogue.datapoints.map(({ id, concepts: of }) => [id, of]));
const conceptOf = (code: string): string =>
  code.startsWith("aux:") || concepts.has(code) ? code : (byId.get(code)?.[0] ?? code);

type Place = Figure & { readonly concept: string };
const placed = new Map<SampleCompany, readonly Place[]>();
for (const company of companies)
  placed.set(
    company,
    (await figuresOf(company)).map((figure) => ({ ...figure, concept: conceptOf(figure.code) })),
  );
const of = (company: SampleCompany): readonly Place[] => placed.get(company) ?? [];

const yearOf = ({ end }: Place): string => end.slice(0, 4);
/** The sum of rows of one concept, year and breakdown: sites and months added up. */
function sum(
  company: SampleCompany,
  concept: string,
  dimensions: Readonly<Record<string, string>> = {},
  year = "2025",
): Decimal | undefined {
  const rows = of(company).filter(
    (row) => row.concept === concept && yearOf(row) === year && same(row.dimensions, dimensions),
  );
  return rows.length === 0 ? undefined : rows.reduce((total, { value }) => total.plus(value), new Decimal(0));
}
const same = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([axis, member]) => b[axis] === member);

/** Axes whose members are parts of the figure without the axis, for figures that can be added. */
const parts: ReadonlySet<string> = new Set([
  "GenderAxis",
  "TypeOfEmployeeContractAxis",
  "CountryAxis",
  "GeographicalAreaTypedAxis",
  "EmployeesAndNonemployeesAxis",
  "EmployeesAxis",
  "TypeOfWasteAxis",
  "TypeOfRecoveryOperationsAxis",
  "TypeOfWasteTreatmentAxis",
  "PollutantAxis",
  "HazardClassesAxis",
  "SubstancesProductionUseDistributionOrCommercialisationImportAndExportAxis",
  "DecarbonisationLeverAxis",
  "RegionTypedAxis",
]);
const shares: ReadonlySet<string> = new Set(["percent"]);
/** Hours per person and prices are no parts of a whole, whoever they are stated for. */
const averages = /^(?:AverageNumber|DurationOf|CarbonPrice)/;

describe.for(companies)("the figures of %s", (company) => {
  test("add up over every breakdown to the figure that is stated without it", () => {
    const wrong: string[] = [];
    let compared = 0;
    const seen = new Set<string>();
    for (const row of of(company)) {
      const type = concepts.get(row.concept)?.type ?? "decimal";
      if (shares.has(type) || averages.test(row.concept) || "RangeAxis" in row.dimensions) continue;
      for (const axis of Object.keys(row.dimensions).filter((name) => parts.has(name))) {
        const { [axis]: _, ...rest } = row.dimensions;
        const key = `${row.concept} ${yearOf(row)} ${axis} ${JSON.stringify(rest)}`;
        if (seen.has(key)) continue;
        seen.add(key);
        const whole = sum(company, row.concept, rest, yearOf(row));
        if (whole === undefined) continue;
        const members = of(company).filter((other) => {
          const { [axis]: member, ...others } = other.dimensions;
          return (
            other.concept === row.concept &&
            yearOf(other) === yearOf(row) &&
            member !== undefined &&
            same(others, rest)
          );
        });
        const added = members.reduce((total, { value }) => total.plus(value), new Decimal(0));
        compared += 1;
        if (!added.equals(whole)) wrong.push(`${key}: ${added.toFixed()} is not ${whole.toFixed()}`);
      }
    }

    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(company === "vesterlund-instrumenter" ? 10 : 20);
  });

  test("fit every total of the taxonomy that is stated with all its parts", () => {
    const wrong: string[] = [];
    let compared = 0;
    for (const { total, items } of catalogue.totals)
      for (const year of ["2024", "2025"]) {
        const whole = sum(company, total, {}, year);
        const given = items.map(({ concept, weight }) => sum(company, concept, {}, year)?.times(weight));
        if (whole === undefined || given.includes(undefined)) continue;
        const added = given.reduce<Decimal>((all, one) => all.plus(one ?? 0), new Decimal(0));
        compared += 1;
        if (!added.equals(whole))
          wrong.push(`${total} ${year}: ${added.toFixed()} is not ${whole.toFixed()}`);
      }

    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(5);
  });

  test("give shares as fractions of the whole, and shares by gender and age that make one", () => {
    const ratios = /^(?:AnnualRemunerationRatio|RemunerationRatio|BoardsGenderDiversityRatio|RateOf)/;
    const outside = of(company).filter(
      (row) =>
        concepts.get(row.concept)?.type === "percent" &&
        !ratios.test(row.concept) &&
        (row.value.lessThan(0) || row.value.greaterThan(1)),
    );
    const one = (concept: string): Decimal =>
      of(company)
        .filter((row) => row.concept === concept && "GenderAxis" in row.dimensions)
        .reduce((all, { value }) => all.plus(value), new Decimal(0));
    const ages = ["Under30YearsOld", "Between30And50YearsOld", "Over50YearsOld"].map((age) =>
      sum(company, `PercentageOfEmployees${age}`),
    );

    expect(outside.map(({ row, concept }) => `${row} ${concept}`)).toEqual([]);
    expect(one("PercentageOfMembersOfAdministrativeManagementAndSupervisoryBodies").toFixed()).toBe("1");
    expect(one("PercentageOfEmployeesAtTopManagementLevel").toFixed()).toBe("1");
    expect(Decimal.sum(...ages.map((age) => age ?? 0)).toFixed()).toBe("1");
  });

  test("say the same number of people and the same revenue wherever they are said", async () => {
    const { company_size: size } = await profileOf(company);
    const segments = of(company).filter(
      (row) => row.concept === "Revenue" && "ESRSSEC1SectorsAxis" in row.dimensions,
    );
    const contracts = sum(company, "NumberOfEmployeesHeadCountOrFulltimeEquivalentAtEndOfPeriod");

    expect(sum(company, "NumberOfEmployeesHeadcountAtEndOfPeriod")?.toNumber()).toBe(size.employee_count);
    expect(contracts?.toNumber()).toBe(size.employee_count);
    expect(sum(company, "Revenue")?.toNumber()).toBe(size.revenue_eur);
    expect(Decimal.sum(...segments.map(({ value }) => value)).toNumber()).toBe(size.revenue_eur);
    for (const concept of [
      "RevenueFromActivitiesInHighClimateImpactSectors",
      "NetRevenueUsedToCalculateGHGIntensity",
    ])
      expect(sum(company, concept)?.toNumber()).toBe(size.revenue_eur);
  });

  test("state in megawatt hours what the activities state in kilowatt hours and litres", async () => {
    const activities = await rowsOf(company, "activities.csv");
    const amount = (is: (row: Readonly<Record<string, string>>) => boolean): Decimal =>
      activities.filter(is).reduce((all, row) => all.plus(row["amount"] ?? 0), new Decimal(0));
    const scope =
      (number: string, activity: string) =>
      (row: Readonly<Record<string, string>>): boolean =>
        row["scope"] === number && row["activity"] === activity;
    const stated = (...names: readonly string[]): string =>
      Decimal.sum(...names.map((name) => sum(company, name) ?? 0)).toFixed();

    expect(stated("FuelConsumptionFromNaturalGas")).toBe(
      amount(scope("1", "Natural gas")).dividedBy(1000).toFixed(),
    );
    expect(stated("FuelConsumptionFromRenewableSources")).toBe(
      amount(scope("1", "Wood chips")).dividedBy(1000).toFixed(),
    );
    expect(stated("FuelConsumptionFromCrudeOilAndPetroleumProducts")).toBe(
      amount(scope("1", "Diesel (100% mineral diesel)")).times("0.00994").toFixed(),
    );
    expect(
      stated(
        "ConsumptionOfPurchasedOrAcquiredElectricityHeatSteamOrCoolingFromFossilSources",
        "ConsumptionOfPurchasedOrAcquiredElectricityHeatSteamAndCoolingFromRenewableSources",
        "EnergyConsumptionFromNuclearSources",
      ),
    ).toBe(
      amount((row) => row["scope"] === "2")
        .dividedBy(1000)
        .toFixed(),
    );
    expect(stated("ConsumptionOfPurchasedOrAcquiredElectricityHeatSteamAndCoolingFromRenewableSources")).toBe(
      amount((row) => row["instrument"] === "ppa")
        .dividedBy(1000)
        .toFixed(),
    );
  });

  test("take out of the water what is withdrawn and not given back, and divide the waste without a rest", () => {
    const [withdrawn, discharged, consumed] = ["WaterWithdrawals", "WaterDischarges", "WaterConsumption"].map(
      (name) => sum(company, name),
    );
    const [waste, diverted, disposed, hazardous] = [
      "WasteGenerated",
      "WasteGeneratedDivertedFromDisposal",
      "WasteGeneratedDirectedToDisposal",
      "HazardousWaste",
    ].map((name) => sum(company, name));
    const dangerous = Decimal.sum(
      sum(company, "WasteGeneratedDivertedFromDisposal", { TypeOfWasteAxis: "esrs:HazardousWasteMember" }) ??
        0,
      sum(company, "WasteGeneratedDirectedToDisposal", { TypeOfWasteAxis: "esrs:HazardousWasteMember" }) ?? 0,
    );

    // The small company concludes that water and waste are not material and states neither.
    expect(consumed?.toFixed()).toBe(withdrawn?.minus(discharged ?? 0).toFixed());
    expect(waste?.toFixed()).toBe(diverted?.plus(disposed ?? 0).toFixed());
    expect((hazardous ?? new Decimal(0)).toFixed()).toBe(dangerous.toFixed());
    expect(waste === undefined).toBe(company === "vesterlund-instrumenter");
  });

  test("cover every month where they are read every month", () => {
    const monthly = Map.groupBy(
      of(company).filter(({ start, end }) => start.slice(0, 7) === end.slice(0, 7)),
      ({ concept, location, dimensions }) => `${concept} ${location} ${JSON.stringify(dimensions)}`,
    );

    expect(monthly.size).toBeGreaterThan(1);
    for (const [series, rows] of monthly)
      expect([series, new Set(rows.map(({ start }) => start.slice(0, 7))).size, rows.length]).toEqual([
        series,
        12,
        12,
      ]);
  });

  test("belong to a company that cannot be mistaken for a real one", async () => {
    const { lei_code: lei } = await profileOf(company);

    expect(isLei(lei)).toBe(true);
    expect(lei).toMatch(/^99990000/);
  });
});

describe("the texts of the samples", () => {
  test("answer every text block of the standard for the large company, in sentences of its own", async () => {
    const written = (await disclosuresOf("morgenau-coatings")).filter(
      ({ metric_code: code }) => concepts.get(code)?.type === "textBlock",
    );
    const all = catalogue.concepts.filter(({ type }) => type === "textBlock").map(({ concept }) => concept);
    const unfinished = written.filter(
      ({ value }) => typeof value !== "string" || !/^[A-Z0-9].{2,}[.!?]$/s.test(value),
    );

    expect(all).toHaveLength(527);
    expect([...new Set(written.map(({ metric_code: code }) => code))].toSorted()).toEqual(all.toSorted());
    expect(unfinished).toEqual([]);
  });

  test("are told anew for each company: no longer sentence stands in two of them", async () => {
    const told = await Promise.all(
      companies.map(async (company) =>
        (await disclosuresOf(company)).flatMap(({ metric_code: code, value }) =>
          concepts.get(code)?.type === "textBlock" && typeof value === "string" && value.length > 60
            ? [value]
            : [],
        ),
      ),
    );
    const twice = told.flat().filter((text, at, everywhere) => everywhere.indexOf(text) !== at);

    expect(twice).toEqual([]);
    expect(told.map(({ length }) => length > 40)).toEqual([true, true, true]);
  });

  test.for(companies)("of %s lead from every related item to one that exists", async (company) => {
    const disclosures = await disclosuresOf(company);
    const known = (axis: string): ReadonlySet<string> =>
      new Set(
        disclosures.flatMap(({ dimensions: text = "" }) =>
          [...text.matchAll(new RegExp(`${axis}=([^;]+)`, "g"))].map(([, id = ""]) => id),
        ),
      );
    const broken = Object.entries({
      IdentifiersOfRelatedImpactsRisksAndOpportunities: "IdentifierOfImpactRiskAndOpportunityTypedAxis",
      IdentifiersOfRelatedPolicies: "IdentifierOfPolicyTypedAxis",
      IdentifiersOfRelatedTargets: "IdentifierOfTargetTypedAxis",
      IdentifiersOfRelatedActionPlans: "IdentifierOfActionPlanTypedAxis",
    }).flatMap(([concept, axis]) =>
      disclosures
        .filter(({ metric_code: code }) => code === concept)
        .flatMap(({ value }) => String(value).split(","))
        .filter((id) => !known(axis).has(id))
        .map((id) => `${concept}: ${id}`),
    );

    expect(broken).toEqual([]);
  });
});
