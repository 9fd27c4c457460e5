import { Decimal } from "decimal.js";
import { currencies } from "./intake-currencies.ts";
import { unitNamed } from "./units.ts";

/** How a figure in a written unit becomes one in the canonical unit: times `times`, divided by `over`, and in which measure the result stands. */
export type Measure = {
  readonly unit: string;
  readonly times: Decimal;
  readonly over: Decimal;
  /** What a person should know of the reading; for instance that the unit says nothing the taxonomy keeps. */
  readonly doubt?: string;
};

const one = new Decimal(1);
/** Decimal arithmetic for the few factors of conversions; wide enough to be exact for all of them. */
const Exact = Decimal.clone({ precision: 60 });

/** Canonical measures of the taxonomy with the registry's unit of the same size. */
const physical: Readonly<Record<string, string>> = {
  "utr:MWh": "MWh",
  "utr:kWh": "kWh",
  "utr:GJ": "GJ",
  "utr:t": "tonne",
  "utr:kg": "kg",
  "utr:m3": "m3",
  "utr:l": "litre",
  "utr:ha": "ha",
  "utr:sqm": "m2",
  "utr:sqkm": "km2",
  "utr:tCO2e": "tCO2e",
};

/** Written names whose letters mean another unit in another case; they are read only as written here. */
const caseMatters: Readonly<Record<string, string>> = { ML: "million litres", Mt: "million tonnes" };
/** Written names that mean two units: `MT` is a metric ton to some and a megatonne to others. */
const twoMeanings: ReadonlySet<string> = new Set(["mt", "ml"]);

const fractions: Readonly<Record<string, string>> = {
  "%": "0.01",
  percent: "0.01",
  "per cent": "0.01",
  percentage: "0.01",
  pct: "0.01",
  prozent: "0.01",
  "percentage points": "0.01",
  "‰": "0.001",
  permille: "0.001",
  bps: "0.0001",
  "basis points": "0.0001",
  fraction: "1",
  ratio: "1",
  share: "1",
  rate: "1",
  pure: "1",
  "per million hours": "1",
  "per million hours worked": "1",
};

const counts: ReadonlySet<string> = new Set(
  (
    "pure number count counts headcount heads head_count employees employee persons person people workers members fte ftes " +
    "incidents incident cases case accidents accident fatalities injuries complaints sites site allowances species " +
    "hours hour h days day years year units unit pieces pcs # no nr ratio rate times number_of"
  ).split(" "),
);

const scales: readonly (readonly [pattern: RegExp, by: string])[] = [
  [/^(?:billion|bn|bln|mrd|milliard)$/, "1000000000"],
  [/^(?:million|millions|mio|mn|mln|m)$/, "1000000"],
  [/^(?:thousand|thousands|k|t|tsd|'?000s?)$/, "1000"],
];
const signs: Readonly<Record<string, string>> = { "€": "EUR", "£": "GBP" };

/** Reads a written unit as a measure of the kind that the canonical unit asks for; undefined when it measures something else or is not known. */
export function measureOf(written: string, canonical: string, type: string): Measure | undefined {
  const text = written.trim().replace(/^(?:utr|xbrli|iso4217):/i, "");
  if (text === "" || text.length > 60) return undefined;
  if (canonical.includes("/")) return ratioOf(text, canonical);
  if (canonical.startsWith("iso4217")) return moneyOf(text, canonical);
  if (canonical === "xbrli:pure" || canonical === "") return pureOf(text, type);
  return physicalOf(text, canonical);
}

function physicalOf(text: string, canonical: string): Measure | undefined {
  const size = physical[canonical];
  const target = size === undefined ? undefined : unitNamed(size);
  if (target === undefined) return undefined;
  const exact = caseMatters[text];
  if (exact === undefined && twoMeanings.has(text.toLowerCase())) return undefined;
  // The energy of fuels is stated on net calorific value (ESRS E1 AR 32 c).
  const given = unitNamed(exact ?? text.replace(/\s*\(?(?:net|lhv)(?:\s*cv)?\)?$/i, ""));
  if (given === undefined || given.dimension !== target.dimension) return undefined;
  return { unit: canonical, times: given.inBase, over: target.inBase };
}

function moneyOf(text: string, canonical: string): Measure | undefined {
  const wanted = canonical.slice("iso4217:".length);
  const spaced = text
    .replaceAll(/[€£]/g, (sign) => ` ${signs[sign] ?? ""} `)
    .replaceAll(/[()]/g, " ")
    .replace(/\bin\b/i, " ")
    .trim();
  const words = spaced.split(/[\s_-]+/).flatMap(splitAttached);
  const code = words.find((word) => currencies.has(word.toUpperCase()))?.toUpperCase();
  if (code === undefined || (wanted !== "" && wanted !== code)) return undefined;
  const others = words.filter((word) => word.toUpperCase() !== code);
  if (others.length === 0) return { unit: `iso4217:${code}`, times: one, over: one };
  if (others.length > 1) return undefined;
  const by = scales.find(([pattern]) => pattern.test(others[0]?.toLowerCase() ?? ""))?.[1];
  return by === undefined ? undefined : { unit: `iso4217:${code}`, times: new Exact(by), over: one };
}

/** `kEUR`, `TEUR`, `mEUR` and `EURm` as two words. */
function splitAttached(word: string): readonly string[] {
  const found =
    /^(k|t|m|mio|mn|mln|bn|mrd)([A-Z]{3})$/i.exec(word) ??
    /^([A-Z]{3})(k|t|m|mio|mn|mln|bn|mrd)$/i.exec(word);
  if (currencies.has(word.toUpperCase()) || found === null) return [word];
  return [found[1] ?? "", found[2] ?? ""];
}

function pureOf(text: string, type: string): Measure | undefined {
  const word = text.toLowerCase().replaceAll(/\s+/g, " ");
  if (type === "percent") {
    const by = fractions[word];
    return by === undefined ? undefined : { unit: "xbrli:pure", times: new Exact(by), over: one };
  }
  const name = word.replaceAll(/[ -]/g, "_");
  if (counts.has(name)) return { unit: "xbrli:pure", times: one, over: one };
  if (/^(?:number|count|no)_of_/.test(name) || /^full_?time_equivalents?$/.test(name))
    return { unit: "xbrli:pure", times: one, over: one };
  if (type !== "decimal") return undefined;
  return {
    unit: "xbrli:pure",
    times: one,
    over: one,
    doubt: `the figure is reported as a plain number; ${text} is not kept`,
  };
}

function ratioOf(text: string, canonical: string): Measure | undefined {
  const [top = "", bottom = ""] = canonical.split("/");
  const [above, below, ...more] = text.split(/\s*\/\s*|\s+per\s+/i);
  if (above === undefined || below === undefined || more.length > 0) return undefined;
  const over = physicalOf(above.replace(/^utr:/i, ""), top);
  const under = moneyOf(below.replace(/^iso4217:/i, ""), bottom);
  if (over === undefined || under === undefined) return undefined;
  return {
    unit: `${over.unit}/${under.unit}`,
    times: new Exact(over.times).times(under.over),
    over: new Exact(over.over).times(under.times),
  };
}
