import { describe, expect, test } from "vitest";
import { DataPoint, Statement } from "#platform/agents/documents.ts";
import { type Cells, csv, energy, refusal, take } from "./take.ts";

describe("a metric code is resolved without guessing", () => {
  const good: readonly (readonly [why: string, cells: Cells, target: string])[] = [
    ["a datapoint id", { metric_code: "E1-5_01" }, "EnergyConsumptionRelatedToOwnOperations"],
    [
      "a concept",
      { metric_code: "EnergyConsumptionFromNuclearSources" },
      "EnergyConsumptionFromNuclearSources",
    ],
    ["a concept with its prefix", { metric_code: "esrs:WaterConsumption", unit: "m3" }, "WaterConsumption"],
    [
      "an id of several concepts, settled by the metric's name",
      { metric_code: "E1-5_06", metric_name: "EnergyConsumptionFromRenewableSources" },
      "EnergyConsumptionFromRenewableSources",
    ],
    [
      "a code of the earlier implementation",
      { metric_code: "E1-6" },
      "EnergyConsumptionRelatedToOwnOperations",
    ],
  ];

  test.for(good)("%s", async ([, cells, target]) => {
    const { points } = await take(csv({ ...energy, ...cells }));

    expect(points.map((point) => point.target)).toEqual([target]);
  });

  test("a code of the earlier implementation is translated with its breakdown and pointed out", async () => {
    const { points, document } = await take(csv({ ...energy, metric_code: "S1-2", unit: "headcount" }));

    expect(points[0]).toMatchObject({
      target: "NumberOfEmployeesHeadcountAtEndOfPeriod",
      dimensions: { GenderAxis: "esrs:FemaleMember" },
      period: { instant: "2024-12-31" },
    });
    expect(document.warnings).toContainEqual(
      expect.objectContaining({ code: "W004", reason: "code-translated", row: 2, column: "metric_code" }),
    );
  });

  const bad: readonly (readonly [why: string, code: string, short: string, reason: string])[] = [
    ["words", "total energy!", "E002", "metric-code-malformed"],
    ["a code that the standard does not have", "E1-5_99", "E003", "metric-code-unknown"],
    ["a code of the earlier implementation without an equal", "S2-1", "E003", "metric-code-unknown"],
    ["an auxiliary input that no formula asks for", "aux:phase-of-the-moon", "E003", "metric-code-unknown"],
    ["an id that several concepts share", "E1-5_06", "E011", "metric-code-ambiguous"],
  ];

  test.for(bad)("%s is refused", async ([, code, short, reason]) => {
    const { document } = await take(csv(energy, { ...energy, metric_code: code, metric_name: "x" }));

    expect(document.rejected).toMatchObject([{ row: 3, column: "metric_code", code: short, reason }]);
    expect(document.rejected[0]?.hint).not.toBe("");
  });

  test("the candidates of an id that several concepts share are named", async () => {
    const { error } = await refusal(csv({ ...energy, metric_code: "E1-5_06", metric_name: "" }));

    expect(error.hint).toContain("EnergyConsumptionFromRenewableSources");
  });
});

describe("units become the concept's canonical unit", () => {
  const good: readonly (readonly [
    code: string,
    value: string,
    unit: string,
    becomes: string,
    canonical: string,
  ])[] = [
    ["E1-5_01", "3600", "GJ", "1000", "utr:MWh"],
    ["E1-5_01", "1234567", "kWh", "1234.567", "utr:MWh"],
    ["E1-5_01", "1", "GJ", "0.277777777778", "utr:MWh"],
    ["WasteGenerated", "1500.50", "kg", "1.50050", "utr:t"],
    ["WasteGenerated", "2", "Mt", "2000000", "utr:t"],
    ["WaterConsumption", "2500", "litres", "2.5", "utr:m3"],
    ["WaterConsumption", "3", "ML", "3000", "utr:m3"],
    ["SealedArea", "50000", "m2", "5", "utr:ha"],
    ["GrossGreenhouseGasEmissions", "12", "kg CO2e", "0.012", "utr:tCO2e"],
    ["GrossGreenhouseGasEmissions", "1.5", "kt CO2-eq", "1500", "utr:tCO2e"],
    ["PercentageOfEmployeeTurnover", "12.5", "%", "0.125", "xbrli:pure"],
    ["PercentageOfEmployeeTurnover", "0.125", "fraction", "0.125", "xbrli:pure"],
    ["Revenue", "1.5", "EUR million", "1500000", "iso4217:EUR"],
    ["Revenue", "250", "kEUR", "250000", "iso4217:EUR"],
    ["Revenue", "250", "TEUR", "250000", "iso4217:EUR"],
    ["Revenue", "2", "USD bn", "2000000000", "iso4217:USD"],
    ["Revenue", "7", "€", "7", "iso4217:EUR"],
    ["NumberOfIncidentsOfDiscrimination", "3", "cases", "3", "xbrli:pure"],
    [
      "GHGEmissionsIntensityLocationbasedTotalGHGEmissionsPerNetRevenue",
      "20",
      "tCO2e/EUR million",
      "0.00002",
      "utr:tCO2e/iso4217:EUR",
    ],
  ];

  test.for(good)("%s: %s %s is %s", async ([code, value, unit, becomes, canonical]) => {
    const { points } = await take(csv({ ...energy, metric_code: code, value, unit }));

    expect(points[0]).toMatchObject({ value: becomes, unit: canonical });
    if (value !== becomes) expect(points[0]?.as_given).toEqual({ value, unit });
  });

  test.for([
    ["of another kind", "E1-5_01", "km", "E005"],
    ["that does not exist", "E1-5_01", "bananas", "E005"],
    ["that means two things", "WasteGenerated", "MT", "E005"],
    ["that is empty", "E1-5_01", "", "E001"],
    ["of money that no registry knows", "Revenue", "XYZ million", "E005"],
    ["of fuel energy on gross calorific value", "FuelConsumptionFromNaturalGas", "MWh (gross CV)", "E005"],
    ["that is a count for a percentage", "PercentageOfEmployeeTurnover", "count", "E005"],
  ] as const)("a unit %s is refused", async ([, code, unit, short]) => {
    const { document } = await take(csv(energy, { ...energy, metric_code: code, unit }));

    expect(document.rejected).toMatchObject([{ row: 3, column: "unit", code: short }]);
  });
});

