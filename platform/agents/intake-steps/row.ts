import type { Decimal } from "decimal.js";
import { unseen } from "./characters.ts";
import { jsonText } from "./lines.ts";
import { type DecimalMark, isPlainDecimal, markOf, readNumber } from "./number.ts";
import { Rejection } from "./rejection.ts";
import { plainName } from "./source.ts";

/** Trims, drops control characters, and takes off the apostrophe that keeps a spreadsheet from running a cell as a formula. */
function cleaned(cell: string): string {
  const text = cell.replaceAll(unseen, "").trim();
  return /^'[=+\-@\t\r]/.test(text) ? text.slice(1) : text;
}

/** Where rows come from, so that any row can be named by one number over all inputs. */
export class Origins {
  readonly #starts: { readonly input: string; readonly base: number }[] = [];
  #next = 0;

  /** The number before the first row of this input. */
  begin(input: string): number {
    const base = this.#next;
    this.#starts.push({ input, base });
    return base;
  }

  /** Notes up to which row the current input went. */
  reached(ordinal: number): void {
    if (ordinal > this.#next) this.#next = ordinal;
  }

  of(ordinal: number): { readonly input: string; readonly row: number } {
    const start = this.#starts.findLast(({ base }) => base < ordinal);
    return { input: start?.input ?? "", row: ordinal - (start?.base ?? 0) };
  }

  /** `row 17`, with its file when there are several. */
  nameOf(ordinal: number): string {
    const { input, row } = this.of(ordinal);
    return this.#starts.length > 1 ? `row ${row} of ${plainName(input)}` : `row ${row}`;
  }
}

/** A figure, or why it is none; `read` is there when its text is not what was written. */
type Figure =
  | { readonly text: string; readonly read?: Decimal }
  | "ambiguous"
  | "unreadable"
  | "contradictory";

const quotePlain = (text: string): string => `"${text}"`;

/** The row that is being read: one object for all rows of an input, filled anew for each. */
export class Row<Name extends string> {
  readonly input: string;
  /** What a line about a row of this input begins with, up to the row's number. */
  readonly start: string;
  /** What divides decimals in this file; settled by the first figure that shows it, where the file's beginning does not. */
  mark: DecimalMark;
  /** The first row in which `1.234` was read as a number below two, while nothing spoke against it; 0 for none. */
  dotted = 0;
  readonly #origins: Origins;
  readonly #base: number;
  readonly #at: Int16Array;
  readonly #names: readonly Name[];
  #cells: readonly string[] = [];
  #plain = false;
  number = 0;
  ordinal = 0;
  /** Writes a cell of this row as JSON. */
  json: (text: string) => string = jsonText;

  constructor(
    input: string,
    mark: DecimalMark,
    names: readonly Name[],
    header: readonly string[],
    origins: Origins,
  ) {
    this.input = plainName(input);
    this.start = `{"input":${JSON.stringify(this.input)},"row":`;
    this.mark = mark;
    this.#names = names;
    this.#at = Int16Array.from(names, (name) => header.indexOf(name));
    this.#origins = origins;
    this.#base = origins.begin(input);
  }

  /** Goes to a row whose cells are read otherwise. */
  go(number: number): void {
    this.number = number;
    this.ordinal = this.#base + number;
    this.#origins.reached(this.ordinal);
  }

  fill(cells: readonly string[], number: number, plain: boolean): void {
    this.#cells = cells;
    this.#plain = plain;
    this.json = plain ? quotePlain : jsonText;
    this.go(number);
  }

  /** The cell of a column, by the column's place among `names`; empty when the column is absent. */
  at(column: number): string {
    const at = this.#at[column] ?? -1;
    const cell = at < 0 ? undefined : this.#cells[at];
    if (cell === undefined || cell === "") return "";
    if (this.#plain) {
      const first = cell.charCodeAt(0);
      const last = cell.charCodeAt(cell.length - 1);
      if (first > 39 && first < 127 && last > 32 && last < 127) return cell;
    }
    return cleaned(cell);
  }

  /** The cell of a column, which must not be empty. */
  needed(column: number): string {
    const text = this.at(column);
    if (text !== "") return text;
    throw new Rejection("value-missing", this.#names[column] ?? "", "the cell is empty.", "Fill it in.");
  }

  /** Reads a figure of this row as plain decimal text; `contradictory` when it shows that an earlier one may have been misread. */
  figure(value: string): Figure {
    if (this.mark === "unknown") {
      const shown = markOf(value);
      if (shown === "," && this.dotted > 0) return "contradictory";
      if (shown !== "unknown") this.mark = shown;
      else if (this.dotted === 0 && /^[+-]?\d{1,3}\.\d{3}$/.test(value)) this.dotted = this.number;
    }
    if (isPlainDecimal(value, this.mark)) return { text: value };
    const read = readNumber(value, this.mark);
    return typeof read === "string" ? read : { text: read.toFixed(), read };
  }

  nameOf(ordinal: number): string {
    return this.#origins.nameOf(ordinal);
  }
}
