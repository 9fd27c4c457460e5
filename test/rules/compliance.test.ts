import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { evaluate } from "#rules/compliance.ts";
import { type AuditFact, type AuditSubject, type Rule, RuleFile } from "#rules/compliance-rule.ts";

const root = new URL("../../", import.meta.url);
let rules: readonly Rule[] = [];
let catalogue: any;

beforeAll(async () => {
  ({ rules } = RuleFile.parse(parse(await readFile(new URL("rules/compliance_rules.yaml", root), "utf8"))));
  catalogue = JSON.parse(await readFile(new URL("data/esrs_data_points.json", root), "utf8"));
});

const s1 = "GrossScope1GreenhouseGasEmissions";
const s3 = "GrossScope3GreenhouseGasEmissions";
const categoryAxis = "Scope3GHGEmissionsCategoryGHGProtocolAxis";
const uri = (member: string): string => `https://xbrl.efrag.org/taxonomy/esrs/2023-12-22#${member}`;
const included = "ListOfScope3GHGEmissionsCategoriesIncludedInInventoryGHGProtocol";
const excluded = "ListOfScope3GHGEmissionsCategoriesExcludedFromInventoryGHGProtocol";

function fact(concept: string, value: string, more: Partial<AuditFact> = {}): AuditFact {
  return { concept, value, numeric: true, unit: "utr:tCO2e", decimals: 3, dimensions: {}, ...more };
}
const text = (concept: string, value: string): AuditFact =>
  fact(concept, value, { numeric: false, unit: "", decimals: undefined });
const category = (member: string, value: string): AuditFact =>
  fact(s3, value, { dimensions: { [categoryAxis]: `esrs:${member}` } });
const country = (concept: string, code: string, value: string): AuditFact =>
  fact(concept, value, { dimensions: { CountryAxis: `country:${code}` } });

/** A small report in which everything is as it should be. */
function sound(): readonly AuditFact[] {
  const all: readonly string[] = catalogue.enumerations
    .find(({ concept }: { concept: string }) => concept === included)
    .values.map((value: string) => value.slice(value.indexOf(":") + 1));
  const fifteen = all.filter((member) => /^Category\d/.test(member) && !member.startsWith("Category11Cloud"));
  const two = ["Category1PurchasedGoodsAndServicesMember", "Category6BusinessTravelMember"];
  return [
    text("ReportingPeriodStartDate", "2024-01-01"),
    text("ReportingPeriodEndDate", "2024-12-31"),
    fact(s1, "10.000"),
    fact("GrossLocationBasedScope2GreenhouseGasEmissions", "20.000"),
    fact("GrossMarketBasedScope2GreenhouseGasEmissions", "5.000"),
    fact(s3, "30.000"),
    category(two[0] ?? "", "25.000"),
    category(two[1] ?? "", "5.000"),
    fact("LocationBasedGreenhouseGasEmissions", "60.000"),
    fact("MarketBasedGreenhouseGasEmissions", "45.000"),
    country("LocationBasedGreenhouseGasEmissions", "GB", "40.000"),
    country("LocationBasedGreenhouseGasEmissions", "US", "20.000"),
    fact("PercentageOfScope1GreenhouseGasEmissionsFromRegulatedEmissionTradingSchemes", "0.25", {
      unit: "xbrli:pure",
      decimals: 4,
    }),
    fact("Revenue", "1000", { unit: "iso4217:EUR", decimals: 0 }),
    fact("NetRevenueUsedToCalculateGHGIntensity", "1000", { unit: "iso4217:EUR", decimals: 0 }),
    fact("NetRevenueOtherThanUsedToCalculateGHGIntensity", "0", { unit: "iso4217:EUR", decimals: 0 }),
    fact("GHGEmissionsIntensityLocationbasedTotalGHGEmissionsPerNetRevenue", "0.06", {
      unit: "utr:tCO2e/iso4217:EUR",
      decimals: 12,
    }),
    fact("GHGEmissionsIntensityMarketbasedTotalGHGEmissionsPerNetRevenue", "0.045", {
      unit: "utr:tCO2e/iso4217:EUR",
      decimals: 12,
    }),
    text(
      "DisclosureOfReconciliationToFinancialStatementsOfNetRevenueUsedForCalculationOfGHGEmissionsIntensityExplanatory",
      "note 4",
    ),
    text(included, two.map(uri).toSorted().join(" ")),
    text(
      excluded,
      fifteen
        .filter((member) => !two.includes(member))
        .map(uri)
        .toSorted()
        .join(" "),
    ),
  ];
}

