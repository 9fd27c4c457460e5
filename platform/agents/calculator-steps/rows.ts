import type { Decimal } from "decimal.js";
import { Exact } from "#rules/formula-evaluate.ts";
import { CsrdError } from "../../errors.ts";
import type { DataPoint } from "../documents.ts";
import { fits, type Kind } from "./concepts.ts";
import type { Figure } from "./figures.ts";
import { figureId, type Place, placeKey } from "./place.ts";
import { whereIn, type Year } from "./years.ts";

type Group = {
  readonly id: string;
  readonly kind: Kind;
  readonly place: Place;
  readonly unit: string;
  sum: Decimal;
  rows: number;
  nils: number;
  /** Why no figure can be formed from these rows, with the first row that shows it. */
  fault?: { readonly because: string; readonly row: string };
  first?: { readonly value: Decimal; readonly row: string };
};

/** Rows that lie in no year of the report, by reason. */
type Aside = { readonly sentence: string; readonly first: string; rows: number };

/** Puts datapoint rows together into figures one by one: memory grows with the figures, not with the rows. */
export class RowGathering {
  readonly #kinds: ReadonlyMap<string, Kind>;
  readonly #years: readonly Year[];
  readonly #groups = new Map<string, Group>();
  readonly #places = new Map<string, ReturnType<typeof whereIn>>();
  readonly #aside = new Map<string, Aside>();
  #rows = 0;

  constructor(kinds: ReadonlyMap<string, Kind>, years: readonly Year[]) {
    this.#kinds = kinds;
    this.#years = years;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Takes one row in and says to which figure it went; undefined when it lies in no year of the report. */
  take(row: DataPoint): string | undefined {
    this.#rows += 1;
    const kind = this.#kinds.get(row.target);
    if (kind === undefined || !fits(row.unit, kind))
      throw new CsrdError("artifact-broken", {
        summary: `Row ${row.row} of ${row.input} holds ${row.target} in ${row.unit}, which is no figure that can be worked with.`,
        hint: "Run the intake stage again with the present catalogue.",
      });
    const when = this.#when(row, kind);
    if (when === undefined) {
      this.#setAside(row, kind);
      return undefined;
    }
    const group = this.#group(row, kind, when.year);
    this.#enter(group, row, when.fills);
    return group.id;
  }

  #when({ period }: DataPoint, { period: measured }: Kind): ReturnType<typeof whereIn> {
    const at = "instant" in period ? period.instant : `${period.start}/${period.end}`;
    const key = `${measured} ${at}`;
    const known = this.#places.get(key);
    if (known !== undefined || this.#places.has(key)) return known;
    const asked =
      measured === "instant" ? { instant: "instant" in period ? period.instant : period.end } : period;
    const found = whereIn(this.#years, asked);
    const place = measured === "instant" && found?.fills === false ? undefined : found;
    this.#places.set(key, place);
    return place;
  }

  #group(row: DataPoint, kind: Kind, year: number): Group {
    const place: Place = { year, dimensions: row.dimensions, typed: row.typed };
    const key = `${row.target} ${row.unit} ${placeKey(place)}`;
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const id = figureId(row.target, place, this.#years);
    const group: Group = { id, kind, place, unit: row.unit, sum: new Exact(0), rows: 0, nils: 0 };
    this.#groups.set(key, group);
    return group;
  }

  #enter(group: Group, { value, input, row, period }: DataPoint, fills: boolean): void {
    const { gathers } = group.kind;
    const where = `${input} row ${row}`;
    group.rows += 1;
    if (value === undefined) {
      group.nils += 1;
      return;
    }
    const number = numberOf(value, where);
    if (gathers !== "sum" && !fills)
      group.fault ??= {
        because: `it cannot be added over time, and the row covers ${"instant" in period ? period.instant : `${period.start} to ${period.end}`} only; give one value for the whole year`,
        row: where,
      };
    if (gathers === "unique" && group.first !== undefined && !group.first.value.equals(number))
      group.fault ??= {
        because: `it cannot be added up, and ${group.first.row} says ${group.first.value.toFixed()} while this row says ${number.toFixed()}`,
        row: where,
      };
    group.first ??= { value: number, row: where };
    group.sum = gathers === "unique" ? number : group.sum.plus(number);
  }

  #setAside({ input, row, period }: DataPoint, { name, period: measured }: Kind): void {
    const at = "instant" in period ? period.instant : `${period.start} to ${period.end}`;
    const key = `${measured} ${at}`;
    const held = this.#aside.get(key);
    if (held !== undefined) held.rows += 1;
    else
      this.#aside.set(key, {
        sentence:
          measured === "instant"
            ? `${at} does not end a year of the report`
            : `${at} lies in no one year of the report`,
        first: `${input} row ${row} (${name})`,
        rows: 1,
      });
  }

  /** The figures that were gathered, each exact. */
  figures(): readonly Figure[] {
    return [...this.#groups.values()].flatMap(({ id, kind, place, unit, sum, rows, nils, fault }) => {
      if (fault !== undefined) return [];
      const value = rows === nils ? undefined : sum.toDecimalPlaces(kind.places, Exact.ROUND_HALF_UP);
      const { period, name } = kind;
      return [
        {
          id,
          name,
          place,
          value,
          unit,
          decimals: value?.decimalPlaces() ?? 0,
          origin: "rows" as const,
          formula:
            rows === 1 || kind.gathers === "unique"
              ? "as-reported"
              : period === "instant"
                ? "sum-of-places"
                : "sum-of-rows",
          version: 1,
          from: [],
          rows,
        },
      ];
    });
  }

  /** What a person must know: figures that could not be formed, rows in no year, nil beside values. */
  warnings(): readonly string[] {
    const found: string[] = [];
    for (const { id, fault, rows, nils } of this.#groups.values()) {
      if (fault !== undefined) found.push(`${id} is not formed: ${fault.because} (${fault.row}).`);
      else if (nils > 0 && nils < rows)
        found.push(`${id}: ${nils} of its ${rows} rows say nil; the others are added up without them.`);
    }
    for (const { sentence, first, rows } of this.#aside.values())
      found.push(
        `${rows.toLocaleString("en")} ${rows === 1 ? "row is" : "rows are"} left aside: ${sentence} (first: ${first}).`,
      );
    return found;
  }
}

/** Decimal text as a number; refuses what no figure can be, so that one cell cannot stall the arithmetic. */
function numberOf(text: string, where: string): Decimal {
  if (/^-?\d{1,40}(?:\.\d{1,40})?$/.test(text)) return new Exact(text);
  throw new CsrdError("artifact-broken", {
    summary: `${where} holds ${JSON.stringify(text.slice(0, 40))}, which is no plain decimal number of at most 40 digits.`,
    hint: "Run the intake stage again from the input file.",
  });
}
