import { describe, expect, test } from "vitest";
import { activity, calculated, point } from "./report.ts";

const gender = (member: string) => ({ dimensions: { GenderAxis: `esrs:${member}Member` } });
const before = { period: { start: "2023-01-01", end: "2023-12-31" } };
const heads = "NumberOfEmployeesHeadCountDuringPeriod";
const leavers = "NumberOfEmployeesWhoHaveLeftUndertakingDuringPeriod";
const turnover = "PercentageOfEmployeeTurnover";
const [diverted, disposed] = ["WasteGeneratedDivertedFromDisposal", "WasteGeneratedDirectedToDisposal"];

describe("figures follow from figures", () => {
  test("through several formulas, each with what went into it", async () => {
    const rows = [
      point(heads, "180", "xbrli:pure", { row: 2, ...gender("Female") }),
      point(heads, "220", "xbrli:pure", { row: 3, ...gender("Male") }),
      point(leavers, "37", "xbrli:pure", { row: 4 }),
    ];

    const { figure } = await calculated({ rows });

    expect(figure(heads)).toMatchObject({
      value: "400",
      formula: "headcount-average-by-gender",
      from: [
        { id: `${heads}[GenderAxis=FemaleMember]`, value: "180" },
        { id: `${heads}[GenderAxis=MaleMember]`, value: "220" },
      ],
      rows: 0,
    });
    expect(figure(turnover)).toMatchObject({
      value: "0.0925",
      formula: "turnover",
      from: [
        { id: leavers, value: "37" },
        { id: heads, value: "400" },
      ],
    });
  });

  test("in each year and each breakdown at which their inputs stand", async () => {
    const rows = [
      point("aux:workers-reviewed", "90", "xbrli:pure", { row: 2, ...gender("Female") }),
      point("aux:workers", "120", "xbrli:pure", { row: 3, ...gender("Female") }),
      point(leavers, "20", "xbrli:pure", { row: 4, ...before }),
      point(heads, "200", "xbrli:pure", { row: 5, ...before }),
    ];
    const reviews =
      "PercentageOfEmployeesAndOrNonemployeesThatParticipatedInRegularPerformanceAndCareerDevelopmentReviews";

    const { figures } = await calculated({ rows });

    expect(figures).toMatchObject({ [`${turnover}@2023`]: "0.1000 xbrli:pure" });
    expect(figures[turnover]).toBeUndefined();
    // The table of reviews by gender asks for an employee category, a typed axis, so there is no place for this one.
    expect(figures[`${reviews}[GenderAxis=FemaleMember]`]).toBeUndefined();
  });

  test("over two axes, whichever way the parts are added", async () => {
    const part = (row: number, value: string, type: string, recovery: string) =>
      point(diverted, value, "utr:t", {
        row,
        dimensions: {
          TypeOfWasteAxis: `esrs:${type}Member`,
          TypeOfRecoveryOperationsAxis: `esrs:${recovery}Member`,
        },
      });
    const rows = [
      part(2, "1", "HazardousWaste", "Recycling"),
      part(3, "20", "NonhazardousWaste", "Recycling"),
      part(4, "300", "NonhazardousWaste", "PreparationForReuse"),
      point(disposed, "79", "utr:t", { row: 5 }),
    ];

    const { figures, figure, document } = await calculated({ rows });

    expect(figures).toMatchObject({
      [`${diverted}[TypeOfRecoveryOperationsAxis=RecyclingMember]`]: "21 utr:t",
      [`${diverted}[TypeOfWasteAxis=NonhazardousWasteMember]`]: "320 utr:t",
      [diverted]: "321 utr:t",
      WasteGenerated: "400 utr:t",
      NonrecycledWaste: "379 utr:t",
      PercentageOfNonrecycledWaste: "0.9475 xbrli:pure",
    });
    expect(figure("WasteGenerated")?.from).toEqual([
      { id: diverted, value: "321" },
      { id: disposed, value: "79" },
    ]);
    expect(document.warnings).toEqual([]);
  });

  test("but not while a part is known only in pieces of itself", async () => {
    const employees = "NumberOfEmployeesHeadCountOrFulltimeEquivalentDuringPeriod";
    const rows = [
      point(employees, "10", "xbrli:pure", { row: 2, ...gender("Female") }),
      point(employees, "20", "xbrli:pure", { row: 3, ...gender("Male") }),
      point(employees, "1", "xbrli:pure", {
        row: 4,
        dimensions: {
          GenderAxis: "esrs:GenderNotReportedMember",
          TypeOfEmployeeContractAxis: "esrs:PermanentEmployeesMember",
        },
      }),
    ];

    const { figures, document } = await calculated({ rows });

    expect(figures[employees]).toBeUndefined();
    expect(document.not_formed).toMatchObject([
      {
        formula: "employees-average-by-gender",
        because: `${employees}[GenderAxis=GenderNotReportedMember] is not given`,
      },
    ]);
  });

  test("shares of one whole, rounded, still add up to one", async () => {
    const leaders = "NumberOfEmployeesHeadCountAtTopManagementLevelAtEndOfPeriod";
    const share = "PercentageOfEmployeesAtTopManagementLevel";
    const band = (name: string, value: string, row: number) =>
      point(`NumberOfEmployeesHeadCount${name}YearsOldAtEndOfPeriod`, value, "xbrli:pure", { row });
    const rows = [
      point(leaders, "2", "xbrli:pure", { row: 2, ...gender("Female") }),
      point(leaders, "3", "xbrli:pure", { row: 3, ...gender("Male") }),
      point(leaders, "1", "xbrli:pure", { row: 4, ...gender("GenderNotReported") }),
      band("Under30", "1", 5),
      band("Between30And50", "1", 6),
      band("Over50", "1", 7),
    ];

    const { figures, document } = await calculated({ rows });

    expect(figures).toMatchObject({
      [`${share}[GenderAxis=FemaleMember]`]: "0.3333 xbrli:pure",
      [`${share}[GenderAxis=MaleMember]`]: "0.5000 xbrli:pure",
      [`${share}[GenderAxis=GenderNotReportedMember]`]: "0.1667 xbrli:pure",
      PercentageOfEmployeesUnder30YearsOld: "0.3333 xbrli:pure",
      PercentageOfEmployeesBetween30And50YearsOld: "0.3334 xbrli:pure",
      PercentageOfEmployeesOver50YearsOld: "0.3333 xbrli:pure",
    });
    expect(document.warnings).toEqual([]);
  });

  test("the largest share takes what rounding left over, and shares of no whole are left alone", async () => {
    const members = "aux:governing-members";
    const share = "PercentageOfMembersOfAdministrativeManagementAndSupervisoryBodies";
    const three = (["Female", "Male", "GenderNotReported"] as const).map((name, index) =>
      point(members, "1", "xbrli:pure", { row: index + 2, ...gender(name) }),
    );

    const whole = await calculated({ rows: three });
    const part = await calculated({
      rows: [...three.slice(1), point(members, "3", "xbrli:pure", { row: 9 })],
    });

    const shares = (from: typeof whole) =>
      from.document.metrics
        .filter(({ concept }) => concept === share)
        .map(({ value = "" }) => value)
        .toSorted((a, b) => a.localeCompare(b));
    expect(shares(whole)).toEqual(["0.3333", "0.3333", "0.3334"]);
    expect(shares(part)).toEqual(["0.3333", "0.3333"]);
  });

  test("with last year's level for a change", async () => {
    const rows = [
      point("WaterStored", "820.5", "utr:m3"),
      point("WaterStored", "900", "utr:m3", { row: 3, ...before }),
    ];

    const { figures } = await calculated({ rows });

    expect(figures["IncreaseDecreaseInWaterStorage"]).toBe("-79.5 utr:m3");
  });

  test("with a year's last day standing for its year", async () => {
    const rows = [
      point("NumberOfEmployeesHeadcountAtEndOfPeriod", "405", "xbrli:pure"),
      point("aux:employees-with-disabilities", "17", "xbrli:pure", { row: 3 }),
    ];

    const { figure } = await calculated({ rows });

    expect(figure("PercentageOfPersonsWithDisabilitiesAmongstEmployees")).toMatchObject({
      value: "0.0420",
      period: { start: "2024-01-01", end: "2024-12-31" },
    });
  });

  test("auxiliary inputs are no figures of the report, and what is missing is named", async () => {
    const rows = [
      point("NumberOfRecordableWorkrelatedAccidents", "5", "xbrli:pure"),
      point("aux:training-hours", "7290", "xbrli:pure", { row: 3 }),
    ];

    const { document } = await calculated({ rows });

    expect(document.metrics.map(({ id }) => id)).toEqual(["NumberOfRecordableWorkrelatedAccidents"]);
    expect(document.not_formed).toEqual([
      {
        formula: "training-hours-per-head",
        concept: "AverageNumberOfTrainingHoursPerEmployeeAndOrNonemployee",
        code: "input-missing",
        because: "aux:workers is not given",
      },
      {
        formula: "accident-rate",
        concept: "RateOfRecordableWorkrelatedAccidents",
        code: "input-missing",
        because: "aux:hours-worked is not given",
      },
    ]);
    expect(document.warnings).toEqual([]);
  });

  test("a zero below the line is said with its code, and no figure is formed", async () => {
    const rows = [
      point("NumberOfRecordableWorkrelatedAccidents", "5", "xbrli:pure"),
      point("aux:hours-worked", "0", "xbrli:pure", { row: 3 }),
    ];

    const { figures, document } = await calculated({ rows });

    expect(figures["RateOfRecordableWorkrelatedAccidents"]).toBeUndefined();
    expect(document.warnings).toEqual([
      "division-by-zero: RateOfRecordableWorkrelatedAccidents is not formed by accident-rate, since aux:hours-worked is zero.",
    ]);
    expect(document.not_formed).toMatchObject([{ formula: "accident-rate", code: "division-by-zero" }]);
  });
});

