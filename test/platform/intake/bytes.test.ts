import { describe, expect, test } from "vitest";
import { Conversion, placesOf, shifted } from "#platform/agents/intake-steps/decimal-text.ts";
import { Fingerprint, Seen } from "#platform/agents/intake-steps/seen.ts";
import { measureOf } from "#rules/intake-measures.ts";
import { type Cells, energy, take } from "./take.ts";

const columns = [
  ...Object.keys(energy),
  "dimensions",
  "location",
  "subsidiary_id",
  "calculation_method",
  "notes",
];
const codes = [
  ["E1-5_01", "MWh"],
  ["E1-5_01", "GJ"],
  ["WasteGenerated", "kg"],
  ["Revenue", "kEUR"],
  ["PercentageOfEmployeeTurnover", "%"],
  ["NumberOfIncidentsOfDiscrimination", "cases"],
  ["BP-1_02", ""],
  ["S1-2", "headcount"],
  ["E1-5_99", "MWh"],
  ["WaterConsumption", "bananas"],
] as const;
const values = [
  "12",
  "0",
  "0.5",
  "1234.5",
  "-3",
  "1.234",
  "007",
  "1e3",
  "nil",
  "",
  "yes",
  "123456789012345.678",
  "+4",
  "5.00",
  " 6 ",
  "NaN",
  "1,5",
];
const places = ["", "Leeds", "München", "Ünye", "York ", "'=x", "東京", "(north)", "Site\u00a0", "é"];

/** Rows of every sort, in an order that a fixed sequence decides. */
function rowsOf(count: number): Cells[] {
  let state = 42;
  const pick = <T>(of: readonly T[]): T => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return of[(state >> 8) % of.length] as T;
  };
  return Array.from({ length: count }, (_, at) => {
    const [metric_code, unit] = pick(codes);
    const month = String(pick([1, 2, 3])).padStart(2, "0");
    const whole = pick([true, false, false, false]);
    return {
      ...energy,
      metric_code,
      unit,
      value: pick([...values, String(at), `${at}.25`]),
      period_start: whole ? "2024-01-01" : `2024-${month}-01`,
      period_end: whole ? "2024-12-31" : `2024-${month}-28`,
      data_quality: pick(["high", "medium", "low", "", "High", "superb"]),
      verification_status: pick(["verified", "", "estimated"]),
      source_document: pick(["", `doc-${at % 50}`, "a;b"]),
      dimensions: pick(["", "", "SignificantSiteTypedAxis=North", "GenderAxis=FemaleMember"]),
      location: pick(places),
      subsidiary_id: pick(["", "", "SUB-1"]),
      calculation_method: pick(["", "", "metered"]),
      notes: pick(["", "", "!note", "note"]),
    };
  });
}

const write = (rows: readonly Cells[], end: string): string =>
  [columns.join("\t"), ...rows.map((row) => columns.map((column) => row[column] ?? "").join("\t")), ""].join(
    end,
  );

describe("rows read as bytes and rows read as text are judged and written alike", () => {
  test.for(["\n", "\r\n"])("lines that end in %j", async (end) => {
    // UTF-16 is always read as text, UTF-8 as bytes where nothing speaks against it.
    const text = write(rowsOf(6000), end);

    const asBytes = await take(Buffer.from(text));
    const asText = await take(Buffer.from(`\uFEFF${text}`, "utf16le"));

    expect(asBytes.points.length).toBeGreaterThan(1000);
    expect(asBytes.points).toEqual(asText.points);
    expect(asBytes.statements).toEqual(asText.statements);
    expect(asBytes.rejected).toBe(asText.rejected);
    const { inputs: _a, ...rest } = asBytes.document;
    const { inputs: _b, ...other } = asText.document;
    expect(rest).toEqual(other);
  });

  test("blank lines, short rows, long rows and a quotation mark in the middle change nothing", async () => {
    const lines = write(rowsOf(6000), "\n").split("\n");
    lines[1500] = "";
    lines[2500] = "E1-5_01\tx";
    lines[3000] = `${lines[3000]}\textra`;
    lines[3500] = `"${lines[3500]?.replace("\t", '"\t')}`;
    lines[4000] = "\n\n\n";
    const text = lines.join("\n");

    const asBytes = await take(Buffer.from(text));
    const asText = await take(Buffer.from(`\uFEFF${text}`, "utf16le"));

    expect(asBytes.points).toEqual(asText.points);
    expect(asBytes.rejected).toBe(asText.rejected);
    expect(asBytes.document.counts).toEqual(asText.document.counts);
  });
});

test("a million keys are told apart", () => {
  const seen = new Seen();
  const print = new Fingerprint();

  for (let at = 1; at <= 1_000_000; at += 1) {
    print.start(1).add(`record-${at}`);
    if (seen.note(print.low, print.high, at) !== 0) throw new Error(`${at} was taken for another`);
  }
  print.start(1).add("record-500000");

  expect(seen.find(print.low, print.high)).toBe(500_000);
});

test("texts and their UTF-8 have one fingerprint", () => {
  for (const text of ["", "abc", "München", "東京 🏭", "a".repeat(500)]) {
    const bytes = Buffer.from(text);
    const [a, b] = [
      new Fingerprint().start(7).add(text),
      new Fingerprint().start(7).bytes(bytes, 0, bytes.length),
    ];

    expect([a.low, a.high]).toEqual([b.low, b.high]);
  }
});

describe("conversions are exact", () => {
  test.for([
    ["12.5", -3, "0.0125"],
    ["-12.50", -2, "-0.1250"],
    ["5", 6, "5000000"],
    ["0.001", 3, "1"],
    ["1200", -3, "1.2"],
    ["0", -3, "0"],
  ] as const)("%s moved by %i is %s", ([text, by, becomes]) => {
    expect(shifted(text, by)).toBe(becomes);
  });

  test.for([
    ["GJ", "3.6", "1"],
    ["GJ", "1", "0.277777777778"],
    ["GJ", "-1", "-0.277777777778"],
    ["MJ", "36000000000000000000", "10000000000000000"],
    ["therm", "1000", "29.307107017222"],
  ] as const)("%s: %s is %s MWh", ([unit, text, becomes]) => {
    const measure = measureOf(unit, "utr:MWh", "energy");
    if (measure === undefined) throw new Error("not known");

    expect(placesOf(measure)).toBeUndefined();
    expect(new Conversion(measure).apply(text)).toBe(becomes);
  });
});
