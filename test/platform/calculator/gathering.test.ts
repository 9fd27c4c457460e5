import { assert, asyncProperty, integer, shuffledSubarray } from "fast-check";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { activity, calculated, calculateIn, intaken, left, point } from "./report.ts";

const gas = "FuelConsumptionFromNaturalGas";
const month = (number: number) => {
  const text = String(number).padStart(2, "0");
  return { start: `2024-${text}-01`, end: `2024-${text}-28` };
};

describe("rows are put together", () => {
  test("over months and sites, exactly", async () => {
    const rows = [
      point(gas, "0.1", "utr:MWh", { row: 2, period: month(1), location: "Hamburg" }),
      point(gas, "0.2", "utr:MWh", { row: 3, period: month(2), location: "Hamburg" }),
      point(gas, "1234567890123456789.123", "utr:MWh", { row: 4, location: "Bremen" }),
    ];

    const { figure } = await calculated({ rows });

    expect(figure(gas)).toMatchObject({
      value: "1234567890123456789.423",
      decimals: 3,
      formula: "sum-of-rows",
      rows: 3,
      period: { start: "2024-01-01", end: "2024-12-31" },
    });
  });

  test("in any order to the same figures", async () => {
    const rows = Array.from({ length: 12 }, (_, index) =>
      point(gas, `${index}.${"37".repeat(index)}1`, "utr:MWh", { row: index + 2, period: month(index + 1) }),
    );
    const { figures } = await calculated({ rows });

    await assert(
      asyncProperty(shuffledSubarray(rows, { minLength: 12 }), async (shuffled) => {
        expect((await calculated({ rows: shuffled })).figures).toEqual(figures);
      }),
      { numRuns: 8 },
    );
  });

  test("by breakdown, whatever the order of the axes", async () => {
    const waste = "WasteGeneratedDivertedFromDisposal";
    const [type, recovery] = [
      { TypeOfWasteAxis: "esrs:HazardousWasteMember" },
      { TypeOfRecoveryOperationsAxis: "esrs:RecyclingMember" },
    ];
    const rows = [
      point(waste, "1.5", "utr:t", { row: 2, dimensions: { ...type, ...recovery } }),
      point(waste, "2", "utr:t", { row: 3, dimensions: { ...recovery, ...type } }),
    ];

    const { figure } = await calculated({ rows });

    expect(
      figure(`${waste}[TypeOfRecoveryOperationsAxis=RecyclingMember;TypeOfWasteAxis=HazardousWasteMember]`),
    ).toMatchObject({ value: "3.5", rows: 2, dimensions: { ...recovery, ...type } });
  });

  test("at the year's last day for what is measured at one, over sites", async () => {
    const heads = "NumberOfEmployeesHeadcountAtEndOfPeriod";
    const rows = [
      point(heads, "120", "xbrli:pure", { row: 2, period: { instant: "2024-12-31" }, location: "Hamburg" }),
      point(heads, "80", "xbrli:pure", { row: 3, location: "Bremen" }),
      point(heads, "75", "xbrli:pure", { row: 4, period: { instant: "2024-06-30" }, location: "Bremen" }),
    ];

    const { figure, document } = await calculated({ rows });

    expect(figure(heads)).toMatchObject({
      value: "200",
      rows: 2,
      formula: "sum-of-places",
      period: { instant: "2024-12-31" },
    });
    expect(document.warnings).toEqual([
      "1 row is left aside: 2024-06-30 does not end a year of the report (first: data.csv row 4 (NumberOfEmployeesHeadcountAtEndOfPeriod)).",
    ]);
  });

  test("never for percentages: one value, or two that say the same", async () => {
    const turnover = "PercentageOfEmployeeTurnover";
    const bargaining = "PercentageOfTotalEmployeesCoveredByCollectiveBargainingAgreements";
    const rows = [
      point(turnover, "0.1", "xbrli:pure", { row: 2 }),
      point(turnover, "0.10", "xbrli:pure", { row: 3 }),
      point(bargaining, "0.5", "xbrli:pure", { row: 4 }),
      point(bargaining, "0.6", "xbrli:pure", { row: 5 }),
    ];

    const { figure, document } = await calculated({ rows });

    expect(figure(turnover)).toMatchObject({ value: "0.1", formula: "as-reported", rows: 2 });
    expect(figure(bargaining)).toBeUndefined();
    expect(document.warnings).toEqual([
      `${bargaining} is not formed: it cannot be added up, and data.csv row 4 says 0.5 while this row says 0.6 (data.csv row 5).`,
    ]);
  });

  test("over places but not over time for averages of the period", async () => {
    const heads = "NumberOfEmployeesHeadCountDuringPeriod";
    const rows = [
      point(heads, "100", "xbrli:pure", { row: 2, location: "Hamburg" }),
      point(heads, "40", "xbrli:pure", { row: 3, location: "Bremen" }),
    ];
    const quarter = point(heads, "44", "xbrli:pure", {
      row: 4,
      period: { start: "2024-10-01", end: "2024-12-31" },
    });

    const whole = await calculated({ rows });
    const mixed = await calculated({ rows: [...rows, quarter, point(gas, "1", "utr:MWh")] });

    expect(whole.figure(heads)?.value).toBe("140");
    expect(mixed.figure(heads)).toBeUndefined();
    expect(mixed.document.warnings.join()).toContain(
      "cannot be added over time, and the row covers 2024-10-01 to 2024-12-31 only",
    );
  });

  test("into earlier years of their own, and nowhere when they straddle two", async () => {
    const rows = [
      point(gas, "10", "utr:MWh", { row: 2 }),
      point(gas, "9", "utr:MWh", { row: 3, period: { start: "2023-01-01", end: "2023-12-31" } }),
      point(gas, "8", "utr:MWh", { row: 4, period: { start: "2022-07-01", end: "2022-12-31" } }),
      point(gas, "7", "utr:MWh", { row: 5, period: { start: "2022-12-01", end: "2023-01-31" } }),
    ];

    const { figures, figure, document } = await calculated({ rows });

    expect(figures).toMatchObject({
      [gas]: "10 utr:MWh",
      [`${gas}@2023`]: "9 utr:MWh",
      [`${gas}@2022`]: "8 utr:MWh",
    });
    expect(figure(`${gas}@2023`)?.period).toEqual({ start: "2023-01-01", end: "2023-12-31" });
    expect(document.warnings).toEqual([
      `1 row is left aside: 2022-12-01 to 2023-01-31 lies in no one year of the report (first: data.csv row 5 (${gas})).`,
    ]);
  });

  test("in a financial year that does not end in December, and over a leap day", async () => {
    const rows = [
      point(gas, "5", "utr:MWh", { period: { start: "2023-03-01", end: "2024-02-29" } }),
      point(gas, "4", "utr:MWh", { row: 3, period: { start: "2022-03-01", end: "2023-02-28" } }),
    ];

    const { figures } = await calculated({
      rows,
      company: { period: { start: "2023-03-01", end: "2024-02-29" } },
    });

    expect(figures).toMatchObject({ [gas]: "5 utr:MWh", [`${gas}@2023`]: "4 utr:MWh" });
  });

  test("as nil where a row says so, and beside values with a word about it", async () => {
    const coal = "FuelConsumptionFromCoalAndCoalProducts";
    const rows = [
      point(coal, undefined, "utr:MWh"),
      point(gas, "3", "utr:MWh", { row: 3 }),
      point(gas, undefined, "utr:MWh", { row: 4 }),
    ];

    const { figures, document } = await calculated({ rows });

    expect(figures).toMatchObject({ [coal]: "nil utr:MWh", [gas]: "3 utr:MWh" });
    expect(document.warnings.join()).toContain(`${gas}: 1 of its 2 rows say nil`);
  });

  test("by currency: two at one place are two figures, and no formula uses them", async () => {
    const rows = [
      point("Revenue", "100", "iso4217:EUR", { row: 2 }),
      point("Revenue", "90", "iso4217:USD", { row: 3 }),
      point("WaterConsumption", "10", "utr:m3", { row: 4 }),
    ];

    const { document, figure } = await calculated({ rows });

    expect(
      document.metrics.filter(({ concept }) => concept === "Revenue").map(({ id, unit }) => [id, unit]),
    ).toEqual([
      ["revenue", "iso4217:EUR"],
      ["revenue/iso4217:USD", "iso4217:USD"],
    ]);
    expect(figure("WaterIntensityTotalWaterConsumptionPerNetRevenue")).toBeUndefined();
    expect(document.warnings.join()).toContain("revenue is given in two units, iso4217:EUR and iso4217:USD");
  });

  test("a long fraction from a conversion is stated to nine places", async () => {
    const { figure } = await calculated({ rows: [point(gas, "0.12345678949999", "utr:MWh")] });

    expect(figure(gas)).toMatchObject({ value: "0.123456789", decimals: 9 });
  });
});

