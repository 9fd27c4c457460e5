import type { Decimal } from "decimal.js";
import type { CsrdErrorCode } from "../../errors.ts";
import type { Remark } from "../documents.ts";
import { type DecimalMark, readNumber } from "./number.ts";

/** Thrown while one row is judged, and caught there: the problem with one cell. */
export class Rejection extends Error {
  readonly problem: Omit<Remark, "row"> & { readonly code: CsrdErrorCode };

  constructor(code: CsrdErrorCode, column: string, sentence: string, hint: string) {
    super(sentence);
    this.problem = { code, column, sentence, hint };
  }
}

/** Foreign text in a sentence: quoted and cut. */
export function quote(value: string): string {
  return JSON.stringify(value.slice(0, 60));
}

const maximum = "1e15";

/** One row's cells, each read as what it should hold; throws a `Rejection` that names the column. */
export class Cells {
  readonly #cells: Readonly<Record<string, string>>;
  readonly #mark: DecimalMark;

  constructor(cells: Readonly<Record<string, string>>, mark: DecimalMark) {
    this.#cells = cells;
    this.#mark = mark;
  }

  /** The cell's text, empty when the column is absent. */
  text(column: string): string {
    return this.#cells[column] ?? "";
  }

  /** The cell's text, which must not be empty. */
  needed(column: string): string {
    const text = this.text(column);
    if (text !== "") return text;
    throw new Rejection("value-missing", column, "the cell is empty.", "Fill it in.");
  }

  /** A decimal number, not negative. */
  number(column: string): Decimal {
    const value = this.needed(column);
    const read = readNumber(value, this.#mark);
    if (read === "ambiguous")
      throw new Rejection(
        "amount-unreadable",
        column,
        `${quote(value)} could mean a thousand or a decimal.`,
        "Write it without a thousands separator, or with decimals.",
      );
    if (read === "unreadable")
      throw new Rejection(
        "amount-unreadable",
        column,
        `${quote(value)} is not a number.`,
        "Write digits only; the unit goes into its own column.",
      );
    if (read.isNegative() && !read.isZero())
      throw new Rejection(
        "amount-negative",
        column,
        `${value} is negative.`,
        "Emissions are reported gross (ESRS E1 paragraph 44): correct the original row instead of booking it back.",
      );
    if (read.greaterThan(maximum))
      throw new Rejection(
        "amount-unreadable",
        column,
        `${quote(value)} is larger than any company could use.`,
        "Check the unit and the number of zeros.",
      );
    return read;
  }

  /** One word of a closed list, without regard to case, spaces or underscores. */
  choice(column: string, allowed: readonly string[]): string {
    const value = this.needed(column);
    const written = value.toLowerCase().replaceAll(/[\s_]+/g, "-");
    if (allowed.includes(written)) return written;
    throw new Rejection(
      "value-unknown",
      column,
      `${quote(value)} is not one of ${allowed.join(", ")}.`,
      "Use one of these.",
    );
  }

  /** Yes or no; empty means no. */
  flag(column: string): boolean {
    if (this.text(column) === "") return false;
    const yes = ["yes", "y", "true", "1"];
    return yes.includes(this.choice(column, [...yes, "no", "n", "false", "0"]));
  }

  /** A real day as YYYY-MM-DD; DD.MM.YYYY is understood too. */
  day(column: string): string {
    const text = this.needed(column);
    const dotted = /^(\d{2})\.(\d{2})\.(\d{4})$/.exec(text);
    const iso = dotted === null ? text : `${dotted[3]}-${dotted[2]}-${dotted[1]}`;
    const at = /^\d{4}-\d{2}-\d{2}$/.test(iso) ? new Date(`${iso}T00:00:00Z`) : undefined;
    if (at !== undefined && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(iso)) return iso;
    throw new Rejection("date-wrong", column, `${quote(text)} is not a date.`, "Write it as YYYY-MM-DD.");
  }
}
