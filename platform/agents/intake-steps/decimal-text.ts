import type { Decimal } from "decimal.js";
import { Exact } from "#rules/intake-measures.ts";

/** How many places a factor moves the decimal point, where it is a power of ten; undefined otherwise. */
export function placesOf(by: Decimal): number | undefined {
  if (by.isNegative() || by.isZero()) return undefined;
  const exponent = by.e;
  return by.equals(new Exact(10).pow(exponent)) ? exponent : undefined;
}

/** Plain decimal text with its point moved: `shifted("12.5", -3)` is `0.0125`. Keeps every digit, also trailing zeros. */
export function shifted(text: string, places: number): string {
  if (places === 0) return text;
  const negative = text.startsWith("-");
  const digits = negative ? text.slice(1) : text;
  const dot = digits.indexOf(".");
  const whole = dot < 0 ? digits : digits.slice(0, dot);
  const part = dot < 0 ? "" : digits.slice(dot + 1);
  const all = whole + part;
  const at = whole.length + places;
  const padded =
    at <= 0 ? "0".repeat(1 - at) + all : at > all.length ? all + "0".repeat(at - all.length) : all;
  const cut = at <= 0 ? 1 : at;
  const front = padded.slice(0, cut).replace(/^0+(?=\d)/, "");
  const back = padded.slice(cut);
  return `${negative ? "-" : ""}${front}${back === "" ? "" : `.${back}`}`;
}