describe("what is no row of intake is refused and nothing is published", () => {
  test.for([
    [
      "half a line",
      `${JSON.stringify(point(gas, "1", "utr:MWh"))}\n{"input":"da`,
      "Line 2 of intermediate/01_datapoints.ndjson",
    ],
    [
      "a line of another shape",
      `${JSON.stringify({ ...point(gas, "1", "utr:MWh"), dimensions: { GenderAxis: 7 } })}\n`,
      "Line 1 of",
    ],
    ["a list", "[]\n", "Line 1 of"],
    [
      "an infinite number",
      `${JSON.stringify(point(gas, "Infinity", "utr:MWh"))}\n`,
      "no plain decimal number",
    ],
    ["a huge exponent", `${JSON.stringify(point(gas, "1e400", "utr:MWh"))}\n`, "no plain decimal number"],
    [
      "a number of a thousand digits",
      `${JSON.stringify(point(gas, "9".repeat(1000), "utr:MWh"))}\n`,
      "at most 40 digits",
    ],
    ["another unit than the concept's", `${JSON.stringify(point(gas, "1", "utr:t"))}\n`, "in utr:t"],
    ["an unknown concept", `${JSON.stringify(point("Weather", "1", "utr:t"))}\n`, "holds Weather"],
  ] as const)("%s", async ([, text, said]) => {
    const folder = await intaken({ rows: [point(gas, "1", "utr:MWh")] });
    await writeFile(join(folder, "intermediate/01_datapoints.ndjson"), text);

    await expect(calculateIn(folder)).rejects.toMatchObject({
      code: "artifact-broken",
      summary: expect.stringContaining(said),
    });
    expect(await left(folder)).toEqual(["01_datapoints.ndjson", "01_intake_validated.json"]);
  });

  test.for([
    ["an infinite amount", { amount: "Infinity" }],
    ["an amount beyond all measure", { amount: "1e400" }],
    ["a factor that is no number", { factor: { kind: "own", kg_co2e: "NaN", source: "s", gwp_set: "" } }],
    ["a fourth scope", { scope: 4 }],
  ])("an activity with %s", async ([, wrong]) => {
    const folder = await intaken({ activities: [activity("A")] });
    const line = JSON.stringify({ ...activity("A"), ...Object(wrong) });
    await writeFile(join(folder, "intermediate/01_activities.ndjson"), `${line}\n`);

    await expect(calculateIn(folder)).rejects.toMatchObject({
      code: "artifact-broken",
      summary: expect.stringContaining("Line 1 of"),
    });
    expect(await left(folder)).toEqual(["01_activities.ndjson", "01_intake_validated.json"]);
  });

  test("no row at all is no report", async () => {
    await expect(calculated({})).rejects.toMatchObject({ code: "no-metrics" });
  });

  test("and the highest number of places and digits that is allowed adds up exactly", async () => {
    await assert(
      asyncProperty(integer({ min: 1, max: 9 }), async (digit) => {
        const [large, small] = [String(digit).repeat(38), `0.00000000${digit}`];
        const { figure } = await calculated({
          rows: [point(gas, large, "utr:MWh"), point(gas, small, "utr:MWh", { row: 3 })],
        });
        expect(figure(gas)?.value).toBe(`${large}.00000000${digit}`);
      }),
      { numRuns: 3 },
    );
  });

  test("activity records outside the reported year are left aside and said", async () => {
    const late = activity("B", { row: 3, period_start: "2025-01-01", period_end: "2025-01-31" });

    const { figure, document } = await calculated({ activities: [activity("A"), late] });

    expect(figure("scope-1")?.value).toBe("0.500");
    expect(document.warnings.join()).toContain(
      "1 activity record lies outside the reported year and is left aside (first: activities.csv row 3)",
    );
  });
});