describe("a figure that is given and one that follows", () => {
  const accidents = point("NumberOfRecordableWorkrelatedAccidents", "5", "xbrli:pure", { row: 8 });
  const hours = point("aux:hours-worked", "720000", "xbrli:pure", { row: 9 });
  const rate = "RateOfRecordableWorkrelatedAccidents";

  test.for([
    ["6.94", []],
    ["6.9", []],
    ["7", []],
    [
      "7.2",
      [
        `${rate}: 7.2 xbrli:pure is given, but formula accident-rate makes it 6.94 xbrli:pure; the value given is kept.`,
      ],
    ],
  ] as const)("agree when one is a rounding of the other: %s beside 6.944…", async ([given, warnings]) => {
    const { figure, document } = await calculated({
      rows: [accidents, hours, point(rate, given, "xbrli:pure")],
    });

    expect(figure(rate)).toMatchObject({ value: given, formula: "as-reported" });
    expect(document.warnings).toEqual(warnings);
  });

  test("a pure total is corrected by the sum of its parts, with both told", async () => {
    const rows = [
      point(diverted, "352.5", "utr:t"),
      point(disposed, "97.5", "utr:t", { row: 3 }),
      point("WasteGenerated", "460", "utr:t", { row: 4 }),
    ];

    const { figure, document } = await calculated({ rows });

    expect(figure("WasteGenerated")).toMatchObject({ value: "450.0", formula: "waste-generated" });
    expect(document.warnings).toEqual([
      "WasteGenerated: 460 utr:t is given, but formula waste-generated makes it 450.0 utr:t; the sum of its parts is reported.",
    ]);
  });

  test("a pure total that is given rounded is reported as exactly as its parts", async () => {
    const rows = [
      point(diverted, "352.46", "utr:t"),
      point(disposed, "97.5", "utr:t", { row: 3 }),
      point("WasteGenerated", "450", "utr:t", { row: 4 }),
    ];

    const { figure, document } = await calculated({ rows });

    expect(figure("WasteGenerated")).toMatchObject({ value: "449.96", formula: "waste-generated" });
    expect(document.warnings).toEqual([]);
  });

  test("a total of which parts are missing is kept, with what is missing told", async () => {
    const rows = [
      point("EnergyConsumptionFromFossilSources", "900", "utr:MWh"),
      point("EnergyConsumptionFromRenewableSources", "50", "utr:MWh", { row: 3 }),
      point("EnergyConsumptionRelatedToOwnOperations", "1000", "utr:MWh", { row: 4 }),
    ];

    const { figures, document } = await calculated({ rows });

    expect(figures["EnergyConsumptionRelatedToOwnOperations"]).toBe("1000 utr:MWh");
    expect(document.warnings).toEqual([
      "EnergyConsumptionRelatedToOwnOperations: 1000 utr:MWh is given, but formula energy-total makes it 950 utr:MWh; the value given is kept (not given: EnergyConsumptionFromNuclearSources).",
    ]);
  });

  test("two formulas that disagree are both told, and the first counts", async () => {
    const age = (band: string, value: string, row: number) =>
      point(`NumberOfEmployeesHeadCount${band}YearsOldDuringPeriod`, value, "xbrli:pure", { row });
    const rows = [
      point(heads, "180", "xbrli:pure", { row: 2, ...gender("Female") }),
      point(heads, "220", "xbrli:pure", { row: 3, ...gender("Male") }),
      age("Under30", "100", 4),
      age("Between30And50", "200", 5),
      age("Over50", "90", 6),
    ];

    const { figure, document } = await calculated({ rows });

    expect(figure(heads)).toMatchObject({ value: "400", formula: "headcount-average-by-gender" });
    expect(document.warnings.join()).toContain(
      "formula headcount-average-by-gender gives 400 xbrli:pure and formula headcount-average-by-age gives 390 xbrli:pure; the first is kept.",
    );
  });
});