function subject(facts: readonly AuditFact[] = sound(), more: Partial<AuditSubject> = {}): AuditSubject {
  return {
    facts,
    entity: { scheme: "http://standards.iso.org/iso/17442", identifier: "99990000NORTHLIGHT67" },
    periods: [{ start: "2024-01-01", end: "2024-12-31" }],
    entryPoints: ["https://xbrl.efrag.org/taxonomy/esrs/2023-12-22/esrs_all.xsd"],
    hasDoctype: false,
    types: new Map(
      catalogue.datapoints.map(({ concept, type }: { concept: string; type: string }) => [concept, type]),
    ),
    tables: catalogue.tables,
    enumerations: new Map(
      catalogue.enumerations.map(({ concept, values }: { concept: string; values: string[] }) => [
        concept,
        values,
      ]),
    ),
    countries: new Set(catalogue.countries),
    namespace: catalogue.taxonomy.namespace,
    calculated: [{ concept: s1, axis: "", member: "", value: "10.000" }],
    employees: 1240,
    quality: { score: 90, threshold: 80 },
    records: 3,
    traced: 3,
    setAside: 0,
    ...more,
  };
}

function judge(id: string, held: AuditSubject) {
  const rule = rules.find((one) => one.id === id);
  if (rule === undefined) throw new Error(`no rule ${id}`);
  return evaluate(rule, held);
}

const change = (concept: string, replace: (fact: AuditFact) => AuditFact | undefined): readonly AuditFact[] =>
  sound().flatMap((one) => (one.concept === concept ? (replace(one) ?? []) : [one]));
const without = (concept: string): readonly AuditFact[] => change(concept, () => undefined);
const headlineOnly = (one: AuditFact, value: string): AuditFact =>
  Object.keys(one.dimensions).length === 0 ? { ...one, value } : one;