describe("figures", () => {
  test.for([
    ["NaN", "E004"],
    ["Infinity", "E004"],
    ["-Infinity", "E004"],
    ["1e400", "E020"],
    ["1e-400", "E020"],
    ["12 MWh", "E004"],
    ["=1+1", "E004"],
    ["1,234", "E012"],
    ["-5", "E013"],
    ["", "E001"],
  ] as const)("%s is refused as %s", async ([value, short]) => {
    const { document } = await take(csv(energy, { ...energy, value }));

    expect(document.rejected).toMatchObject([{ row: 3, column: "value", code: short }]);
  });

  test("what may fall below nothing may be negative", async () => {
    const { points } = await take(
      csv({ ...energy, metric_code: "IncreaseDecreaseInWaterStorage", value: "-5", unit: "m3" }),
    );

    expect(points[0]?.value).toBe("-5");
  });

  test("half a person is refused, half a full-time equivalent is not", async () => {
    const { points, document } = await take(
      csv(
        { ...energy, metric_code: "NumberOfIncidentsOfDiscrimination", value: "1.5", unit: "cases" },
        {
          ...energy,
          metric_code: "NumberOfEmployeesHeadCountOrFulltimeEquivalentAtEndOfPeriod",
          value: "1.5",
          unit: "FTE",
        },
      ),
    );

    expect(document.rejected).toMatchObject([{ row: 2, code: "E004" }]);
    expect(points).toMatchObject([{ value: "1.5" }]);
  });

  test("decimal commas are told by the file's other figures", async () => {
    const text = csv({ ...energy, value: "1.234" }, { ...energy, value: "7,25", location: "B" })
      .replaceAll(",", ";")
      .replace('"7;25"', "7,25");

    const { points, document } = await take(text);

    expect(document.inputs[0]).toMatchObject({ delimiter: ";", decimal_mark: "," });
    expect(points.map(({ value }) => value)).toEqual(["1234", "7.25"]);
  });

  test("a file that contradicts itself leaves nothing to guess", async () => {
    const text = csv(
      { ...energy, value: "7,25" },
      { ...energy, value: "7.25" },
      { ...energy, value: "1.234" },
    );

    const { document } = await take(text);

    expect(document.rejected).toMatchObject([{ row: 4, code: "E012" }]);
  });

  test("a decimal comma far down a file shows that an earlier dot may have been misread", async () => {
    const whole = Array.from({ length: 600 }, (_, at) => ({
      ...energy,
      value: String(at),
      location: `Site ${at}`,
    }));

    const { document } = await take(
      csv({ ...energy, value: "1.234" }, ...whole, { ...energy, value: "7,25", location: "X" }),
    );

    expect(document.rejected).toMatchObject([
      { row: 603, code: "E012", sentence: expect.stringContaining("in row 2 a dot") },
    ]);
  });

  test("nil is a figure that does not exist", async () => {
    const { points } = await take(csv({ ...energy, value: "nil" }));

    expect(points[0]).not.toHaveProperty("value");
  });

  test("a percentage beyond the whole is pointed out", async () => {
    const { document } = await take(
      csv({ ...energy, metric_code: "PercentageOfEmployeeTurnover", value: "45", unit: "fraction" }),
    );

    expect(document.warnings).toContainEqual(expect.objectContaining({ code: "W008", row: 2 }));
  });
});

