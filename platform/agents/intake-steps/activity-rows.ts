import { type Unit, unitNamed } from "#rules/units.ts";
import type { Factors } from "../../catalogue/load.ts";
import type { ActivityRecord, Company } from "../documents.ts";
import { Cells } from "./cells.ts";
import { columns, energyKinds, scope3Categories, sourceTypes } from "./columns.ts";
import type { Lines } from "./lines.ts";
import { type FactorAnswer, factorMatcher, type FactorQuestion } from "./match-factor.ts";
import { quote, Rejection } from "./rejection.ts";
import type { Remarks } from "./remarks.ts";
import type { Row } from "./row.ts";
import { contractOf, ownFactor, publishedFactor } from "./row-factor.ts";
import { Fingerprint, Seen } from "./seen.ts";
import { flat } from "./target.ts";

/** The names of the columns that are read. */
export const activityNames: readonly string[] = columns.map(({ name }) => name);
const places: ReadonlyMap<string, number> = new Map(activityNames.map((name, at) => [name, at]));
const mattering = columns.flatMap(({ matters }, at) => (matters ? [at] : []));

/** What is counted over all activity rows, for the quality score. */
export type ActivityCounts = {
  rows: number;
  valid: number;
  cells: number;
  filled: number;
  high: number;
  medium: number;
  sourced: number;
  repeated: number;
  timely: number;
};

/** Counts before the first row. */
export const emptyActivityCounts = (): ActivityCounts => ({
  rows: 0,
  valid: 0,
  cells: 0,
  filled: 0,
  high: 0,
  medium: 0,
  sourced: 0,
  repeated: 0,
  timely: 0,
});

/** What is made of a list of factors, once. */
const tables = new WeakMap<
  Factors,
  {
    readonly match: (question: FactorQuestion) => FactorAnswer;
    readonly yearOf: (factor: ActivityRecord["factor"]) => number;
  }
>();

/** Judges activity rows one by one and writes the accepted ones; ids are remembered as hashes. */
export class ActivityRows {
  readonly counts = emptyActivityCounts();
  readonly #company: Company;
  readonly #countries: ReadonlySet<string>;
  readonly #match: (question: FactorQuestion) => FactorAnswer;
  readonly #yearOf: (factor: ActivityRecord["factor"]) => number;
  readonly #remarks: Remarks;
  readonly #lines: Lines;
  readonly #ids = new Seen();
  readonly #contents = new Seen();
  readonly #print = new Fingerprint();
  readonly #units = new Map<string, Unit | undefined>();
  readonly #periods = new Map<string, { period_start: string; period_end: string }>();

  constructor(
    company: Company,
    countries: ReadonlySet<string>,
    factors: Factors,
    remarks: Remarks,
    lines: Lines,
  ) {
    this.#company = company;
    this.#countries = countries;
    const known = tables.get(factors) ?? { match: factorMatcher(factors), yearOf: yearsOf(factors) };
    tables.set(factors, known);
    this.#match = known.match;
    this.#yearOf = known.yearOf;
    this.#remarks = remarks;
    this.#lines = lines;
  }

