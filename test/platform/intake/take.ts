import { deflateRawSync } from "node:zlib";
import { crc32 } from "node:zlib";
import type { DataPoint, IntakeDocument, Statement } from "#platform/agents/documents.ts";
import { intake } from "#platform/agents/intake.ts";
import type { Artifacts } from "#platform/agent.ts";
import { CsrdError } from "#platform/errors.ts";
import { json, memoryArtifacts } from "#test/platform/agents/sample.ts";

/** The company of these tests: a calendar year. */
export const company = {
  legal_name: "Test Metals SE",
  lei_code: "99990000NORTHLIGHT67",
  country: "DE",
  reporting_period: { start_date: "2024-01-01", end_date: "2024-12-31" },
};

export type Cells = Readonly<Record<string, string>>;

/** A row that nothing is wrong with. */
export const energy: Cells = {
  metric_code: "E1-5_01",
  metric_name: "Energy",
  value: "1000",
  unit: "MWh",
  period_start: "2024-01-01",
  period_end: "2024-12-31",
  data_quality: "high",
  source_document: "Invoice",
  verification_status: "verified",
};

const quoted = (cell: string): string => (/[",\n;\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** A CSV of these rows with the columns that any of them has. */
export function csv(...rows: readonly Cells[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return `${[names.join(","), ...rows.map((row) => names.map((name) => quoted(row[name] ?? "")).join(","))].join("\n")}\n`;
}

/** Runs intake over these files, rows of bad data set aside unless asked otherwise, and hands back what it wrote. */
export async function take(
  inputs: string | Uint8Array | Readonly<Record<string, string | Uint8Array>>,
  { badRows = "set-aside", of = company }: { badRows?: "refuse" | "set-aside"; of?: object } = {},
) {
  const files = typeof inputs === "string" || inputs instanceof Uint8Array ? { "data.csv": inputs } : inputs;
  const artifacts = memoryArtifacts({
    ...Object.fromEntries(Object.entries(files).map(([name, content]) => [`inputs/${name}`, content])),
    "company.json": JSON.stringify(of),
    "settings.json": JSON.stringify({ bad_rows: badRows }),
  });
  const result = await run(artifacts);
  const document: IntakeDocument = await json(artifacts, "intermediate/01_intake_validated.json");
  return {
    artifacts,
    result,
    document,
    points: lines<DataPoint>(artifacts, "intermediate/01_datapoints.ndjson"),
    statements: lines<Statement>(artifacts, "intermediate/01_statements.ndjson"),
    rejected: artifacts.files.has("intermediate/01_rejected_rows.csv")
      ? new TextDecoder().decode(artifacts.files.get("intermediate/01_rejected_rows.csv"))
      : "",
  };
}

export const run = (artifacts: Artifacts) =>
  intake.run({ reportId: "R-1", artifacts, now: () => new Date(0), log: () => undefined });

/** The error with which intake refuses, and the names of what it had published by then. */
export async function refusal(
  inputs: string | Uint8Array | Readonly<Record<string, string | Uint8Array>>,
  store?: Artifacts,
): Promise<{ readonly error: CsrdError; readonly wrote: readonly string[] }> {
  const files = typeof inputs === "string" || inputs instanceof Uint8Array ? { "data.csv": inputs } : inputs;
  const artifacts =
    store ??
    memoryArtifacts({
      ...Object.fromEntries(Object.entries(files).map(([name, content]) => [`inputs/${name}`, content])),
      "company.json": JSON.stringify(company),
    });
  const error: unknown = await run(artifacts).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!CsrdError.is(error)) throw new Error(`not refused: ${String(error)}`, { cause: error });
  const wrote = (await artifacts.list()).filter((name) => name.startsWith("intermediate/"));
  return { error, wrote };
}

function lines<T>(artifacts: { readonly files: ReadonlyMap<string, Uint8Array> }, name: string): T[] {
  return new TextDecoder()
    .decode(artifacts.files.get(name))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}

/** A ZIP archive of these parts, deflated. `declare` states another unpacked size than the true one. */
export function zip(parts: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(parts)) {
    const bytes = Buffer.from(content as string);
    const packed = deflateRawSync(bytes);
    const file = Buffer.from(name);
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(20, 4);
    head.writeUInt16LE(8, 8);
    head.writeUInt32LE(crc32(bytes), 14);
    head.writeUInt32LE(packed.length, 18);
    head.writeUInt32LE(bytes.length, 22);
    head.writeUInt16LE(file.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(20, 4);
    entry.writeUInt16LE(20, 6);
    head.copy(entry, 10, 8, 30);
    entry.writeUInt32LE(at, 42);
    local.push(head, file, packed);
    central.push(entry, file);
    at += head.length + file.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(parts).length, 8);
  end.writeUInt16LE(Object.keys(parts).length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...local, directory, end]);
}

/** What a cell of a test workbook holds: a text, a number, a number shown as a date or percentage, or a formula with its stored result. */
export type SheetCell =
  | string
  | number
  | { readonly date: number }
  | { readonly percent: number }
  | { readonly formula: string; readonly result: number };

const xml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

/** The parts of a workbook with these sheets; texts are shared, as spreadsheets store them. */
export function workbookParts(
  ...sheets: readonly (readonly (readonly SheetCell[])[])[]
): Record<string, string> {
  const texts: string[] = [];
  const cell = (value: SheetCell, reference: string): string => {
    if (typeof value === "number") return `<c r="${reference}"><v>${value}</v></c>`;
    if (typeof value === "string") return `<c r="${reference}" t="s"><v>${texts.push(value) - 1}</v></c>`;
    if ("date" in value) return `<c r="${reference}" s="1"><v>${value.date}</v></c>`;
    if ("percent" in value) return `<c r="${reference}" s="2"><v>${value.percent}</v></c>`;
    return `<c r="${reference}"><f>${xml(value.formula)}</f><v>${value.result}</v></c>`;
  };
  const bodies = sheets.map((rows) =>
    rows
      .map(
        (row, at) =>
          `<row r="${at + 1}">${row.map((value, column) => cell(value, `${String.fromCharCode(65 + column)}${at + 1}`)).join("")}</row>`,
      )
      .join(""),
  );
  const names = sheets.map((_, at) => at + 1);
  return {
    "[Content_Types].xml": "<Types/>",
    "xl/workbook.xml": `<workbook xmlns:r="r"><sheets>${names.map((n) => `<sheet name="Sheet ${n}" sheetId="${n}" r:id="rId${n}"/>`).join("")}</sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": `<Relationships>${names.map((n) => `<Relationship Id="rId${n}" Target="worksheets/sheet${n}.xml"/>`).join("")}</Relationships>`,
    "xl/styles.xml": `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="10"/></cellXfs></styleSheet>`,
    "xl/sharedStrings.xml": `<sst>${texts.map((text) => `<si><t>${xml(text)}</t></si>`).join("")}</sst>`,
    ...Object.fromEntries(
      bodies.map((body, at) => [
        `xl/worksheets/sheet${at + 1}.xml`,
        `<worksheet><sheetData>${body}</sheetData></worksheet>`,
      ]),
    ),
  };
}
