import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { AssertionFile } from "#rules/compliance-assertion.ts";
import { existence, valueTest } from "#rules/compliance-assertions.ts";
import { sum } from "#rules/compliance-sums.ts";
import { judgeTaxonomy } from "#rules/compliance-taxonomy.ts";
import type { Fact } from "#rules/fact.ts";
import { answering, casesOf, factOf, sumCases } from "./assertion-cases.ts";
import { indexOf, known, said, some, subjectWith } from "./subject.ts";

const file = AssertionFile.parse(
  JSON.parse(await readFile(new URL("../../rules/compliance_assertions.json", import.meta.url), "utf8")),
);
const valueOf = (id: string) => {
  const found = file.values.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
};
const periodEnding = (end: string): Fact => ({ ...said("ReportingPeriodEndDate", end), value: end });

describe("the taxonomy's assertions and sums", () => {
  test("are all there, each once and under its own id", () => {
    const ids = [...file.existence, ...file.values, ...file.sums].map(({ id }) => id);
    const severities = Map.groupBy(file.existence, ({ severity }) => severity);

    expect([file.existence.length, file.values.length, file.sums.length]).toEqual([1003, 49, 19]);
    expect(new Set(ids).size).toBe(1003 + 49 + 19);
    expect(Object.fromEntries([...severities].map(([severity, list]) => [severity, list.length]))).toEqual({
      ERROR: 101,
      OK: 573,
      WARNING: 329,
    });
    expect(file.existence.filter(({ from }) => from === "2025-01-01")).toHaveLength(63);
    expect(file.existence.filter(({ from }) => from === "2027-01-01")).toHaveLength(49);
    expect(file.values.filter(({ severity }) => severity === "WARNING")).toHaveLength(49);
  });

  test("become one result each, our judgement beside the taxonomy's own verdict", () => {
    const results = judgeTaxonomy(file, subjectWith([some("Revenue")]));

    expect(results.map(({ id }) => id)).toEqual(
      [...file.existence, ...file.values, ...file.sums].map(({ id }) => id),
    );
    expect(results.filter(({ taxonomy }) => taxonomy !== undefined)).toHaveLength(1052);
    expect(
      results.every(({ name, evidence, remedy }) => name !== "" && evidence !== "" && remedy !== ""),
    ).toBe(true);
  });
});

describe("an existence assertion", () => {
  const unreportable = file.existence.filter(
    ({ concepts }) => !concepts.some((one) => known.concepts.has(one)),
  );

  test("is satisfied with its fact and not without it, each of them", () => {
    const end = periodEnding("2027-12-31");
    const wrong = file.existence.filter((assertion) => {
      const without = existence(assertion, indexOf([end, said("ReportingPeriodStartDate", "2027-01-01")]));
      const [answer] = answering(assertion, known, 2026);
      const withFact = existence(assertion, indexOf([end, ...(answer === undefined ? [] : [answer])]));
      const always = assertion.concepts.some((one) => one.startsWith("ReportingPeriod"));
      return withFact.verdict !== "satisfied" || (!always && without.verdict !== "not satisfied");
    });

    expect(wrong.map(({ id }) => id)).toEqual([]);
  });

  test("is answered by a nil fact where the taxonomy says so, and nowhere else", () => {
    const wrong = file.existence.filter((assertion) => {
      const nil = answering(assertion, known, 2026).map((fact) => ({ ...fact, value: undefined }));
      const { verdict } = existence(assertion, indexOf([periodEnding("2027-12-31"), ...nil]));
      const end = assertion.concepts.includes("ReportingPeriodEndDate");
      return !end && (verdict === "satisfied") !== assertion.nils;
    });

    expect(wrong.map(({ id }) => id)).toEqual([]);
  });

  test("asks for nothing before the day from which it is phased in", () => {
    const phased = file.existence.filter(({ from }) => from !== undefined);
    const before = phased.filter(
      (one) => existence(one, indexOf([periodEnding("2024-12-31")])).verdict !== "satisfied",
    );
    const after = phased.filter(
      (one) => existence(one, indexOf([periodEnding(one.from ?? "")])).verdict !== "not satisfied",
    );
    const untagged = phased.filter((one) => existence(one, indexOf([])).verdict !== "satisfied");

    expect([phased.length, before.length, after.length, untagged.length]).toEqual([112, 0, 0, 0]);
  });

  test("of something that cannot be reported is known as such: one names an abstract element", () => {
    expect(unreportable.map(({ id }) => id)).toEqual(["ea_eu_tags_65"]);
  });
});