  /** Accepts a row or throws a `Rejection` for the first problem found. */
  take(row: Row<string>): void {
    const { counts } = this;
    counts.rows += 1;
    counts.cells += mattering.length;
    for (const at of mattering) if (row.at(at) !== "") counts.filled += 1;
    const cells = new Cells(row, places);
    const recordId = cells.needed("record_id");
    const print = this.#print.start(1).add(recordId);
    const { low, high } = print;
    const before = this.#ids.find(low, high);
    if (before !== 0)
      throw new Rejection(
        "record-duplicate",
        "record_id",
        `${quote(recordId)} is already the id of ${row.nameOf(before)}.`,
        "Give each row its own id, or remove the repetition.",
      );
    const record = this.#accept(row, recordId, cells);
    this.#ids.note(low, high, row.ordinal);
    this.#repeated(row, record);
    this.#lines.add(`${JSON.stringify(record)}\n`);
    counts.valid += 1;
    if (record.data_quality === "high") counts.high += 1;
    else if (record.data_quality === "medium") counts.medium += 1;
    if (record.source_document !== "") counts.sourced += 1;
    const year = Number(this.#company.period.end.slice(0, 4));
    if (Math.abs(this.#yearOf(record.factor) - year) <= 1) counts.timely += 1;
  }

  #accept(row: Row<string>, recordId: string, cells: Cells): ActivityRecord {
    const site = cells.needed("site");
    const country = countryOf(cells, this.#countries);
    const scope = scopeOf(cells);
    const category = categoryOf(scope, cells.needed("category"));
    const activity = cells.needed("activity");
    const amount = cells.number("amount");
    const unitText = cells.needed("unit");
    const unit = this.#unit(unitText);
    if (unit === undefined)
      throw new Rejection(
        "unit-wrong",
        "unit",
        `${quote(unitText)} is not a unit known here.`,
        "`csrd factors --units` lists the units.",
      );
    const period = this.#period(cells);
    const region = cells.text("region").toUpperCase();
    const question = { scope, category, country, region, activity, unit };
    const { use, average } =
      cells.text("own_factor") === ""
        ? publishedFactor(question, this.#match(question), unitText)
        : { use: ownFactor(cells), average: false };
    if (average)
      this.#remarks.warn(
        "us-average",
        row.input,
        row.number,
        "region",
        "no eGRID subregion is given, so the US average is used.",
        "Name the subregion of the site, for instance CAMX.",
      );
    return {
      input: row.input,
      row: row.number,
      record_id: recordId,
      site,
      country,
      region,
      scope,
      category,
      activity,
      amount,
      unit: unit.name,
      ...period,
      factor: use,
      ...contractOf(scope, cells),
      ets: cells.flag("ets"),
      primary_data: cells.flag("primary_data"),
      ...(cells.text("biogenic_co2_tonnes") === ""
        ? {}
        : { biogenic_co2_tonnes: cells.number("biogenic_co2_tonnes") }),
      data_quality:
        cells.text("data_quality") === ""
          ? ""
          : cells.choice("data_quality", ["high", "medium", "low"], "E010"),
      supplier: cells.text("supplier"),
      source_document: cells.text("source_document"),
    };
  }

  #unit(text: string): Unit | undefined {
    if (this.#units.has(text)) return this.#units.get(text);
    const unit = unitNamed(text);
    if (this.#units.size < 1000) this.#units.set(flat(text), unit);
    return unit;
  }

  #period(cells: Cells): { readonly period_start: string; readonly period_end: string } {
    const key = `${cells.text("period_start")}\n${cells.text("period_end")}`;
    const before = this.#periods.get(key);
    if (before !== undefined) return before;
    const made = periodOf(cells, this.#company);
    if (this.#periods.size < 10_000) this.#periods.set(flat(key), made);
    return made;
  }

  #repeated(row: Row<string>, record: ActivityRecord): void {
    const print = this.#print
      .start(2 + record.scope)
      .add(record.site)
      .add(record.category)
      .add(record.activity)
      .add(record.amount)
      .add(record.unit)
      .add(record.period_start)
      .add(record.period_end);
    const before = this.#contents.note(print.low, print.high, row.ordinal);
    if (before === 0) return;
    this.counts.repeated += 1;
    this.#remarks.warn(
      "repeated",
      row.input,
      row.number,
      "record_id",
      () => `the row says the same as ${row.nameOf(before)} under another id.`,
      "Remove one of them if it is the same consumption.",
    );
  }
}

/** The year in which a factor was published, or that its own source names; 0 where none is told. */
function yearsOf({ factors, sources }: Factors): (factor: ActivityRecord["factor"]) => number {
  const sourceOf = new Map(factors.map(({ id, source }) => [id, source]));
  const yearOf = new Map(sources.map(({ id, year }) => [id, year]));
  return (factor) =>
    factor.kind === "own"
      ? Number(/\b(20\d{2})\b/.exec(factor.source)?.[1] ?? 0)
      : (yearOf.get(sourceOf.get(factor.id) ?? "") ?? 0);
}

function countryOf(cells: Cells, countries: ReadonlySet<string>): string {
  const country = cells.needed("country").toUpperCase();
  if (countries.has(country)) return country;
  throw new Rejection(
    "value-unknown",
    "country",
    `${quote(country)} is not an ISO 3166 country code.`,
    "Use two letters, for instance GB, US or DE.",
  );
}

function scopeOf(cells: Cells): 1 | 2 | 3 {
  const written = cells.needed("scope").replace(/^scope\s*/i, "");
  if (written === "1") return 1;
  if (written === "2") return 2;
  if (written === "3") return 3;
  throw new Rejection("value-unknown", "scope", `${quote(written)} is not a scope.`, "Use 1, 2 or 3.");
}

function categoryOf(scope: 1 | 2 | 3, text: string): string {
  const written = text
    .toLowerCase()
    .replace(/^category\s*/, "")
    .replaceAll(/[\s_]+/g, "-");
  if (scope === 3) {
    const found = scope3Categories.find(
      ({ number, name }) => number === written || name.toLowerCase().replaceAll(" ", "-") === written,
    );
    if (found !== undefined) return found.number;
    throw new Rejection(
      "value-unknown",
      "category",
      `${quote(text)} is not a Scope 3 category.`,
      "Use a number from 1 to 15 of the GHG Protocol.",
    );
  }
  const allowed: readonly string[] = scope === 1 ? sourceTypes : energyKinds;
  if (allowed.includes(written)) return written;
  throw new Rejection(
    "value-unknown",
    "category",
    `${quote(text)} is not a category of scope ${scope}.`,
    `Use ${allowed.join(", ")}.`,
  );
}

function periodOf(cells: Cells, { period }: Company): { period_start: string; period_end: string } {
  const [start, end] = [cells.day("period_start"), cells.day("period_end")];
  if (end < start)
    throw new Rejection(
      "date-wrong",
      "period_end",
      `${end} lies before ${start}.`,
      "Swap the two dates or correct them.",
      "E007",
    );
  if (start < period.start || end > period.end)
    throw new Rejection(
      "date-wrong",
      start < period.start ? "period_start" : "period_end",
      `${start} to ${end} is not within the reporting period ${period.start} to ${period.end}.`,
      "Split the row at the period's edge, or correct company.json.",
      "E014",
    );
  return { period_start: start, period_end: end };
}
