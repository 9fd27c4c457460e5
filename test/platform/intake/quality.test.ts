import { describe, expect, test } from "vitest";
import { loadIntakeCodes, loadQualityRules } from "#platform/agents/intake-steps/rules.ts";
import { warningReasons } from "#platform/agents/intake-steps/remarks.ts";
import { csrdErrorKinds } from "#platform/errors.ts";
import { judgeQuality, judgeRule, qualityCounts, type QualityCounts } from "#rules/quality.ts";
import { type Cells, csv, energy, take } from "./take.ts";

const { rules, dimensions, threshold } = await loadQualityRules();
const none = Object.fromEntries(qualityCounts.map((name) => [name, 0])) as unknown as QualityCounts;

/** For each rule, counts with which it passes and counts with which it fails. */
const cases: Readonly<Record<string, readonly [pass: Partial<QualityCounts>, fail: Partial<QualityCounts>]>> =
  {
    "DQ-C01": [
      { cells: 100, filled: 95 },
      { cells: 100, filled: 80 },
    ],
    "DQ-C02": [
      { valid: 10, sourced: 9 },
      { valid: 10, sourced: 5 },
    ],
    "DQ-C03": [{ series: 4 }, { series: 4, gapped: 1 }],
    "DQ-C04": [{ site_metrics: 4 }, { site_metrics: 4, sites_missing: 1 }],
    "DQ-A01": [
      { valid: 10, high: 5, medium: 5 },
      { valid: 10, medium: 2 },
    ],
    "DQ-A02": [{ figures: 10 }, { figures: 10, outliers: 1 }],
    "DQ-A03": [{ figures: 10 }, { figures: 10, out_of_range: 1 }],
    "DQ-K01": [
      { valid: 1000, repeated: 5 },
      { valid: 1000, repeated: 50 },
    ],
    "DQ-K02": [{ rows: 10 }, { rows: 10, duplicates: 1 }],
    "DQ-K03": [{ rows: 10 }, { rows: 10, mixed: 1 }],
    "DQ-K04": [
      { figures: 100, doubtful_units: 2 },
      { figures: 100, doubtful_units: 20 },
    ],
    "DQ-K05": [{ valid: 10 }, { valid: 10, translated: 4 }],
    "DQ-K06": [{ comparable: 3 }, { comparable: 3, jumps: 1 }],
    "DQ-T01": [
      { timed: 10, timely: 10 },
      { timed: 10, timely: 9 },
    ],
    "DQ-V01": [
      { rows: 10, valid: 10 },
      { rows: 10, valid: 9 },
    ],
    "DQ-V02": [{ rows: 10 }, { rows: 10, bad_codes: 1 }],
    "DQ-V03": [{ rows: 10 }, { rows: 10, bad_values: 1 }],
    "DQ-V04": [{ rows: 10 }, { rows: 10, bad_units: 1 }],
    "DQ-V05": [{ rows: 10 }, { rows: 10, bad_periods: 1 }],
  };

describe("rules of data quality", () => {
  test("every rule has its cases, and no case is without a rule", () => {
    expect(Object.keys(cases)).toEqual(rules.map(({ id }) => id));
  });

  test.for(rules.map((rule) => [rule.id, rule] as const))(
    "%s passes, fails, and does not apply to nothing",
    ([id, rule]) => {
      const [pass, fail] = cases[id] ?? [{}, {}];

      expect(judgeRule(rule, { ...none, ...pass }).status).toBe("pass");
      expect(judgeRule(rule, { ...none, ...fail }).status).toBe("fail");
      expect(judgeRule(rule, none).status).toBe("not applicable");
    },
  );

  test("the five dimensions weigh as the manual says, and the threshold is eighty", () => {
    expect(Object.values(dimensions).map(({ weight }) => weight)).toEqual([0.3, 0.25, 0.2, 0.15, 0.1]);
    expect(threshold).toBe(80);
  });

  test("the score is the weighted mean of the dimensions, and a dimension's that of its rules", () => {
    const rule = { says: "good", good: { filled: 1 }, of: { cells: 1 }, least: 100 } as const;
    const counts = { ...none, cells: 100, filled: 90, rows: 10, valid: 8 };

    const { score, dimensions: judged } = judgeQuality(counts, {
      dimensions,
      rules: [
        { ...rule, id: "DQ-C01", dimension: "completeness", weight: 3 },
        { ...rule, id: "DQ-C02", dimension: "completeness", weight: 1, good: { valid: 1 }, of: { rows: 1 } },
        { ...rule, id: "DQ-V01", dimension: "validity", weight: 1, good: { valid: 1 }, of: { rows: 1 } },
      ],
    });

    expect(judged.map((one) => one.score)).toEqual([87.5, 0, 0, 0, 80]);
    expect(score).toBe(34.3);
  });

  test("nothing at all is not good", () => {
    expect(judgeQuality(none, { dimensions, rules }).score).toBe(0);
  });
});

