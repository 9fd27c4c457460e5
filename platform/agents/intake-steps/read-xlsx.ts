import { Decimal } from "decimal.js";
import type { Artifacts } from "../../agent.ts";
import { CsrdError } from "../../errors.ts";
import { shifted } from "./decimal-text.ts";
import { type Batch, headerName, limits, plainName, type Source, tooLarge } from "./source.ts";
import { type CellKind, readParts, type WorkbookParts } from "./workbook-parts.ts";
import { readXml } from "./workbook-xml.ts";
import { openWorkbook, type Workbook } from "./workbook-zip.ts";

/** A row of a sheet as it was stored. */
type SheetRow = {
  readonly number: number;
  readonly cells: string[];
  /** Columns whose number is shown as a percentage. */
  readonly percents: number[];
  readonly calculated: number[];
  broken: string | undefined;
};

const mostSheets = 50;
const sheetPart = 2_000_000_000;
/** What reaches out of the workbook when it is calculated. */
const outside = /\||\b(?:WEBSERVICE|DDE|EXEC|CALL|REGISTER|FILTERXML|RTD)\s*\(|\[\d+\]|https?:/i;

/** Opens a workbook: the first sheet whose first row names the columns of datapoint or activity rows. Its rows are streamed. */
export async function openXlsx(artifacts: Artifacts, name: string): Promise<Source> {
  const workbook = await openWorkbook(artifacts, name);
  const parts = await readParts(workbook, name);
  const notes: { reason: string; sentence: string; hint: string }[] = [];
  let first:
    | { readonly header: readonly string[]; readonly part: string; readonly sheet: string }
    | undefined;
  let shown: readonly string[] = [];
  for (const { name: sheet, part } of parts.sheets.slice(0, mostSheets)) {
    const header = await headerOf(workbook, parts, name, part);
    if (shown.length === 0) shown = header;
    if (!header.includes("metric_code") && !header.includes("record_id")) continue;
    first = { header, part, sheet };
    break;
  }
  if (first === undefined && shown.length === 0)
    throw new CsrdError("input-empty", {
      summary: `${plainName(name)} has no sheet with a header row.`,
      hint: "Put the column names into the first row of a sheet.",
    });
  const chosen = first ?? { header: shown, part: parts.sheets[0]?.part ?? "", sheet: "" };
  const twice = chosen.header.find((column, at) => column !== "" && chosen.header.indexOf(column) !== at);
  if (twice !== undefined)
    throw new CsrdError("column-duplicate", {
      summary: `Row 1: the column ${JSON.stringify(twice.slice(0, 40))} occurs twice.`,
      hint: "Remove or rename one of them.",
    });
  if (parts.sheets.length > 1)
    notes.push({
      reason: "sheet-unused",
      sentence: `Only the sheet ${JSON.stringify(chosen.sheet.slice(0, 40))} was read, of ${parts.sheets.length}.`,
      hint: "Put each table into a file of its own.",
    });
  return {
    name,
    format: "xlsx",
    encoding: "utf-8",
    delimiter: "",
    decimalMark: "unknown",
    header: chosen.header,
    notes,
    seal: workbook.seal,
    async *rows() {
      let [calculated, seenHeader] = [0, false];
      const [value, unit] = [chosen.header.indexOf("value"), chosen.header.indexOf("unit")];
      for await (const rows of rowsOf(workbook, parts, name, chosen.part)) {
        const data = seenHeader ? rows : rows.slice(1);
        seenHeader ||= rows.length > 0;
        for (const row of data) {
          calculated += row.calculated.length;
          percentOf(row, value, unit);
          const more = row.cells.slice(chosen.header.length).some((cell) => cell !== "");
          if (more)
            row.broken ??= `the row has ${row.cells.length} cells, the header ${chosen.header.length}.`;
          const long = row.cells.findIndex(
            (cell, at) => cell.length > (at === value ? limits.text : limits.cell),
          );
          if (long >= 0) row.broken ??= `the cell in column ${chosen.header[long] ?? ""} is too long.`;
        }
        if (data.length > 0) yield batchOf(data);
      }
      if (calculated > 0)
        notes.push({
          reason: "calculated-cell",
          sentence: `${calculated} cells of ${plainName(name)} are calculated; the results stored in the file were read.`,
          hint: "Replace formulas by their values before a final report.",
        });
      workbook.close();
    },
  };
}

function batchOf(rows: readonly SheetRow[]): Batch {
  const broken = new Map<number, string>();
  for (const [place, row] of rows.entries()) if (row.broken !== undefined) broken.set(place, row.broken);
  return {
    rows: rows.map(({ cells }) => cells),
    numbers: rows.map(({ number }) => number),
    first: 0,
    plain: false,
    ...(broken.size === 0 ? {} : { broken }),
  };
}

/** A figure shown as `12 %` is stored as 0.12; beside the unit % it means 12. */
function percentOf({ cells, percents }: SheetRow, value: number, unit: number): void {
  if (
    !percents.includes(value) ||
    !/^(?:%|percent|per cent|pct|percentage)$/i.test((cells[unit] ?? "").trim())
  )
    return;
  cells[value] = shifted(cells[value] ?? "", 2)
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "");
}