describe("periods", () => {
  test.for([
    ["a date that is none", { period_start: "2024-02-30" }, "period_start", "E006"],
    [
      "an end before its start",
      { period_start: "2024-05-01", period_end: "2024-04-01" },
      "period_end",
      "E007",
    ],
    ["a period beyond the reporting year", { period_end: "2025-01-31" }, "period_end", "E014"],
    [
      "a part of an earlier year",
      { period_start: "2023-01-01", period_end: "2023-06-30" },
      "period_start",
      "E014",
    ],
    [
      "a head count for a month",
      { metric_code: "S1-1", unit: "headcount", period_end: "2024-01-31" },
      "period_end",
      "E014",
    ],
  ] as const)("%s is refused", async ([, cells, column, short]) => {
    const { document } = await take(csv(energy, { ...energy, ...cells }));

    expect(document.rejected).toMatchObject([{ row: 3, column, code: short }]);
  });

  test("a whole earlier year is a comparison", async () => {
    const { points, document } = await take(
      csv(energy, { ...energy, period_start: "2023-01-01", period_end: "2023-12-31" }),
    );

    expect(document.counts.rejected).toBe(0);
    expect(points[1]?.period).toEqual({ start: "2023-01-01", end: "2023-12-31" });
  });

  test("the months of a year beside the year itself would count twice", async () => {
    const { error } = await refusal(
      csv(energy, { ...energy, period_start: "2024-03-01", period_end: "2024-03-31", value: "80" }),
    );

    expect(error.code).toBe("period-mixed");
    expect(error.summary).toBe(
      "Row 3, column period_start: 2024-03-01 to 2024-03-31 overlaps a period of another length in row 2.",
    );
  });

  test("different sites may state different lengths", async () => {
    const { document } = await take(
      csv(energy, { ...energy, location: "York", period_start: "2024-03-01", period_end: "2024-03-31" }),
    );

    expect(document.counts.rejected).toBe(0);
  });
});

describe("breakdowns are checked against the standard's tables", () => {
  const heads: Cells = { ...energy, metric_code: "S1-1", unit: "headcount", value: "7" };

  test.for([
    ["a member's own name", "GenderAxis=FemaleMember;CountryAxis=DE"],
    ["qualified names", "CountryAxis=country:DE;GenderAxis=esrs:FemaleMember"],
    ["words", "Gender=female; Country=de"],
  ] as const)("%s", async ([, dimensions]) => {
    const { points } = await take(csv({ ...heads, dimensions }));

    expect(points[0]?.dimensions).toEqual({ CountryAxis: "country:DE", GenderAxis: "esrs:FemaleMember" });
  });

  test("a JSON object in the column breakdown says the same, and figures in it are pointed out", async () => {
    const { points, document } = await take(
      csv({ ...heads, breakdown: '{"GenderAxis":"MaleMember","Scope_3_Cat_1":1200}' }),
    );

    expect(points[0]?.dimensions).toEqual({ GenderAxis: "esrs:MaleMember" });
    expect(document.warnings).toContainEqual(expect.objectContaining({ code: "W016" }));
  });

  test("typed axes take free text", async () => {
    const { points } = await take(csv({ ...energy, dimensions: "SignificantSiteTypedAxis=Steel & tubes" }));

    expect(points[0]?.typed).toEqual({ SignificantSiteTypedAxis: "Steel & tubes" });
  });

  test.for([
    ["an axis of another table", "PollutantAxis=PollutantAmmoniaNH3Member"],
    ["a member of another axis", "GenderAxis=country:DE"],
    ["a country that is none", "CountryAxis=XQ"],
    ["no member", "GenderAxis"],
    ["one axis twice", "GenderAxis=FemaleMember;GenderAxis=MaleMember"],
  ] as const)("%s is refused", async ([, dimensions]) => {
    const { document } = await take(csv(energy, { ...heads, dimensions }));

    expect(document.rejected).toMatchObject([
      { row: 3, column: "dimensions", code: "E016", reason: "dimension-unknown" },
    ]);
  });
});

