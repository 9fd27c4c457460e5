import type { AgentWork } from "../../agent.ts";
import type { Factors } from "../../catalogue/load.ts";
import { CsrdError, type CsrdErrorCode } from "../../errors.ts";
import { type ActivityRecord, type Company, files, type Remark } from "../documents.ts";
import { checkRow, type RowContext } from "./check-row.ts";
import { columns } from "./columns.ts";
import { factorMatcher } from "./match-factor.ts";
import { headerName, rowsOf, type Survey } from "./read-csv.ts";

/** What reading all rows gave: records, refusals with their cells, remarks, and the counts that quality is judged on. */
export type Read = {
  readonly header: readonly string[];
  readonly total: number;
  readonly records: readonly ActivityRecord[];
  readonly rejected: readonly (Remark & { readonly code: CsrdErrorCode })[];
  readonly rejectedCells: readonly (readonly string[])[];
  readonly warnings: readonly Remark[];
  readonly repeated: number;
  readonly cells: number;
  readonly filled: number;
};

/** Reads and judges every row, in a stream; throws for a file without a usable header or without rows. */
export async function readRows(
  work: AgentWork,
  found: Survey,
  company: Company,
  factors: Factors,
  countries: ReadonlySet<string>,
): Promise<Read> {
  const context: RowContext = {
    company,
    countries,
    decimalMark: found.decimalMark,
    match: factorMatcher(factors),
    seen: new Map(),
  };
  const records: ActivityRecord[] = [];
  const rejected: (Remark & { code: CsrdErrorCode })[] = [];
  const rejectedCells: (readonly string[])[] = [];
  const warnings: Remark[] = [];
  const contents = new Map<string, number>();
  let [header, total, repeated, cells, filled]: [readonly string[], number, number, number, number] = [
    [],
    0,
    0,
    0,
    0,
  ];
  for await (const { row, cells: raw, broken } of rowsOf(work.artifacts, files.input, found)) {
    if (header.length === 0) {
      header = checkedHeader(raw);
      continue;
    }
    total += 1;
    if (total % 5000 === 0) {
      work.signal?.throwIfAborted();
      work.progress?.(total, undefined, "rows read");
    }
    const reject = (problem: Remark & { code: CsrdErrorCode }): void => {
      rejected.push(problem);
      rejectedCells.push(raw);
    };
    if (broken !== undefined) {
      reject({
        code: "row-malformed",
        row,
        column: header[0] ?? "record_id",
        sentence: broken,
        hint: "Close the quotation mark, or shorten the cell.",
      });
      continue;
    }
    if (raw.length > header.length && raw.slice(header.length).some((cell) => cell.trim() !== "")) {
      reject({
        code: "row-malformed",
        row,
        column: header.at(-1) ?? "record_id",
        sentence: `the row has ${raw.length} cells, the header ${header.length}.`,
        hint: "Put cells that contain the delimiter into quotation marks.",
      });
      continue;
    }
    const byName = Object.fromEntries(header.map((name, index) => [name, cleaned(raw[index] ?? "")]));
    const mattering = columns.filter(({ matters }) => matters);
    cells += mattering.length;
    filled += mattering.filter(({ name }) => (byName[name] ?? "") !== "").length;
    const verdict = checkRow(row, byName, context);
    if (verdict.kind === "rejected") {
      reject(verdict.problem);
      continue;
    }
    const { record } = verdict;
    const content = JSON.stringify([
      record.site,
      record.scope,
      record.category,
      record.activity,
      record.amount,
      record.unit,
      record.period_start,
      record.period_end,
    ]);
    const before = contents.get(content);
    if (before !== undefined) {
      repeated += 1;
      warnings.push({
        code: "repeated",
        row,
        column: "record_id",
        sentence: `the row says the same as row ${before} under another id.`,
        hint: "Remove one of them if it is the same consumption.",
      });
    } else contents.set(content, row);
    records.push(record);
    warnings.push(...verdict.warnings);
  }
  work.progress?.(total, total, "rows read");
  if (total === 0)
    throw new CsrdError("input-empty", {
      summary: `${files.input} has a header but no rows.`,
      hint: "Add at least one activity below the header.",
    });
  return { header, total, records, rejected, rejectedCells, warnings, repeated, cells, filled };
}

function checkedHeader(raw: readonly string[]): readonly string[] {
  const header = raw.map(headerName);
  const twice = header.find((name, index) => name !== "" && header.indexOf(name) !== index);
  if (twice !== undefined)
    throw new CsrdError("column-duplicate", {
      summary: `Row 1: the column ${JSON.stringify(twice.slice(0, 40))} occurs twice.`,
      hint: "Remove or rename one of them.",
    });
  const missing = columns
    .filter(({ name, required }) => required && !header.includes(name))
    .map(({ name }) => name);
  if (missing.length === 0) return header;
  throw new CsrdError("column-missing", {
    summary: `Row 1: the column ${missing.join(", ")} is missing.`,
    hint: `A header needs ${columns
      .filter(({ required }) => required)
      .map(({ name }) => name)
      .join(", ")}.`,
  });
}

// Control and direction characters but tab and line ends.
const unseen = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** Trims, drops control characters, and takes off the apostrophe that keeps a spreadsheet from running a cell as a formula. */
function cleaned(cell: string): string {
  const text = cell.replaceAll(unseen, "").trim();
  return /^'[=+\-@\t\r]/.test(text) ? text.slice(1) : text;
}