async function headerOf(
  workbook: Workbook,
  parts: WorkbookParts,
  name: string,
  part: string,
): Promise<readonly string[]> {
  for await (const rows of rowsOf(workbook, parts, name, part)) {
    const first = rows[0];
    if (first === undefined) continue;
    if (first.broken !== undefined)
      throw tooLarge(`Row ${first.number} of ${plainName(name)}: ${first.broken}`);
    return first.cells.map(headerName);
  }
  return [];
}

/** The rows of a sheet that hold anything, a few at a time. */
async function* rowsOf(
  workbook: Workbook,
  parts: WorkbookParts,
  name: string,
  part: string,
): AsyncGenerator<readonly SheetRow[]> {
  const stream = await workbook.part(part, sheetPart);
  if (stream === undefined) return;
  const reader = new SheetReader(parts, name);
  try {
    for await (const read of readXml(stream, name, part, reader)) {
      const rows = read > 0 ? reader.done() : [];
      if (rows.length > 0) yield rows;
    }
  } finally {
    stream.destroy();
  }
}

/** Puts rows together from a sheet's XML. */
class SheetReader {
  readonly #parts: WorkbookParts;
  readonly #name: string;
  #rows: SheetRow[] = [];
  #row: SheetRow | undefined;
  #last = 0;
  #column = -1;
  #type = "n";
  #kind: CellKind = "number";
  #text = "";
  #formula = "";
  #takes: "value" | "formula" | undefined;
  #count = 0;

  constructor(parts: WorkbookParts, name: string) {
    this.#parts = parts;
    this.#name = name;
  }

  done(): readonly SheetRow[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  open(tag: string, attributes: Readonly<Record<string, string>>): void {
    if (tag === "row") {
      const number = Number(attributes["r"] ?? this.#last + 1);
      this.#last = Number.isSafeInteger(number) && number > 0 ? number : this.#last + 1;
      this.#row = { number: this.#last, cells: [], percents: [], calculated: [], broken: undefined };
      this.#column = -1;
    } else if (tag === "c") {
      this.#column = columnOf(attributes["r"]) ?? this.#column + 1;
      this.#type = attributes["t"] ?? "n";
      this.#kind = this.#parts.kinds[Number(attributes["s"] ?? 0)] ?? "number";
      this.#text = "";
      this.#formula = "";
    } else if (tag === "f") {
      this.#takes = "formula";
      if (this.#row !== undefined) this.#row.calculated.push(this.#column);
    } else if (tag === "v" || tag === "t") this.#takes = "value";
    else if (tag === "rPh") this.#takes = undefined;
  }

  text(some: string): void {
    if (this.#takes === "value") this.#text += some;
    else if (this.#takes === "formula") this.#formula += some;
    if (this.#text.length + this.#formula.length > limits.record)
      throw tooLarge(
        `Row ${this.#last} of ${plainName(this.#name)} has a cell of more than a million characters.`,
      );
  }

  close(tag: string): void {
    if (tag === "v" || tag === "t" || tag === "f") this.#takes = undefined;
    else if (tag === "c") this.#cell();
    else if (tag === "row" && this.#row !== undefined) {
      if (this.#row.cells.some((cell) => cell !== "") || this.#row.broken !== undefined) {
        this.#rows.push(this.#row);
        this.#count += 1;
        if (this.#count > limits.rows) throw tooLarge(`${plainName(this.#name)} has too many rows.`);
      }
      this.#row = undefined;
    }
  }

  #cell(): void {
    const row = this.#row;
    if (row === undefined) return;
    if (this.#column >= limits.columns) {
      if (this.#text !== "") row.broken = `it has more than ${limits.columns} columns.`;
      return;
    }
    if (outside.test(this.#formula))
      row.broken = `the cell in column ${this.#column + 1} calculates with something outside the workbook.`;
    while (row.cells.length < this.#column) row.cells.push("");
    row.cells[this.#column] = this.#value(row);
  }

  #value(row: SheetRow): string {
    const text = this.#text;
    switch (this.#type) {
      case "s":
        return this.#parts.texts[Number(text)] ?? "";
      case "b":
        return text === "1" ? "true" : "false";
      case "n":
        if (text === "" || Number.isNaN(Number(text))) return text;
        if (this.#kind === "date") return dateOf(Number(text), this.#parts.from1904);
        if (this.#kind === "percent") row.percents.push(this.#column);
        return shownNumber(text);
      default:
        return text;
    }
  }
}

/** The place of a cell reference such as `AB12`; undefined when there is none. */
function columnOf(reference: string | undefined): number | undefined {
  const letters = /^[A-Z]{1,3}/.exec(reference ?? "")?.[0];
  if (letters === undefined) return undefined;
  let place = 0;
  for (const letter of letters) place = place * 26 + letter.charCodeAt(0) - 64;
  return place - 1;
}

/** A stored number to the fifteen digits that a spreadsheet keeps: 0.30000000000000004 is 0.3. */
function shownNumber(text: string): string {
  const value = Number(text);
  if (!Number.isFinite(value)) return text;
  return new Decimal(value.toPrecision(15)).toFixed();
}

/** The day of a spreadsheet's day number; 1900 was no leap year, though spreadsheets count one. */
function dateOf(serial: number, from1904: boolean): string {
  const days = from1904 ? serial + 1462 : serial;
  const at = new Date(Date.UTC(1899, 11, days < 60 ? 31 : 30) + Math.floor(days) * 86_400_000);
  return Number.isNaN(at.getTime()) ? String(serial) : at.toISOString().slice(0, 10);
}
