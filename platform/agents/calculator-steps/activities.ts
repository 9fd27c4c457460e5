import type { Decimal } from "decimal.js";
import { Exact } from "#rules/formula-evaluate.ts";
import type { FormulaBook } from "#rules/formula-book.ts";
import type { Factors } from "../../catalogue/load.ts";
import { CsrdError } from "../../errors.ts";
import type { ActivityRecord, MetricsDocument } from "../documents.ts";
import { instruments, scope3Categories } from "../intake-steps/columns.ts";
import { ActivityRemarks } from "./activity-remarks.ts";
import { contributionsOf, type Emission } from "./emissions.ts";
import { FactorDesk } from "./factor-desk.ts";
import type { Figure } from "./figures.ts";
import { figureId, type Place, scope3Axis, wholeYear } from "./place.ts";
import type { Year } from "./years.ts";

const biogenicConcepts = {
  1: "BiogenicEmissionsOfCO2FromCombustionOrBiodegradationOfBiomassNotIncludedInScope1GHGEmissions",
  2: "BiogenicEmissionsOfCO2FromCombustionOrBiodegradationOfBiomassNotIncludedInScope2GHGEmissions",
  3: "BiogenicEmissionsOfCO2FromCombustionOrBiodegradationOfBiomassThatOccurInUpstreamAndDownstreamValueChainNotIncludedInScope3GHGEmissions",
} as const;
const bases = [
  "scope_1",
  "scope_2_location",
  "scope_2_market",
  "scope_3",
  "total_location",
  "total_market",
] as const;

/** Adds up the emissions of activity records one by one, in memory that does not grow with their number. */
export class ActivityEmissions {
  readonly #book: FormulaBook;
  readonly #factors: Factors;
  readonly #years: readonly Year[];
  readonly #desk: FactorDesk;
  readonly #sums = new Map<string, { tonnes: Decimal; rows: number }>();
  readonly #published = new Map<string, Decimal>();
  readonly #sources = new Map<string, { records: number; own: boolean }>();
  readonly #remarks = new ActivityRemarks();
  #records = 0;

  constructor(book: FormulaBook, factors: Factors, years: readonly Year[]) {
    this.#book = book;
    this.#factors = factors;
    this.#years = years;
    this.#desk = new FactorDesk(factors);
  }

  get records(): number {
    return this.#records;
  }