describe("every rule about E1-6 has a passing and a breaking case", () => {
  /** Rule, what breaks it, the verdict it then gives. */
  const table: readonly (readonly [
    id: string,
    broken: () => AuditSubject,
    status: string,
    because: RegExp,
  ])[] = [
    [
      "valueAssertion_301060_country",
      () =>
        subject(
          change("LocationBasedGreenhouseGasEmissions", (one) =>
            one.dimensions["CountryAxis"] === "country:US" ? { ...one, value: "20.001" } : one,
          ),
        ),
      "fail",
      /add up to 60\.001, the total says 60\.000/,
    ],
    [
      "valueAssertion_301060_scope3Category_GHGProtocol",
      () => subject(change(s3, (one) => headlineOnly(one, "31.000"))),
      "fail",
      /add up to 30, the total says 31\.000/,
    ],
    [
      "ea_eu_tags_outside_MA_11",
      () => subject(without("ReportingPeriodStartDate")),
      "warning",
      /no fact carries the tag/,
    ],
    ["ea_eu_tags_outside_MA_91", () => subject(without("Revenue")), "warning", /no fact/],
    [
      "ea_eu_tags_27",
      () =>
        subject(
          without(
            "DisclosureOfReconciliationToFinancialStatementsOfNetRevenueUsedForCalculationOfGHGEmissionsIntensityExplanatory",
          ),
        ),
      "fail",
      /no fact/,
    ],
    [
      "ea_eu_tags_28",
      () => subject(without("GHGEmissionsIntensityLocationbasedTotalGHGEmissionsPerNetRevenue")),
      "fail",
      /no fact/,
    ],
    ["ea_eu_tags_105", () => subject(without(s1)), "fail", /no fact/],
    [
      "ea_eu_tags_107",
      () => subject(without("GrossMarketBasedScope2GreenhouseGasEmissions")),
      "fail",
      /no fact/,
    ],
    ["ea_elements_34b_5", () => subject(without(s1)), "not_applicable", /no fact/],
    [
      "va_ghgemissions_units",
      () => subject(change(s1, (one) => ({ ...one, unit: "utr:ktCO2e" }))),
      "fail",
      /is in utr:ktCO2e/,
    ],
    [
      "calc_301060_market",
      () => subject(change("MarketBasedGreenhouseGasEmissions", (one) => ({ ...one, value: "45.003" }))),
      "fail",
      /add up to 45, reported 45\.003/,
    ],
    [
      "calc_301060_location",
      () => subject(change("LocationBasedGreenhouseGasEmissions", (one) => headlineOnly(one, "61"))),
      "fail",
      /add up to 60, reported 61/,
    ],
    [
      "calc_301061_revenue",
      () => subject(change("Revenue", (one) => ({ ...one, value: "1002" }))),
      "fail",
      /add up to 1000, reported 1002/,
    ],
    [
      "csrd_intensity_location",
      () =>
        subject(
          change("GHGEmissionsIntensityLocationbasedTotalGHGEmissionsPerNetRevenue", (one) => ({
            ...one,
            value: "60",
          })),
        ),
      "fail",
      /is 0\.06, reported 60/,
    ],
    [
      "csrd_intensity_market",
      () =>
        subject(
          change("GHGEmissionsIntensityMarketbasedTotalGHGEmissionsPerNetRevenue", (one) => ({
            ...one,
            value: "0.06",
          })),
        ),
      "fail",
      /is 0\.045/,
    ],
    [
      "csrd_unit_percent",
      () =>
        subject(
          change("PercentageOfScope1GreenhouseGasEmissionsFromRegulatedEmissionTradingSchemes", (one) => ({
            ...one,
            unit: "utr:tCO2e",
          })),
        ),
      "fail",
      /utr:tCO2e/,
    ],
    [
      "csrd_unit_money",
      () => subject(change("Revenue", (one) => ({ ...one, unit: "xbrli:pure" }))),
      "fail",
      /xbrli:pure/,
    ],
    [
      "csrd_unit_intensity",
      () =>
        subject(
          change("GHGEmissionsIntensityMarketbasedTotalGHGEmissionsPerNetRevenue", (one) => ({
            ...one,
            unit: "utr:tCO2e",
          })),
        ),
      "fail",
      /utr:tCO2e/,
    ],
    [
      "csrd_emissions_not_negative",
      () => subject(change(s1, (one) => ({ ...one, value: "-1" }))),
      "fail",
      /is -1/,
    ],
    [
      "csrd_share_is_fraction",
      () =>
        subject(
          change("PercentageOfScope1GreenhouseGasEmissionsFromRegulatedEmissionTradingSchemes", (one) => ({
            ...one,
            value: "25",
          })),
        ),
      "fail",
      /is 25/,
    ],
    [
      "csrd_scope_2_both",
      () => subject(without("GrossMarketBasedScope2GreenhouseGasEmissions")),
      "fail",
      /missing: GrossMarketBased/,
    ],
    [
      "csrd_scope_3_screened",
      () => subject(change(excluded, (one) => ({ ...one, value: one.value.split(" ").slice(1).join(" ") }))),
      "fail",
      /neither included nor excluded: Category10/,
    ],
    [
      "csrd_concepts_known",
      () => subject([...sound(), fact("GreenhouseGasesInvented", "1")]),
      "fail",
      /GreenhouseGasesInvented/,
    ],
    [
      "csrd_members_known",
      () => subject([...sound(), fact(s3, "1", { dimensions: { [categoryAxis]: "esrs:FemaleMember" } })]),
      "fail",
      /FemaleMember/,
    ],
    [
      "csrd_sets_known",
      () => subject(change(included, (one) => ({ ...one, value: one.value.split(" ").reverse().join(" ") }))),
      "fail",
      /unsorted/,
    ],
    [
      "csrd_entity_lei",
      () =>
        subject(sound(), {
          entity: { scheme: "http://standards.iso.org/iso/17442", identifier: "99990000NORTHLIGHT66" },
        }),
      "fail",
      /check digits do not fit/,
    ],
    [
      "csrd_period_one",
      () => subject(sound(), { periods: [{ start: "2023-01-01", end: "2023-12-31" }] }),
      "fail",
      /another period/,
    ],
    [
      "csrd_entry_point",
      () => subject(sound(), { entryPoints: ["http://www.efrag.org/taxonomy/esrs/2024"] }),
      "fail",
      /efrag\.org\/taxonomy\/esrs\/2024/,
    ],
    ["csrd_no_contradiction", () => subject([...sound(), fact(s1, "11.000")]), "fail", /2 different values/],
    ["csrd_no_doctype", () => subject(sound(), { hasDoctype: true }), "fail", /DOCTYPE/],
    [
      "csrd_as_calculated",
      () => subject(sound(), { calculated: [{ concept: s1, axis: "", member: "", value: "10.001" }] }),
      "fail",
      /calculated as 10\.001/,
    ],
    ["csrd_lineage", () => subject(sound(), { traced: 2 }), "fail", /2 of 3 records/],
    [
      "csrd_data_quality",
      () => subject(sound(), { quality: { score: 79.9, threshold: 80 } }),
      "warning",
      /79\.9/,
    ],
  ];

  test.for(table)("%s", ([id, broken, status, because]) => {
    const before = judge(id, subject());
    const after = judge(id, broken());

    expect(before.status).toBe("pass");
    expect(after.status).toBe(status);
    expect(after.evidence).toMatch(because);
  });

  test("rules of one kind that the table leaves out differ from a tested one in their concept alone", () => {
    const tested = new Set(table.map(([id]) => id));
    const kinds = new Set(rules.filter(({ id }) => tested.has(id)).map(({ check }) => check.kind));

    expect(rules.filter(({ check }) => !kinds.has(check.kind))).toEqual([]);
  });
});

