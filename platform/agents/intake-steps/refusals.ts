import Papa from "papaparse";
import { CsrdError, type CsrdErrorCode } from "../../errors.ts";
import { files, type Remark } from "../documents.ts";
import { limits } from "./read-csv.ts";
import type { Read } from "./read-rows.ts";

function place({ row, column, sentence }: Remark): string {
  return `Row ${row}, column ${column}: ${sentence}`;
}

/** The error that refuses a whole file for its first bad row, with the others in its details. */
export function refusal(first: Remark & { code: CsrdErrorCode }, all: readonly Remark[]): CsrdError {
  const more = all.length - 1;
  return new CsrdError(first.code, {
    summary: place(first),
    hint: `${first.hint}${more > 0 ? ` ${more} more ${more === 1 ? "row has" : "rows have"} a problem; \`csrd validate\` lists them.` : ""}`,
    details: listed(all),
  });
}

/** The error for a file of which no row can be used; its details list the rows. */
export function nothingUsable(total: number, all: readonly Remark[]): CsrdError {
  const first = all[0];
  return new CsrdError("no-records", {
    summary: `None of the ${total} rows of ${files.input} can be used.`,
    hint: first === undefined ? "Add activities below the header row." : `${place(first)} ${first.hint}`,
    details: listed(all),
  });
}

function listed(all: readonly Remark[]): string {
  return all
    .slice(0, 1000)
    .map((problem) => `${place(problem)} ${problem.hint} [${problem.code}]`)
    .join("\n");
}

/** The rows to fix, with the reason beside each; cells that a spreadsheet would run are made plain text. */
export function rejectedCsv({ header, rejected, rejectedCells }: Read): string {
  const rows = rejectedCells.map((cells, index) => [
    ...header.map((_, at) => inert(cells[at] ?? "")),
    inert(rejected[index] === undefined ? "" : place(rejected[index])),
  ]);
  return `${Papa.unparse([[...header.map(inert), "why"], ...rows], { newline: "\n" })}\n`;
}

function inert(cell: string): string {
  return /^[=+\-@\t\r]/.test(cell) && !/^[+-]?[\d.,]+$/.test(cell)
    ? `'${cell.slice(0, limits.cell)}`
    : cell.slice(0, limits.cell);
}