describe("a value assertion", () => {
  const never = [
    "valueAssertion_200710_sectors",
    "valueAssertion_301060_country",
    "valueAssertion_301060_sectors",
    "valueAssertion_301093_sectors",
    "valueAssertion_401060_country",
    "valueAssertion_401100_country",
    "valueAssertion_401120_gender",
  ];

  test.for(file.values.map(({ id }) => id))("%s holds where it should and breaks where it should", (id) => {
    const found = casesOf(valueOf(id), known, 2026);

    if ("never" in found) {
      expect(never).toContain(id);
      return;
    }
    expect(valueTest(valueOf(id), indexOf(found.holds)).verdict).toBe("satisfied");
    expect(valueTest(valueOf(id), indexOf(found.breaks)).verdict).toBe("not satisfied");
    expect(valueTest(valueOf(id), indexOf([])).verdict).toBe("not evaluated");
  });

  const s3 = "GrossScope3GreenhouseGasEmissions";
  const axis = "Scope3GHGEmissionsCategoryGHGProtocolAxis";
  const byCategory = valueOf("valueAssertion_301060_scope3Category_GHGProtocol");
  const parts = (one: string, six: string): readonly Fact[] => [
    said(s3, one, { [axis]: "esrs:Category1PurchasedGoodsAndServicesMember" }),
    said(s3, six, { [axis]: "esrs:Category6BusinessTravelMember" }),
  ];

  test("binds within one period, one unit and one place on the other axes", () => {
    const whole = said(s3, "30");
    const elsewhere = parts("25", "4").map((fact) => ({
      ...fact,
      period: { start: "2025-01-01", end: "2025-12-31" },
    }));
    const otherAxis = parts("25", "4").map((fact) => ({
      ...fact,
      dimensions: { ...fact.dimensions, CountryAxis: "country:DE" },
    }));

    expect(valueTest(byCategory, indexOf([whole, ...elsewhere])).verdict).toBe("not evaluated");
    expect(valueTest(byCategory, indexOf([whole, ...otherAxis])).verdict).toBe("not evaluated");
    expect(valueTest(byCategory, indexOf([whole, ...parts("25", "4")])).verdict).toBe("not satisfied");
  });

  test("counts a figure once that is shown twice, and finds two that contradict each other", () => {
    const twice = [...parts("25", "5"), ...parts("25.0", "5")];

    expect(valueTest(byCategory, indexOf([said(s3, "30"), ...twice])).verdict).toBe("satisfied");
    expect(
      valueTest(byCategory, indexOf([said(s3, "30"), ...parts("25", "5"), ...parts("24", "5")])).verdict,
    ).toBe("not satisfied");
  });

  test("adds exactly: a tenth three times is three tenths", () => {
    const shares = ["0.1", "0.2", "0.7"].map((value, at) =>
      said(
        [
          "PercentageOfEmployeesUnder30YearsOld",
          "PercentageOfEmployeesBetween30And50YearsOld",
          "PercentageOfEmployeesOver50YearsOld",
        ][at] ?? "",
        value,
      ),
    );

    expect(valueTest(valueOf("valueAssertion_401090_age_total"), indexOf(shares)).verdict).toBe("satisfied");
    expect(valueTest(valueOf("valueAssertion_401090_age_total"), indexOf(shares.slice(0, 2))).verdict).toBe(
      "not satisfied",
    );
  });

  test("leaves nil facts out, and a member that the taxonomy excludes", () => {
    const cloud = said(s3, "2", { [axis]: "esrs:Category11CloudComputingAndDataCentreServicesMember" });
    const nil = { ...said(s3, "0", { [axis]: "esrs:Category2CapitalGoodsMember" }), value: undefined };

    expect(valueTest(byCategory, indexOf([said(s3, "30"), ...parts("25", "5"), cloud, nil])).verdict).toBe(
      "satisfied",
    );
  });
});

describe("a sum of the calculation linkbase", () => {
  test.for(file.sums)("$id adds up where it should", (one) => {
    const { holds, breaks } = sumCases(one, known, 2026);

    expect(sum(one, indexOf(holds)).verdict).toBe("satisfied");
    expect(sum(one, indexOf(breaks)).verdict).toBe("not satisfied");
    expect(sum(one, indexOf([])).verdict).toBe("not evaluated");
  });

  const market = file.sums.find(({ id }) => id === "calc_301060_MarketBasedGreenhouseGasEmissions");
  if (market === undefined) throw new Error("no sum of the market-based total");
  const stated = (concept: string, value: string, decimals: number): Fact => ({
    ...factOf(known, concept, 2026, value),
    decimals,
  });
  const items = [
    stated("GrossScope1GreenhouseGasEmissions", "10.4", 0),
    stated("GrossMarketBasedScope2GreenhouseGasEmissions", "5.4", 0),
    stated("GrossScope3GreenhouseGasEmissions", "30.4", 0),
  ];

  test.for([
    ["45", "satisfied"],
    ["48", "satisfied"],
    ["44", "not satisfied"],
    ["49", "not satisfied"],
  ] as const)("that says %s beside 46.2, each rounded to the unit, is %s", ([total, expected]) => {
    const whole = stated("MarketBasedGreenhouseGasEmissions", total, 0);

    expect(sum(market, indexOf([whole, ...items])).verdict).toBe(expected);
  });

  test("counts an item that is not reported for nothing", () => {
    const whole = stated("MarketBasedGreenhouseGasEmissions", "46", 0);

    expect(sum(market, indexOf([whole, ...items.slice(0, 2)])).verdict).toBe("not satisfied");
    expect(
      sum(market, indexOf([stated("MarketBasedGreenhouseGasEmissions", "16", 0), ...items.slice(0, 2)]))
        .verdict,
    ).toBe("satisfied");
  });
});