describe("disclosures that are no numbers", () => {
  const said = (metric_code: string, value: string, more: Cells = {}): Cells => ({
    ...energy,
    unit: "",
    metric_code,
    value,
    ...more,
  });

  test.for([
    ["BP-1_02", "yes", "true"],
    ["BP-1_02", "FALSE", "false"],
    ["ReportingPeriodEndDate", "31.12.2024", "2024-12-31"],
    ["BaseYearFromWhichProgressIsMeasured", "2019", "2019"],
    ["AbsoluteOrRelativeTarget", "absolute target", "esrs:AbsoluteTargetMember"],
    ["IdentifiersOfRelatedPolicies", "POL-1; POL-2", "POL-1,POL-2"],
    ["NameOfPolicy", "Energy & water", "Energy & water"],
  ] as const)("%s: %s is %s", async ([code, value, becomes]) => {
    const { statements } = await take(csv(said(code, value)));

    expect(statements).toMatchObject([{ value: becomes, status: "draft" }]);
  });

  test("a text block is Markdown in, XHTML out", async () => {
    const text = "# Scope\nAll **plants** & *offices* < 5 MW.\n\n- first\n- second\n\n1. one\n2. two";

    const { statements } = await take(
      csv(
        said("DisclosureOfGeneralBasisForPreparationOfSustainabilityStatementExplanatory", text, {
          status: "approved",
        }),
      ),
    );

    expect(statements).toMatchObject([
      {
        status: "approved",
        value:
          "<p><strong>Scope</strong></p><p>All <strong>plants</strong> &amp; <em>offices</em> &lt; 5 MW.</p><ul><li>first</li><li>second</li></ul><ol><li>one</li><li>two</li></ol>",
      },
    ]);
  });

  test.for([
    ["a script", "NameOfPolicy", "<script>alert(1)</script>", "E018"],
    ["an entity", "NameOfPolicy", "&xxe;", "E018"],
    ["a document type", "NameOfPolicy", "<!DOCTYPE x>", "E018"],
    ["a word for yes or no", "BP-1_02", "maybe", "E004"],
    ["a member of another list", "AbsoluteOrRelativeTarget", "sideways", "E017"],
    ["a year", "BaseYearFromWhichProgressIsMeasured", "19", "E004"],
  ] as const)("%s is refused", async ([, code, value, short]) => {
    const { document } = await take(csv(energy, said(code, value)));

    expect(document.rejected).toMatchObject([{ row: 3, column: "value", code: short }]);
  });

  test("the same disclosure twice is refused", async () => {
    const { document } = await take(csv(said("BP-1_02", "yes"), said("BP-1_02", "no")));

    expect(document.rejected).toMatchObject([{ row: 3, code: "E015", reason: "record-duplicate" }]);
  });
});

test("every line written has the shape that the next stage reads", async () => {
  const { points, statements } = await take(
    csv(
      energy,
      { ...energy, metric_code: "S1-2", unit: "headcount", notes: 'said "x"\\' },
      { ...energy, unit: "", metric_code: "BP-1_02", value: "yes" },
    ),
  );

  for (const point of points) expect(DataPoint.safeParse(point).success).toBe(true);
  for (const statement of statements) expect(Statement.safeParse(statement).success).toBe(true);
  expect(points).toHaveLength(2);
  expect(statements).toHaveLength(1);
});

test("set-aside rows are corrected in the file that names them, and accepted", async () => {
  const text = csv(
    { ...energy, value: "1.234", location: "A" },
    { ...energy, value: "7,25", unit: "bananas" },
    { ...energy, value: "3,5", location: "=cmd|' /C calc'!A0", metric_code: "E1-5_99" },
  )
    .replaceAll(",", ";")
    .replaceAll(/"(\d);(\d+)"/g, "$1,$2");

  const { rejected, document } = await take(text);
  const fixed = rejected.replace("bananas", "MWh").replace("E1-5_99", "E1-5_01");
  const again = await take(fixed);

  expect(document.counts).toMatchObject({ total: 3, rejected: 2 });
  expect(rejected).toContain("Row 3, column unit:");
  expect(rejected).not.toMatch(/(^|,)"?[=@]/m);
  expect(again.document.counts).toMatchObject({ total: 2, rejected: 0 });
  expect(again.points.map(({ value, location }) => [value, location])).toEqual([
    ["7.25", undefined],
    ["3.5", "=cmd|' /C calc'!A0"],
  ]);
});

test("activities and datapoints may lie side by side, told apart by content", async () => {
  const activity =
    "record_id,site,country,scope,category,activity,amount,unit,period_start,period_end\nA-1,Leeds,GB,1,stationary-combustion,Natural gas,10,kWh (gross CV),2024-01-01,2024-12-31\nA-2,Leeds,GB,9,stationary-combustion,Natural gas,10,kWh (gross CV),2024-01-01,2024-12-31\n";

  const { document, artifacts } = await take({
    "x.txt": activity,
    "b.dat": csv(energy, { ...energy, unit: "km" }),
  });

  expect(document.inputs.map(({ name, holds }) => [name, holds])).toEqual([
    ["b.dat", "datapoints"],
    ["x.txt", "activities"],
  ]);
  expect(document.counts).toMatchObject({ datapoints: 1, activities: 1, rejected: 2 });
  expect(document.rejected.map(({ input, row }) => [input, row])).toEqual([
    ["b.dat", 3],
    ["x.txt", 3],
  ]);
  expect(artifacts.files.has("intermediate/01_rejected_activities.csv")).toBe(true);
});
