import { Decimal } from "decimal.js";
import type { Measure } from "#rules/intake-measures.ts";

/** How many places a measure moves the decimal point, where it is a power of ten; undefined otherwise. */
export function placesOf({ times, over }: Measure): number | undefined {
  const [high, low] = [digitsOf(times), digitsOf(over)];
  return high.digits === low.digits ? low.scale - high.scale : undefined;
}

/** Plain decimal text with its point moved: `shifted("12.5", -3)` is `0.0125`. Keeps the zeros that end a decimal. */
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
  // Zeros that end a whole number say nothing of its precision.
  const back = dot < 0 ? padded.slice(cut).replace(/0+$/, "") : padded.slice(cut);
  return `${negative ? "-" : ""}${front}${back === "" ? "" : `.${back}`}`;
}

/** Decimals kept beyond those of the figure where a conversion does not come out even, as from GJ to MWh. */
const beyond = 12;

/** A conversion that is no power of ten, ready to be applied to many figures: exact integers, rounded half up twelve decimals beyond the figure's own. */
export class Conversion {
  readonly #times: bigint;
  readonly #over: bigint;

  constructor({ times, over }: Measure) {
    const [high, low] = [digitsOf(times), digitsOf(over)];
    const scale = low.scale - high.scale + beyond;
    this.#times = BigInt(high.digits) * 10n ** BigInt(Math.max(0, scale));
    this.#over = BigInt(low.digits) * 10n ** BigInt(Math.max(0, -scale));
  }

  /** Plain decimal text, converted. */
  apply(text: string): string {
    const negative = text.startsWith("-");
    const digits = negative ? text.slice(1) : text;
    const dot = digits.indexOf(".");
    const decimals = (dot < 0 ? 0 : digits.length - dot - 1) + beyond;
    const value = BigInt(dot < 0 ? digits : digits.slice(0, dot) + digits.slice(dot + 1));
    const rounded = String((value * this.#times * 2n + this.#over) / (this.#over * 2n)).padStart(
      decimals + 1,
      "0",
    );
    const cut = rounded.length - decimals;
    let end = rounded.length;
    while (end > cut && rounded.charCodeAt(end - 1) === 48) end -= 1;
    return `${negative ? "-" : ""}${rounded.slice(0, cut)}${end === cut ? "" : `.${rounded.slice(cut, end)}`}`;
  }
}

/** A positive decimal as whole digits without zeros at the end, and the places behind the point: 3.6 is 36 and 1, 3600 is 36 and -2. */
function digitsOf(value: Decimal): { readonly digits: string; readonly scale: number } {
  const text = new Decimal(value).toFixed();
  const dot = text.indexOf(".");
  const all = dot < 0 ? text : text.slice(0, dot) + text.slice(dot + 1);
  const kept = all.replace(/0+$/, "");
  return {
    digits: kept.replace(/^0+/, "") || "0",
    scale: (dot < 0 ? 0 : text.length - dot - 1) - (all.length - kept.length),
  };
}