  /** Takes one record in and hands back its lineage entries. */
  take(record: ActivityRecord): readonly Emission[] {
    const entries = contributionsOf(record, this.#desk, this.#formula("activity-emissions"));
    this.#records += 1;
    for (const entry of entries) this.#enter(record, entry);
    const sources = new Set(
      entries.flatMap(({ factor }) => (factor.id.startsWith("contract:") ? [] : [factor.source])),
    );
    for (const source of sources) {
      const held = this.#sources.get(source) ?? { records: 0, own: false };
      this.#sources.set(source, {
        records: held.records + 1,
        own: held.own || (record.factor.kind === "own" && record.factor.source === source),
      });
    }
    this.#remarks.take(record, entries);
    return entries;
  }

  #enter(record: ActivityRecord, entry: Emission): void {
    const { scope, method, category, country } = entry;
    const tonnes = new Exact(entry.tonnes);
    const published =
      entry.tonnes_as_published === entry.tonnes ? tonnes : new Exact(entry.tonnes_as_published);
    const [located, marketed] = [method !== "market-based", method !== "location-based"];
    const basis =
      scope === 2 ? (located ? "scope_2_location" : "scope_2_market") : (`scope_${scope}` as const);
    this.#add(basis, tonnes);
    this.#publish(basis, published);
    if (located) {
      this.#add("total_location", tonnes);
      this.#publish("total_location", published);
      this.#add(`location ${country}`, tonnes);
      if (entry.factor.translated) this.#add("translated", tonnes);
    }
    if (marketed) {
      this.#add("total_market", tonnes);
      this.#publish("total_market", published);
      this.#add(`market ${country}`, tonnes);
    }
    for (const part of entry.also ?? []) this.#add(part, tonnes);
    if (entry.biogenic_tonnes !== undefined) this.#add(`biogenic-${scope}`, new Exact(entry.biogenic_tonnes));
    if (scope === 3) this.#add(`category ${category}`, tonnes);
    if (scope === 2 && located && instruments[record.instrument] !== undefined)
      this.#add(`instrument ${record.instrument}`, tonnes);
  }

  /** The figures that follow: scopes, categories, countries and biogenic CO2, and the auxiliary sums behind the shares. A scope without records is left out, never zero. */
  figures(): readonly Figure[] {
    const found: Figure[] = [];
    const put = (name: string, formula: string, key: string, dimensions: Place["dimensions"] = {}): void => {
      const sum = this.#sums.get(key);
      if (sum !== undefined) found.push(this.#figure(name, { ...wholeYear, dimensions }, formula, sum));
    };
    put("GrossScope1GreenhouseGasEmissions", "gross-scope-1", "scope_1");
    put("GrossLocationBasedScope2GreenhouseGasEmissions", "gross-scope-2-location", "scope_2_location");
    put("GrossMarketBasedScope2GreenhouseGasEmissions", "gross-scope-2-market", "scope_2_market");
    for (const { number, member } of scope3Categories)
      put("GrossScope3GreenhouseGasEmissions", "scope-3-category", `category ${number}`, {
        [scope3Axis]: `esrs:${member}`,
      });
    const all = ["scope_1", "scope_2_location", "scope_3"].every((scope) => this.#sums.has(scope));
    const countries = this.#countries();
    if (all && countries.length > 1)
      for (const country of countries) {
        const here = { CountryAxis: `country:${country}` };
        put("LocationBasedGreenhouseGasEmissions", "country-location", `location ${country}`, here);
        put("MarketBasedGreenhouseGasEmissions", "country-market", `market ${country}`, here);
      }
    for (const scope of [1, 2, 3] as const) put(biogenicConcepts[scope], "biogenic", `biogenic-${scope}`);
    return [...found, ...this.#behindShares()];
  }

  /** Parts of a scope that the shares are formed from; zero where the scope has records but none of that kind. */
  #behindShares(): readonly Figure[] {
    const parts = [
      ["aux:scope-1-in-trading-schemes", "scope_1"],
      ["aux:scope-2-under-instruments", "scope_2_location"],
      ["aux:scope-2-under-bundled-instruments", "scope_2_location"],
      ["aux:scope-2-under-unbundled-claims", "scope_2_location"],
      ["aux:scope-2-market-bundled-electricity", "scope_2_market"],
      ["aux:scope-3-from-primary-data", "scope_3"],
    ] as const;
    return parts.flatMap(([name, whole]) => {
      if (!this.#sums.has(whole)) return [];
      const none = { tonnes: new Exact(0), rows: 0 };
      return [this.#figure(name, wholeYear, "activity-part", this.#sums.get(name) ?? none)];
    });
  }

  #figure(
    name: string,
    place: Place,
    formula: string,
    { tonnes, rows }: { tonnes: Decimal; rows: number },
  ): Figure {
    return {
      id: figureId(name, place, this.#years),
      name,
      place,
      value: tonnes,
      unit: "utr:tCO2e",
      decimals: 3,
      origin: "activities",
      formula,
      version: this.#formula(formula).version,
      from: [],
      rows,
    };
  }

  /** Both GWP bases beside each other; undefined without activities. */
  gwp(): MetricsDocument["gwp"] {
    if (this.#records === 0) return undefined;
    const each = (of: (basis: string) => Decimal | undefined): Record<string, string> =>
      Object.fromEntries(bases.map((basis) => [basis, (of(basis) ?? new Exact(0)).toFixed(3)]));
    const whole = this.#sums.get("total_location")?.tonnes ?? new Exact(0);
    const translated = this.#sums.get("translated")?.tonnes ?? new Exact(0);
    return {
      headline: "AR6",
      as_published: each((basis) => this.#published.get(basis)),
      ar6: each((basis) => this.#sums.get(basis)?.tonnes),
      share_translated: whole.isZero() ? "0.0000" : translated.dividedBy(whole).toFixed(4),
      citation: this.#factors.gwp_sets.AR6.citation,
    };
  }

  /** What lay under which kind of contract. */
  contracts(): MetricsDocument["instruments"] {
    return Object.entries(instruments).flatMap(([instrument, { bundled }]) => {
      const under = this.#sums.get(`instrument ${instrument}`);
      if (under === undefined) return [];
      return [{ instrument, bundled, records: under.rows, location_tonnes: under.tonnes.toFixed(3) }];
    });
  }

  /** Where the factors come from, and how many records used each source. */
  sources(): MetricsDocument["sources"] {
    return [...this.#sources].map(([id, { records, own }]) => {
      const known = this.#factors.sources.find((source) => source.id === id);
      return {
        id,
        title: known?.title ?? id,
        licence: known?.licence ?? (own ? "as given by the company" : ""),
        records,
      };
    });
  }

  warnings(): readonly string[] {
    return this.#records === 0 ? [] : this.#remarks.sentences();
  }

  #countries(): readonly string[] {
    return [...this.#sums.keys()]
      .flatMap((key) => (key.startsWith("location ") ? [key.slice("location ".length)] : []))
      .toSorted();
  }

  #add(key: string, tonnes: Decimal): void {
    const held = this.#sums.get(key);
    if (held === undefined) this.#sums.set(key, { tonnes: new Exact(tonnes), rows: 1 });
    else {
      held.tonnes = held.tonnes.plus(tonnes);
      held.rows += 1;
    }
  }

  #publish(key: string, tonnes: Decimal): void {
    this.#published.set(key, (this.#published.get(key) ?? new Exact(0)).plus(tonnes));
  }

  #formula(id: string) {
    const found = this.#book.activity.get(id);
    if (found !== undefined) return found;
    throw new CsrdError("catalogue-broken", {
      summary: `The formula ${id} is missing.`,
      hint: "Restore rules/esrs_formulas.yaml.",
    });
  }
}
