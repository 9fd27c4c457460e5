import { unitNamed } from "#rules/units.ts";
import type { CsrdErrorCode } from "../../errors.ts";
import type { ActivityRecord, Company, Remark } from "../documents.ts";
import { Cells, quote, Rejection } from "./cells.ts";
import { energyKinds, scope3Categories, sourceTypes } from "./columns.ts";
import type { FactorAnswer, FactorQuestion } from "./match-factor.ts";
import type { DecimalMark } from "./number.ts";
import { contractOf, ownFactor, publishedFactor } from "./row-factor.ts";

/** What a row is checked against. */
export type RowContext = {
  readonly company: Company;
  readonly countries: ReadonlySet<string>;
  readonly decimalMark: DecimalMark;
  readonly match: (question: FactorQuestion) => FactorAnswer;
  /** Record ids seen so far, each with its row. */
  readonly seen: Map<string, number>;
};

/** A record with its remarks, or the reason why the row cannot be used. */
type RowVerdict =
  | { readonly kind: "valid"; readonly record: ActivityRecord; readonly warnings: readonly Remark[] }
  | { readonly kind: "rejected"; readonly problem: Remark & { readonly code: CsrdErrorCode } };

/** Judges one row; the first problem found is its verdict. Pure but for `context.seen`. */
export function checkRow(
  row: number,
  cells: Readonly<Record<string, string>>,
  context: RowContext,
): RowVerdict {
  try {
    const { average, ...record } = accept(row, new Cells(cells, context.decimalMark), context);
    context.seen.set(record.record_id, row);
    return { kind: "valid", record, warnings: average ? [usAverage(row)] : [] };
  } catch (error) {
    if (error instanceof Rejection) return { kind: "rejected", problem: { row, ...error.problem } };
    throw error;
  }
}

function accept(
  row: number,
  cells: Cells,
  { company, countries, match, seen }: RowContext,
): ActivityRecord & { readonly average: boolean } {
  const recordId = cells.needed("record_id");
  const before = seen.get(recordId);
  if (before !== undefined)
    throw new Rejection(
      "record-duplicate",
      "record_id",
      `${quote(recordId)} is already the id of row ${before}.`,
      "Give each row its own id, or remove the repetition.",
    );
  const site = cells.needed("site");
  const country = countryOf(cells, countries);
  const scope = scopeOf(cells);
  const category = categoryOf(scope, cells.needed("category"));
  const activity = cells.needed("activity");
  const amount = cells.number("amount").toFixed();
  const unitText = cells.needed("unit");
  const unit = unitNamed(unitText);
  if (unit === undefined)
    throw new Rejection(
      "unit-wrong",
      "unit",
      `${quote(unitText)} is not a unit known here.`,
      "`csrd factors --units` lists the units.",
    );
  const period = periodOf(cells, company);
  const region = cells.text("region").toUpperCase();
  const question = { scope, category, country, region, activity, unit };
  const { use, average } =
    cells.text("own_factor") === ""
      ? publishedFactor(question, match(question), unitText)
      : { use: ownFactor(cells), average: false };
  return {
    row,
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
      : { biogenic_co2_tonnes: cells.number("biogenic_co2_tonnes").toFixed() }),
    data_quality:
      cells.text("data_quality") === "" ? "" : cells.choice("data_quality", ["high", "medium", "low"]),
    supplier: cells.text("supplier"),
    source_document: cells.text("source_document"),
    average,
  };
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
    );
  if (start < period.start || end > period.end)
    throw new Rejection(
      "date-wrong",
      start < period.start ? "period_start" : "period_end",
      `${start} to ${end} is not within the reporting period ${period.start} to ${period.end}.`,
      "Split the row at the period's edge, or correct company.json.",
    );
  return { period_start: start, period_end: end };
}

function usAverage(row: number): Remark {
  return {
    code: "us-average",
    row,
    column: "region",
    sentence: "no eGRID subregion is given, so the US average is used.",
    hint: "Name the subregion of the site, for instance CAMX.",
  };
}