describe("the table of intake codes", () => {
  test("every reason has a code, every error's reason an error page", async () => {
    const codes = await loadIntakeCodes();

    for (const reason of warningReasons) expect(codes.get(reason), reason).toMatch(/^W\d{3}$/);
    for (const [reason, code] of codes)
      if (code.startsWith("E")) expect(Object.keys(csrdErrorKinds), reason).toContain(reason);
  });

  test("the codes of the earlier implementation keep their meaning", async () => {
    const codes = await loadIntakeCodes();

    expect(
      [
        "value-missing",
        "metric-code-malformed",
        "metric-code-unknown",
        "amount-unreadable",
        "unit-wrong",
        "date-wrong",
        "row-malformed",
        "input-unreadable",
      ].map((reason) => codes.get(reason)),
    ).toEqual(["E001", "E002", "E003", "E004", "E005", "E006", "E008", "E009"]);
    expect(
      [
        "quality-low",
        "outlier",
        "metadata-missing",
        "code-translated",
        "gap",
        "jump",
        "unit-doubtful",
        "out-of-range",
      ].map((reason) => codes.get(reason)),
    ).toEqual(["W001", "W002", "W003", "W004", "W005", "W006", "W007", "W008"]);
  });
});

const month = (at: number): Pick<Cells, string> => ({
  period_start: `2024-${String(at).padStart(2, "0")}-01`,
  period_end: `2024-${String(at).padStart(2, "0")}-${String(new Date(Date.UTC(2024, at, 0)).getUTCDate())}`,
});
const months = Array.from({ length: 12 }, (_, at) => month(at + 1));
const coded = (warnings: readonly { readonly code: string }[], code: string) =>
  warnings.filter((warning) => warning.code === code);

describe("what only the whole of the rows can show", () => {
  test("a thousandfold slip stands out, in both directions", async () => {
    const rows = Array.from({ length: 20 }, (_, at) => ({
      ...energy,
      value: String(100 + at),
      location: `Site ${at}`,
    }));

    const { document } = await take(
      csv(
        ...rows,
        { ...energy, value: "104000", location: "Big" },
        { ...energy, value: "0.1", location: "Small" },
      ),
    );

    expect(coded(document.warnings, "W002")).toMatchObject([{ row: 22 }, { row: 23 }]);
  });

  test("figures that spread widely by nature do not stand out", async () => {
    const rows = Array.from({ length: 30 }, (_, at) => ({
      ...energy,
      value: String(2 ** at),
      location: `Site ${at}`,
    }));

    const { document } = await take(csv(...rows));

    expect(coded(document.warnings, "W002")).toEqual([]);
  });

  test("a missing month is named", async () => {
    const rows = months.filter((_, at) => at !== 2 && at !== 6).map((period) => ({ ...energy, ...period }));

    const { document } = await take(csv(...rows));

    expect(coded(document.warnings, "W005")).toMatchObject([
      { row: 2, sentence: expect.stringContaining("2024-03, 2024-07") },
    ]);
  });

  test("twelve months are no gap, and neither is a year", async () => {
    const { document } = await take(
      csv(...months.map((period) => ({ ...energy, ...period })), { ...energy, location: "York" }),
    );

    expect(coded(document.warnings, "W005")).toEqual([]);
  });

  test("a site without a figure that most sites state is named", async () => {
    const rows = Array.from({ length: 10 }, (_, at) => `Site ${at}`).flatMap((location) => [
      { ...energy, location },
      ...(location === "Site 7"
        ? []
        : [{ ...energy, metric_code: "WaterConsumption", unit: "m3", location }]),
    ]);

    const { document } = await take(csv(...rows));

    expect(coded(document.warnings, "W015")).toMatchObject([
      { sentence: expect.stringContaining("not by Site 7") },
    ]);
  });

  test("a figure that grew tenfold since the year before is pointed out", async () => {
    const before = { period_start: "2023-01-01", period_end: "2023-12-31" };

    const { document } = await take(
      csv(
        { ...energy, value: "1000" },
        { ...energy, ...before, value: "100" },
        { ...energy, metric_code: "WaterConsumption", unit: "m3" },
        { ...energy, metric_code: "WaterConsumption", unit: "m3", ...before, value: "900" },
      ),
    );

    expect(coded(document.warnings, "W006")).toMatchObject([{ row: 2 }]);
  });

  test("a row that repeats another is pointed out and lowers consistency", async () => {
    const { document } = await take(csv(energy, energy));

    expect(coded(document.warnings, "W009")).toMatchObject([
      { row: 3, sentence: "the row says the same as row 2." },
    ]);
    expect(document.quality.dimensions.find(({ name }) => name === "consistency")?.score).toBeLessThan(90);
  });

  test("data that nobody can check fall below the threshold", async () => {
    const bare = {
      metric_code: "E1-5_01",
      value: "1",
      unit: "MWh",
      period_start: "2024-01-01",
      period_end: "2024-12-31",
    };

    const { document, result } = await take(csv(bare, { ...bare, value: "2", location: "B" }));

    expect(document.quality).toMatchObject({ passed: false, threshold: 80 });
    expect(result.warnings.join("\n")).toContain("below the threshold of 80");
    expect(coded(document.warnings, "W001").length).toBeGreaterThan(0);
  });
});

test("a bad million takes no more memory than a bad hundred", async () => {
  const rows = Array.from({ length: 3000 }, () => ({ ...energy, unit: "bananas" }));

  const { document } = await take(csv(energy, ...rows));

  expect(document.rejected).toHaveLength(100);
  expect(document.remark_counts["E005"]).toBe(3000);
  expect(document.counts).toMatchObject({ total: 3001, rejected: 3000 });
});
