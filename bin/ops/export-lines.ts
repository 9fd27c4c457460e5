import papaparse from "papaparse";
import { exportColumns, type ExportColumn, type ExportRow } from "#kit/postmortem/row.ts";
import { clean } from "#kit/render/width.ts";

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant record
const columns = Object.keys(exportColumns) as readonly ExportColumn[];

/**
 * Openings that a spreadsheet takes for a formula, the full-width ones included; such a cell gets an apostrophe in front.
 * Source: OWASP, CSV Injection.
 */
const formula = /^[=+\-@\t\r\n＝＋－＠]/;

/** The names of the columns as a line of CSV. */
export function csvHeader(): string {
  return csv(columns);
}

/** A row as a line of CSV (RFC 4180): every cell on one line, none that a spreadsheet would calculate. */
export function csvLine(row: ExportRow): string {
  return csv(columns.map((column) => cell(row[column])));
}

/** A row as a line of NDJSON, its members in the order of the columns. */
export function ndjsonLine(row: ExportRow): string {
  const members = columns.flatMap((column) =>
    row[column] === undefined ? [] : [[column, row[column]] as const],
  );
  return `${JSON.stringify(Object.fromEntries(members))}\n`;
}

function cell(value: string | number | boolean | undefined): string {
  return typeof value === "string" ? clean(value, 2_000) : String(value ?? "");
}

function csv(cells: readonly string[]): string {
  return `${papaparse.unparse([[...cells]], { escapeFormulae: formula, newline: "\r\n" })}\r\n`;
}