describe("activities and rows together", () => {
  const scope1 = "GrossScope1GreenhouseGasEmissions";

  test("the emissions that follow from activities count, and a row beside them is told", async () => {
    const { figure, document } = await calculated({
      activities: [activity("A")],
      rows: [point(scope1, "0.7", "utr:tCO2e")],
    });

    expect(figure("scope-1")).toMatchObject({ value: "0.500", formula: "gross-scope-1", rows: 1 });
    expect(document.warnings).toContain(
      "scope-1: the activities make it 0.500 utr:tCO2e, a row gives 0.7 utr:tCO2e; that of the activities is reported.",
    );
  });

  test("a row that says the same, rounded, is no matter", async () => {
    const { figure, document } = await calculated({
      activities: [activity("A")],
      rows: [point(scope1, "1", "utr:tCO2e")],
    });

    expect(figure("scope-1")?.value).toBe("0.500");
    expect(document.warnings.join()).not.toContain("a row gives");
  });

  test("a category from a row joins the categories from activities, and corrects a total that leaves it out", async () => {
    const axis = "Scope3GHGEmissionsCategoryGHGProtocolAxis";
    const scope3 = "GrossScope3GreenhouseGasEmissions";
    const { figures, document } = await calculated({
      activities: [activity("A", { scope: 3, category: "6", amount: "2000" })],
      rows: [
        point(scope3, "40.5", "utr:tCO2e", {
          row: 2,
          dimensions: { [axis]: "esrs:Category15InvestmentsMember" },
        }),
        point(scope3, "40.5", "utr:tCO2e", { row: 3 }),
      ],
    });

    expect(figures).toMatchObject({
      "scope-3-6": "1.000 utr:tCO2e",
      "scope-3-15": "40.5 utr:tCO2e",
      "scope-3": "41.500 utr:tCO2e",
    });
    expect(document.warnings.join()).toContain(
      "scope-3: 40.5 utr:tCO2e is given, but formula gross-scope-3 makes it 41.500 utr:tCO2e; the sum of its parts is reported",
    );
  });

  test("both GWP bases are told, and a scope without records is left out, not zero", async () => {
    const { document, figures } = await calculated({
      activities: [
        activity("A", { factor: { kind: "own", kg_co2e: "0.5", source: "supplier", gwp_set: "AR5" } }),
      ],
    });

    expect(document.gwp).toMatchObject({
      headline: "AR6",
      ar6: { scope_1: "0.500", total_location: "0.500" },
      as_published: { scope_1: "0.500" },
      share_translated: "0.0000",
    });
    expect(Object.keys(figures)).toEqual(["scope-1", "ets-share"]);
  });

  test("revenue comes from the company profile where no row gives it; where both do, the rows count", async () => {
    const company = { net_revenue: { amount: "1000000", currency: "EUR", reference: "note 3" } };
    const rows = [point("WaterConsumption", "50", "utr:m3")];
    const intensity = "WaterIntensityTotalWaterConsumptionPerNetRevenue";

    const profile = await calculated({ rows, company });
    const both = await calculated({
      rows: [...rows, point("Revenue", "1250000", "iso4217:EUR", { row: 3 })],
      company,
    });

    expect(profile.figures).toMatchObject({
      revenue: "1000000 iso4217:EUR",
      "net-revenue": "1000000 iso4217:EUR",
      "net-revenue-other": "0 iso4217:EUR",
      [intensity]: "0.000050000000 utr:m3/iso4217:EUR",
    });
    expect(both.figures).toMatchObject({
      revenue: "1250000 iso4217:EUR",
      "net-revenue": "1000000 iso4217:EUR",
      "net-revenue-other": "250000 iso4217:EUR",
      [intensity]: "0.000040000000 utr:m3/iso4217:EUR",
    });
    expect(both.document.warnings.join()).toContain(
      "the rows give 1250000 iso4217:EUR, the company profile 1000000 iso4217:EUR",
    );
  });
});
