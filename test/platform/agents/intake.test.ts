import { array, assert, asyncProperty, constantFrom, oneof, string, uint8Array } from "fast-check";
import { describe, expect, test } from "vitest";
import { intake } from "#platform/agents/intake.ts";
import { CsrdError } from "#platform/errors.ts";
import { json, memoryArtifacts, sampleCompany, sampleCsv } from "./sample.ts";

const header =
  "record_id,site,country,region,scope,category,activity,amount,unit,period_start,period_end,data_quality,source_document,instrument,market_factor,market_factor_source,own_factor,own_factor_source,own_factor_gwp";
type Cells = Readonly<Record<string, string>>;
const good: Cells = {
  record_id: "A-1",
  site: "Leeds",
  country: "GB",
  scope: "1",
  category: "stationary-combustion",
  activity: "Natural gas",
  amount: "1000",
  unit: "kWh (gross CV)",
  period_start: "2024-01-01",
  period_end: "2024-12-31",
  data_quality: "high",
  source_document: "Invoice",
};

function csv(...rows: readonly Cells[]): string {
  return `${[
    header,
    ...rows.map((row) =>
      header
        .split(",")
        .map((name) => quoted(row[name] ?? ""))
        .join(","),
    ),
  ].join("\n")}\n`;
}

const quoted = (cell: string): string => (/[",\n;]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** The accepted activities of a run, in order. */
async function activities(artifacts: ReturnType<typeof memoryArtifacts>): Promise<any[]> {
  const text = new TextDecoder().decode(await artifacts.read("intermediate/01_activities.ndjson"));
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

async function take(input: string | Uint8Array, settings?: object) {
  const artifacts = memoryArtifacts({
    "inputs/activities.csv": input,
    "company.json": await sampleCompany(),
    ...(settings === undefined ? {} : { "settings.json": JSON.stringify(settings) }),
  });
  const result = await intake.run({
    reportId: "R-1",
    artifacts,
    now: () => new Date(0),
    log: () => undefined,
  });
  const document = await json(artifacts, "intermediate/01_intake_validated.json");
  return { result, artifacts, document, input: document.inputs[0], records: await activities(artifacts) };
}

async function refusal(input: string | Uint8Array): Promise<{ error: CsrdError; wrote: readonly string[] }> {
  const artifacts = memoryArtifacts({
    "inputs/activities.csv": input,
    "company.json": await sampleCompany(),
  });
  const error: unknown = await intake
    .run({ reportId: "R-1", artifacts, now: () => new Date(0), log: () => undefined })
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  if (!CsrdError.is(error)) throw new Error(`not refused: ${String(error)}`);
  return {
    error,
    wrote: [...artifacts.files.keys()].filter(
      (name) => !["inputs/activities.csv", "company.json"].includes(name),
    ),
  };
}

describe("a row that cannot be used is refused with its row, its column and a cure", () => {
  const bad: readonly (readonly [why: string, cells: Cells, code: string, column: string])[] = [
    ["a negative amount", { amount: "-12" }, "amount-negative", "amount"],
    ["an amount in words", { amount: "a lot" }, "amount-unreadable", "amount"],
    ["an amount with its unit", { amount: "12 kWh" }, "amount-unreadable", "amount"],
    ["infinity", { amount: "Infinity" }, "amount-unreadable", "amount"],
    ["an amount beyond any company", { amount: "1e300" }, "amount-unreadable", "amount"],
    ["an empty amount", { amount: "" }, "value-missing", "amount"],
    ["a unit of another kind", { unit: "km" }, "unit-wrong", "unit"],
    ["fuel energy without its basis", { unit: "kWh" }, "unit-wrong", "unit"],
    ["a unit that does not exist", { unit: "bananas" }, "unit-wrong", "unit"],
    ["an unknown activity", { activity: "Unobtainium" }, "activity-unknown", "activity"],
    [
      "an activity that means several",
      { scope: "3", category: "6", activity: "Average car", unit: "km" },
      "activity-unknown",
      "activity",
    ],
    ["an unknown country", { country: "XX1" }, "value-unknown", "country"],
    ["scope four", { scope: "4" }, "value-unknown", "scope"],
    ["a category of another scope", { category: "purchased-heat" }, "value-unknown", "category"],
    ["a date that is none", { period_start: "2024-02-30" }, "date-wrong", "period_start"],
    [
      "dates in the wrong order",
      { period_start: "2024-05-01", period_end: "2024-04-01" },
      "date-wrong",
      "period_end",
    ],
    ["a period outside the reporting year", { period_end: "2025-01-31" }, "date-wrong", "period_end"],
    [
      "electricity of a grid without a factor",
      {
        scope: "2",
        category: "purchased-electricity",
        activity: "Grid electricity",
        unit: "kWh",
        country: "DE",
      },
      "factor-missing",
      "country",
    ],
    [
      "an eGRID subregion that does not exist",
      {
        scope: "2",
        category: "purchased-electricity",
        activity: "Grid electricity",
        unit: "kWh",
        country: "US",
        region: "TEXAS",
      },
      "value-unknown",
      "region",
    ],
    ["an own factor without source", { own_factor: "1.5" }, "value-missing", "own_factor_source"],
    [
      "a negative own factor",
      { own_factor: "-1.5", own_factor_source: "x" },
      "amount-negative",
      "own_factor",
    ],
    [
      "a contract without its factor",
      {
        scope: "2",
        category: "purchased-electricity",
        activity: "Grid electricity",
        unit: "kWh",
        instrument: "ppa",
      },
      "value-missing",
      "market_factor",
    ],
    [
      "a contracted factor without contract",
      {
        scope: "2",
        category: "purchased-electricity",
        activity: "Grid electricity",
        unit: "kWh",
        market_factor: "0",
      },
      "value-missing",
      "instrument",
    ],
    ["a contract outside scope 2", { instrument: "ppa", market_factor: "0" }, "value-unknown", "instrument"],
    ["a data quality of one's own", { data_quality: "superb" }, "value-unknown", "data_quality"],
  ];

  test.for(bad)("%s", async ([, cells, code, column]) => {
    const { error, wrote } = await refusal(csv(good, { ...good, record_id: "A-2", ...cells }));

    expect(error.code).toBe(code);
    expect(error.summary).toMatch(new RegExp(`^Row 3, column ${column}: `));
    expect(error.summary).not.toContain("\n");
    expect(error.hint).not.toBe("");
    expect(error.exit).toBe(1);
    expect(wrote).toEqual([]);
  });

  test("an id that occurs twice names the first row", async () => {
    const { error } = await refusal(csv(good, { ...good, amount: "7" }));

    expect(error.code).toBe("record-duplicate");
    expect(error.summary).toBe('Row 3, column record_id: "A-1" is already the id of row 2.');
  });

  test("the refusal counts the other bad rows and lists them in its details", async () => {
    const { error } = await refusal(
      csv(
        { ...good, amount: "-1" },
        { ...good, record_id: "A-2", unit: "km" },
        { ...good, record_id: "A-3" },
      ),
    );

    expect(error.hint).toContain("1 more row has a problem");
    expect(error.details?.split("\n")).toHaveLength(2);
  });
});

describe("a file that is no activity table is refused whole", () => {
  const files: readonly (readonly [why: string, content: string | Uint8Array, code: string])[] = [
    ["an empty file", "", "input-empty"],
    ["white space only", " \n\n\t", "input-empty"],
    ["a header without rows", csv(), "input-empty"],
    ["a missing column", csv(good).replace("amount", "amnt"), "column-missing"],
    ["a column twice", csv(good).replace("site", "country"), "column-duplicate"],
    [
      "a workbook",
      Uint8Array.from([0x50, 0x4b, 3, 4, 0, 0, 1, 0, 2, 5, 9, 9, 0, 65, 66, 67]),
      "input-unreadable",
    ],
    [
      "more columns than any sheet needs",
      `${Array.from({ length: 80 }, (_, at) => `c${at}`).join(",")}\n1\n`,
      "input-too-large",
    ],
    ["a row with more cells than the header", `${csv(good)}A-2,Leeds${",x".repeat(30)}\n`, "row-malformed"],
    ["a quotation mark left open", `${csv(good)}A-2,"${"y".repeat(9000)}\n`, "row-malformed"],
  ];

  test.for(files)("%s", async ([, content, code]) => {
    const { error, wrote } = await refusal(content);

    expect(error.code).toBe(code);
    expect(wrote).toEqual([]);
  });

  test.for([
    ["an LEI with wrong check digits", { lei_code: "99990000NORTHLIGHT00" }, "lei_code"],
    [
      "a period that ends before it starts",
      { reporting_period: { start_date: "2024-12-31", end_date: "2024-01-01" } },
      "reporting_period",
    ],
    [
      "a revenue of zero",
      { e1_6: { net_revenue: { amount: "0", currency: "EUR" } } },
      "e1_6.net_revenue.amount",
    ],
    [
      "a Scope 3 category sixteen",
      { e1_6: { scope_3_exclusions: { "16": "none" } } },
      "e1_6.scope_3_exclusions",
    ],
  ] as const)("company.json with %s", async ([, change, field]) => {
    const company = JSON.stringify({ ...JSON.parse(await sampleCompany()), ...change });
    const artifacts = memoryArtifacts({ "inputs/activities.csv": csv(good), "company.json": company });

    const refused = intake.run({ reportId: "R-1", artifacts, now: () => new Date(0), log: () => undefined });

    await expect(refused).rejects.toMatchObject({
      code: "company-invalid",
      summary: expect.stringContaining(`field ${field}:`),
    });
  });
});

describe("files as they really come", () => {
  test("a German export: semicolons, decimal commas, dates with dots, windows-1252", async () => {
    const text = csv(
      {
        ...good,
        site: "Werk München",
        amount: "1.234,5",
        period_start: "01.01.2024",
        period_end: "31.12.2024",
      },
      { ...good, record_id: "A-2", amount: "7,25" },
    )
      .replaceAll('"', "")
      .replaceAll("1.234,5", "1.234@5")
      .replaceAll("7,25", "7@25")
      .replaceAll(",", ";")
      .replaceAll("@", ",");

    const { input, records } = await take(Buffer.from(text, "latin1"));

    expect(input).toMatchObject({ encoding: "windows-1252", delimiter: ";", decimal_mark: "," });
    expect(records.map((record: { amount: string }) => record.amount)).toEqual(["1234.5", "7.25"]);
    expect(records[0]).toMatchObject({ site: "Werk München", period_start: "2024-01-01" });
  });

  test.for([
    ["utf-8", (text: string) => Buffer.from(`\uFEFF${text}`, "utf8")],
    ["utf-16le", (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le")],
    ["utf-16be", (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le").swap16()],
  ] as const)("%s with a byte order mark", async ([encoding, encode]) => {
    const { input, records } = await take(encode(csv({ ...good, site: "Zürich" })));

    expect(input.encoding).toBe(encoding);
    expect(records[0].site).toBe("Zürich");
  });

  test("a spreadsheet's own separator line is obeyed and counted as a row", async () => {
    const { input, records } = await take(`sep=|\r\n${csv(good).replaceAll(",", "|")}`);

    expect(input.delimiter).toBe("|");
    expect(records).toMatchObject([{ record_id: "A-1", row: 3 }]);
  });

  test.for(["\r\n", "\r", "\n"])("lines that end in %j are lines, quoted cells and all", async (end) => {
    const lines = csv(
      { ...good, site: "Leeds, North" },
      { ...good, record_id: "A-2", source_document: "a, b" },
    );

    const { records } = await take(lines.replaceAll("\n", end));

    expect(
      records.map(({ site, source_document }: { site: string; source_document: string }) => [
        site,
        source_document,
      ]),
    ).toEqual([
      ["Leeds, North", "Invoice"],
      ["Leeds", "a, b"],
    ]);
  });

  test("an amount that could mean a thousand is not guessed", async () => {
    const { error } = await refusal(csv({ ...good, amount: "1,234" }));

    expect(error.code).toBe("amount-unreadable");
    expect(error.summary).toContain("could mean a thousand or a decimal");
  });

  test("the file's other amounts settle what a comma means", async () => {
    const { records } = await take(
      csv({ ...good, amount: "1,234" }, { ...good, record_id: "A-2", amount: "1,234,567.5" }),
    );

    expect(records.map((record: { amount: string }) => record.amount)).toEqual(["1234", "1234567.5"]);
  });

  test("twenty thousand rows are streamed and counted", async () => {
    const many = Array.from({ length: 20_000 }, (_, at) => ({
      ...good,
      record_id: `A-${at}`,
      amount: String(at + 1),
    }));

    const { document } = await take(csv(...many));

    expect(document.counts).toMatchObject({ total: 20_000, valid: 20_000, rejected: 0 });
  });

  test("the same consumption under two ids is pointed out and lowers consistency", async () => {
    const { document } = await take(csv(good, { ...good, record_id: "A-2" }));

    expect(document.warnings[0]).toMatchObject({ row: 3, code: "W009", reason: "repeated" });
    expect(
      document.quality.dimensions.find(({ name }: { name: string }) => name === "consistency").score,
    ).toBe(77.8);
  });
});

describe("set-aside rows", () => {
  test("are written with their reason, corrected, and accepted as they are", async () => {
    const input = csv(good, { ...good, record_id: "A-2", amount: "-5" });

    const { artifacts, result, document } = await take(input, { bad_rows: "set-aside" });
    const rejected = new TextDecoder().decode(artifacts.files.get("intermediate/01_rejected_rows.csv"));
    const again = await take(rejected.replace(",-5,", ",5,"));

    expect(result.status).toBe("warnings");
    expect(document.counts).toMatchObject({ total: 2, valid: 1, rejected: 1 });
    expect(rejected).toContain("Row 3, column amount: -5 is negative.");
    expect(again.document.counts).toMatchObject({ total: 1, valid: 1, rejected: 0 });
    expect(again.input.unknown_columns).toEqual([]);
  });

  test("cells that a spreadsheet would run come back as text, and are read as written", async () => {
    const hostile = '=HYPERLINK("http://evil.example","x")';

    const { artifacts } = await take(
      csv(
        good,
        { ...good, record_id: "A-2", site: hostile, amount: "-5" },
        { ...good, record_id: "@SUM(1)", unit: "km" },
      ),
      { bad_rows: "set-aside" },
    );
    const rejected = new TextDecoder().decode(artifacts.files.get("intermediate/01_rejected_rows.csv"));
    const again = await take(rejected.replace(",-5,", ",5,").replace(",km,", ",kWh (gross CV),"));

    expect(rejected).not.toMatch(/(^|,)"?[=@]/m);
    expect(
      again.records.map((record: { site: string; record_id: string }) => [record.record_id, record.site]),
    ).toEqual([
      ["A-2", hostile],
      ["@SUM(1)", "Leeds"],
    ]);
  });

  test("a file of nothing but bad rows makes no report", async () => {
    await expect(take(csv({ ...good, amount: "-5" }), { bad_rows: "set-aside" })).rejects.toMatchObject({
      code: "no-records",
    });
  });
});

describe("company.json in its two shapes", () => {
  test("says the same flat or in sections", async () => {
    const flat = JSON.parse(await sampleCompany());
    const sectioned = {
      company_info: { legal_name: flat.legal_name, lei_code: flat.lei_code, country: flat.country },
      business_profile: { industry_code: flat.sector.nace_code },
      company_size: flat.company_size,
      reporting_scope: {
        reporting_year: 2024,
        consolidation_method: "operational_control",
        fiscal_year: {
          start_date: flat.reporting_period.start_date,
          end_date: flat.reporting_period.end_date,
        },
      },
      e1_6: flat.e1_6,
    };
    const read = async (company: object) => {
      const artifacts = memoryArtifacts({
        "inputs/activities.csv": csv(good),
        "company.json": JSON.stringify(company),
      });
      await intake.run({ reportId: "R-1", artifacts, now: () => new Date(0), log: () => undefined });
      return (await json(artifacts, "intermediate/01_intake_validated.json")).company;
    };

    expect(await read(sectioned)).toEqual(await read(flat));
  });
});

describe("whatever the file holds", () => {
  const cell = string({ maxLength: 12 });
  const table = array(array(cell, { maxLength: 14 }), { maxLength: 6 }).map((rows) =>
    rows.map((row) => row.join(",")).join("\n"),
  );

  test("it is accepted or refused with a code, never a crash", async () => {
    const company = await sampleCompany();

    await assert(
      asyncProperty(
        oneof(
          uint8Array({ maxLength: 300 }),
          table.map((text) => Buffer.from(`${header}\n${text}`)),
        ),
        async (bytes) => {
          const artifacts = memoryArtifacts({ "inputs/activities.csv": bytes, "company.json": company });
          const outcome: unknown = await intake
            .run({ reportId: "R-1", artifacts, now: () => new Date(0), log: () => undefined })
            .catch((error: unknown) => error);

          expect(CsrdError.is(outcome) && outcome.code !== "csrd-defect").toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("no value in any column brings more than a refusal or a record", async () => {
    const company = await sampleCompany();
    const names = header.split(",");

    await assert(
      asyncProperty(
        constantFrom(...names),
        string({ maxLength: 40, unit: "binary" }),
        async (name, value) => {
          const artifacts = memoryArtifacts({
            "inputs/activities.csv": csv({ ...good, [name]: value }),
            "company.json": company,
          });
          const outcome: unknown = await intake
            .run({ reportId: "R-1", artifacts, now: () => new Date(0), log: () => undefined })
            .catch((error: unknown) => error);

          expect(CsrdError.is(outcome) ? outcome.summary.includes("\n") : "wrote" in Object(outcome)).toBe(
            !CsrdError.is(outcome),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});

test("factors far from the reporting year are pointed out", async () => {
  const company = JSON.parse(await sampleCompany());
  company.reporting_period = { start_date: "2027-01-01", end_date: "2027-12-31" };
  const artifacts = memoryArtifacts({
    "inputs/activities.csv": csv({ ...good, period_start: "2027-01-01", period_end: "2027-12-31" }),
    "company.json": JSON.stringify(company),
  });

  const { warnings } = await intake.run({
    reportId: "R-1",
    artifacts,
    now: () => new Date(0),
    log: () => undefined,
  });

  expect(warnings).toContain(
    "Only 0 of 1 rows use a factor or a figure of the reporting year or beside it; look for newer ones.",
  );
});

test("the sample is free of remarks and its quality is above the threshold", async () => {
  const { result, document } = await take(await sampleCsv());

  expect(result.status).toBe("ok");
  expect(document.counts).toMatchObject({ total: 48, valid: 48, rejected: 0 });
  expect(document.quality.passed).toBe(true);
});