describe("the phase-in of ESRS 1 Appendix C", () => {
  test.for([
    [750, "warning"],
    [751, "fail"],
    [undefined, "fail"],
  ] as const)("with %s employees a missing Scope 3 figure is a %s", ([employees, status]) => {
    expect(judge("ea_eu_tags_108", subject(without(s3), { employees })).status).toBe(status);
  });

  test("covers what the catalogue says may be phased in, among what other EU law asks for", () => {
    const phased = catalogue.datapoints
      .filter(({ phase_in }: { phase_in: readonly string[] }) =>
        phase_in.includes("up to 750 employees: 1 year"),
      )
      .map(({ concept }: { concept: string }) => concept);
    const ruled = rules.flatMap(({ id, check }) =>
      check.kind === "exists" && /^ea_eu_tags_\d/.test(id) ? [check] : [],
    );

    for (const { concept, phase_in_up_to } of ruled)
      expect([concept, phase_in_up_to]).toEqual([concept, phased.includes(concept) ? 750 : undefined]);
  });
});

test("rows that were set aside keep a report from passing", () => {
  expect(judge("csrd_lineage", subject(sound(), { setAside: 2 }))).toEqual({
    status: "warning",
    evidence: "2 rows were set aside and are in no figure",
  });
});

describe("nothing passes for want of something to look at", () => {
  test("an empty report passes no rule but those that ask for an absence", () => {
    const empty = subject([], {
      entity: undefined,
      periods: [],
      entryPoints: [],
      calculated: [],
      records: 0,
      traced: 0,
      quality: { score: 0, threshold: 80 },
    });

    const passed = rules.filter((rule) => evaluate(rule, empty).status === "pass").map(({ id }) => id);

    expect(passed).toEqual(["csrd_no_doctype"]);
  });

  test("a total whose parts are missing is not evaluated, and that is no pass", () => {
    expect(judge("calc_301060_market", subject(without(s1)))).toMatchObject({
      status: "not_evaluated",
      evidence: `not reported: ${s1}`,
    });
  });

  test("a breakdown without its total is not evaluated", () => {
    const facts = sound().filter(
      ({ concept, dimensions }) => concept !== s3 || Object.keys(dimensions).length > 0,
    );

    expect(judge("valueAssertion_301060_scope3Category_GHGProtocol", subject(facts)).status).toBe(
      "not_evaluated",
    );
  });
});

/** The verdict on the location-based total when it says this value. */
function totalSaying(value: string): string {
  return judge(
    "calc_301060_location",
    subject(change("LocationBasedGreenhouseGasEmissions", (one) => headlineOnly(one, value))),
  ).status;
}

describe("the rule file", () => {
  test("holds every assertion of the taxonomy about E1-6 under its own id, and no assertion that the taxonomy does not have", () => {
    const assertions: readonly string[] = catalogue.assertions.map(({ id }: { id: string }) => id);
    const official = rules
      .map(({ id }) => id)
      .filter((id) => !id.startsWith("csrd_") && !id.startsWith("calc_"));

    expect(official.toSorted()).toEqual(assertions.toSorted());
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
  });

  test("names only concepts of the catalogue", () => {
    const known = new Set(catalogue.datapoints.map(({ concept }: { concept: string }) => concept));
    const named = rules.flatMap(({ check }) => {
      if (check.kind === "exists") return [check.concept];
      if (check.kind === "total") return [check.total, ...check.items.map(({ concept }) => concept)];
      if (check.kind === "ratio") return [check.value, check.numerator, check.denominator];
      return check.kind === "both-set" || check.kind === "breakdown" ? check.concepts : [];
    });

    expect(named.filter((concept) => !known.has(concept))).toEqual([]);
  });

  test("rounding may leave a total off by the half units of its parts, and no more", () => {
    expect(totalSaying("60.002")).toBe("pass");
    expect(totalSaying("60.003")).toBe("fail");
  });
});
