import { Decimal } from "decimal.js";
import { dayOf } from "./period.ts";
import { noFigure, quote, Rejection } from "./rejection.ts";
import type { Row } from "./row.ts";

const maximum = "1e15";

/** One row's cells, each read as what it should hold; throws a `Rejection` that names the column. */
export class Cells {
  readonly #row: Row<string>;
  readonly #places: ReadonlyMap<string, number>;

  constructor(row: Row<string>, places: ReadonlyMap<string, number>) {
    this.#row = row;
    this.#places = places;
  }

  /** The cell's text, empty when the column is absent. */
  text(column: string): string {
    return this.#row.at(this.#places.get(column) ?? -1);
  }

  /** The cell's text, which must not be empty. */
  needed(column: string): string {
    const text = this.text(column);
    if (text !== "") return text;
    throw new Rejection("value-missing", column, "the cell is empty.", "Fill it in.");
  }

  /** A decimal number that is not negative, as plain text. */
  number(column: string): string {
    const value = this.needed(column);
    const figure = this.#row.figure(value);
    if (typeof figure === "string") throw noFigure(column, value, figure, this.#row.dotted);
    if (value.length < 16 && figure.read === undefined && !value.startsWith("-")) return value;
    const read = figure.read ?? new Decimal(figure.text);
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
        "E020",
      );
    return read.toFixed();
  }

  /** One word of a closed list, without regard to case, spaces or underscores. */
  choice(column: string, allowed: readonly string[], code?: string): string {
    const value = this.needed(column);
    const written = value.toLowerCase().replaceAll(/[\s_]+/g, "-");
    if (allowed.includes(written)) return written;
    throw new Rejection(
      "value-unknown",
      column,
      `${quote(value)} is not one of ${allowed.join(", ")}.`,
      "Use one of these.",
      code,
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
    const day = dayOf(text);
    if (day !== undefined) return day;
    throw new Rejection("date-wrong", column, `${quote(text)} is not a date.`, "Write it as YYYY-MM-DD.");
  }
}
