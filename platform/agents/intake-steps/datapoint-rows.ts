import { Decimal } from "decimal.js";
import type { Company } from "../documents.ts";
import { Conversion, placesOf, shifted } from "./decimal-text.ts";
import { type DimensionPlan, Dimensions, type Head } from "./dimensions.ts";
import { jsonText, type Lines } from "./lines.ts";
import { type PeriodPlan, Periods } from "./period.ts";
import { noFigure, quote, Rejection } from "./rejection.ts";
import type { Remarks } from "./remarks.ts";
import type { Row } from "./row.ts";
import { Fingerprint, Seen } from "./seen.ts";
import { Series } from "./series.ts";
import { Sites } from "./sites.ts";
import { statementValue } from "./statement-value.ts";
import { type CodeBook, flat, measureFor, type Resolved, type Target, Targets } from "./target.ts";

/** Columns that are read, in the order of `C`. */
export const datapointNames = [
  "metric_code",
  "metric_name",
  "value",
  "unit",
  "period_start",
  "period_end",
  "data_quality",
  "source_document",
  "verification_status",
  "dimensions",
  "breakdown",
  "status",
  "location",
  "subsidiary_id",
  "calculation_method",
  "notes",
] as const;
const C = {
  metric_code: 0,
  metric_name: 1,
  value: 2,
  unit: 3,
  period_start: 4,
  period_end: 5,
  data_quality: 6,
  source_document: 7,
  verification_status: 8,
  dimensions: 9,
  breakdown: 10,
  status: 11,
  location: 12,
  subsidiary_id: 13,
  calculation_method: 14,
  notes: 15,
} as const satisfies Record<(typeof datapointNames)[number], number>;
export type DatapointRow = Row<(typeof datapointNames)[number]>;

const qualities: ReadonlyMap<string, string> = new Map(
  ["", "high", "medium", "low"].flatMap((word) =>
    [word, word.toUpperCase(), `${word[0]?.toUpperCase() ?? ""}${word.slice(1)}`].map(
      (written) => [written, word] as const,
    ),
  ),
);
const verifications: ReadonlyMap<string, string> = new Map(
  ["", "verified", "unverified", "estimated", "third_party_assured"].flatMap((word) =>
    [word, word.replaceAll("_", " "), word.replaceAll("_", "-")].map((written) => [written, word] as const),
  ),
);
const largest = new Decimal("1e18");
const smallest = new Decimal("1e-18");

/** What is counted over all datapoint rows, for the quality score. */
export type DatapointCounts = {
  rows: number;
  valid: number;
  statements: number;
  cells: number;
  filled: number;
  high: number;
  medium: number;
  sourced: number;
  repeated: number;
  translated: number;
  timely: number;
};

/** Counts before the first row. */
export const emptyDatapointCounts = (): DatapointCounts => ({
  rows: 0,
  valid: 0,
  statements: 0,
  cells: 0,
  filled: 0,
  high: 0,
  medium: 0,
  sourced: 0,
  repeated: 0,
  translated: 0,
  timely: 0,
});

/** What rows of the same code, unit, period, breakdown and quality have in common. */
export type RowKind = {
  readonly target: Target;
  readonly head: Head;
  readonly period: PeriodPlan;
  readonly plan: DimensionPlan;
  readonly unit: string;
  readonly quality: string;
  readonly verification: string;
};

/** Judges datapoint rows one by one and writes the accepted ones; all that it remembers stays small however many rows there are. */
export class DatapointRows {
  readonly counts = emptyDatapointCounts();
  readonly targets: Targets;
  readonly dimensions: Dimensions;
  readonly periods: Periods;
  readonly series = new Series();
  readonly sites = new Sites();
  readonly figures: Lines;
  readonly seen = new Seen();
  /** What the row accepted last has in common with others of its kind; undefined for rows that a person is told something about. */
  like: RowKind | undefined;
  readonly #remarks: Remarks;
  readonly #texts: Lines;
  readonly #stated = new Seen();
  readonly #print = new Fingerprint();

  constructor(
    book: CodeBook,
    company: Pick<Company, "period">,
    remarks: Remarks,
    figures: Lines,
    texts: Lines,
  ) {
    this.targets = new Targets(book);
    this.dimensions = new Dimensions(book.catalogue);
    this.periods = new Periods(company);
    this.#remarks = remarks;
    this.figures = figures;
    this.#texts = texts;
  }

  /** Accepts a row or throws a `Rejection`. */
  take(row: DatapointRow): void {
    this.like = undefined;
    const { counts } = this;
    counts.rows += 1;
    const code = row.needed(C.metric_code);
    const value = row.at(C.value);
    const start = row.at(C.period_start);
    const end = row.at(C.period_end);
    const unit = row.at(C.unit);
    const quality = row.at(C.data_quality);
    const source = row.at(C.source_document);
    const verification = row.at(C.verification_status);
    counts.cells += 8;
    counts.filled +=
      1 +
      (value === "" ? 0 : 1) +
      (start === "" ? 0 : 1) +
      (end === "" ? 0 : 1) +
      (unit === "" ? 0 : 1) +
      (quality === "" ? 0 : 1) +
      (source === "" ? 0 : 1) +
      (verification === "" ? 0 : 1);
    const resolved = this.targets.of(code, row.at(C.metric_name));
    const { target } = resolved;
    if (value === "")
      throw new Rejection(
        "value-missing",
        "value",
        "the cell is empty.",
        "Fill it in, or write nil for a figure that does not exist.",
      );
    const period = this.periods.plan(start, end);
    const graded = qualities.get(quality);
    if (graded === undefined)
      throw new Rejection(
        "value-unknown",
        "data_quality",
        `${quote(quality)} is not one of high, medium, low.`,
        "Use one of these.",
        "E010",
      );
    const checked = verifications.get(verification) ?? verifications.get(verification.toLowerCase());
    if (checked === undefined)
      throw new Rejection(
        "value-unknown",
        "verification_status",
        `${quote(verification)} is not one of verified, unverified, estimated, third_party_assured.`,
        "Use one of these.",
      );
    const when = target.instant ? period.instant : period.duration;
    if (when === undefined) throw notADay(target, period);
    const plan = this.dimensions.plan(resolved, row.at(C.dimensions), row.at(C.breakdown));
    if (target.numeric) {
      const head = plan.heads.get(period)?.get(unit) ?? makeHead(resolved, period, when, plan, unit);
      this.#figure(row, target, head, period, plan, value, unit, graded, checked, source);
      const calm = target.doubt === undefined && head.measure.doubt === undefined && plan.unused.length === 0;
      if (calm && !resolved.byName && period.yearsBack === 0 && !target.instant)
        this.like = { target, head, period, plan, unit, quality: graded, verification: checked };
    } else this.#statement(row, target, { code, value, when, plan, source });
    if (!target.numeric && unit === "") counts.cells -= 1;
    counts.valid += 1;
    if (graded === "high") counts.high += 1;
    else if (graded === "medium") counts.medium += 1;
    if (source !== "") counts.sourced += 1;
    if (period.yearsBack <= 1) counts.timely += 1;
    if (target.doubt !== undefined) {
      counts.translated += 1;
      this.#remarks.warn(
        "code-translated",
        row.input,
        row.number,
        "metric_code",
        target.doubt,
        "Write the concept's name or its datapoint id.",
      );
    }
    if (plan.unused.length > 0)
      this.#remarks.warn(
        "breakdown-unused",
        row.input,
        row.number,
        "breakdown",
        () => `the figures of ${plan.unused.slice(0, 5).join(", ")} are not used.`,
        "Write one row for each, with its member in the column dimensions.",
      );
  }

  #figure(
    row: DatapointRow,
    target: Target,
    head: Head,
    period: PeriodPlan,
    plan: DimensionPlan,
    value: string,
    unit: string,
    quality: string,
    verification: string,
    source: string,
  ): void {
    const { places, measure } = head;
    const isNil = value === "nil" || value === "NIL";
    const plain = isNil ? "" : figureText(row, value);
    const exact = isNil
      ? ""
      : head.conversion === undefined
        ? shifted(plain, places)
        : head.conversion.apply(plain);
    const amount = Number(exact);
    if (!isNil) this.#bounds(row, target, value, exact, amount);
    if (measure.doubt !== undefined)
      this.#remarks.warn(
        "unit-doubtful",
        row.input,
        row.number,
        "unit",
        measure.doubt,
        "Check that the unit fits the concept.",
      );
    const location = row.at(C.location);
    const subsidiary = row.at(C.subsidiary_id);
    const notes = row.at(C.notes);
    const method = row.at(C.calculation_method);
    const print = this.#print.start(plan.group.id).add(location);
    if (subsidiary !== "") print.add(subsidiary);
    if (period.yearsBack === 0 && !target.instant) {
      const other = this.series.note(print.low, print.high, row.ordinal, period.months, period.kind);
      if (other !== 0) throw mixed(row.nameOf(other), period);
    }
    print.number(period.id).number(head.unit).add(exact).add(source);
    if (notes !== "") print.add(notes);
    if (method !== "") print.add(method);
    const before = this.seen.note(print.low, print.high, row.ordinal);
    if (before !== 0) this.repeated(row, before);
    if (!isNil) plan.group.note(amount, row.ordinal, period.yearsBack);
    if (location !== "") this.sites.note(location, target.key);
    let line = `${row.start}${row.number}${head.start}`;
    if (!isNil) line += `,"value":"${exact}"`;
    if (exact !== value) line += `,"as_given":{"value":${row.json(value)},"unit":${row.json(unit)}}`;
    if (quality !== "") line += `,"data_quality":"${quality}"`;
    if (verification !== "") line += `,"verification":"${verification}"`;
    if (location !== "") line += `,"location":${row.json(location)}`;
    if (subsidiary !== "") line += `,"subsidiary":${row.json(subsidiary)}`;
    if (source !== "") line += `,"source_document":${row.json(source)}`;
    if (method !== "") line += `,"calculation_method":${row.json(method)}`;
    if (notes !== "") line += `,"notes":${row.json(notes)}`;
    this.figures.add(`${line}}\n`);
  }

  /** Points out a row that says the same as an earlier one. */
  repeated(row: DatapointRow, before: number): void {
    this.counts.repeated += 1;
    this.#remarks.warn(
      "repeated",
      row.input,
      row.number,
      "value",
      () => `the row says the same as ${row.nameOf(before)}.`,
      "Remove one of them if it is the same figure.",
    );
  }

  #bounds(row: DatapointRow, target: Target, written: string, exact: string, amount: number): void {
    if (target.neverNegative && amount < 0)
      throw new Rejection(
        "amount-negative",
        "value",
        `${written} is negative, which ${target.name} cannot be.`,
        "Correct the original row instead of booking it back.",
      );
    if (target.type === "integer" && /\.\d*[1-9]/.test(exact))
      throw new Rejection(
        "amount-unreadable",
        "value",
        `${written} is not a whole number.`,
        "Count heads, cases or sites.",
        "E004",
      );
    // Of what the taxonomy types as percent, rates count cases per million hours, and ratios compare two amounts.
    if (target.type === "percent" && amount > 1 && !/Rate|Ratio/.test(target.name))
      this.#remarks.warn(
        "out-of-range",
        row.input,
        row.number,
        "value",
        `${written} is more than the whole.`,
        "A percentage is written with the unit %; as a fraction, 0.45 is 45 %.",
      );
  }

  #statement(
    row: DatapointRow,
    target: Target,
    of: {
      readonly code: string;
      readonly value: string;
      readonly when: string;
      readonly plan: DimensionPlan;
      readonly source: string;
    },
  ): void {
    const { code, value, when, plan, source } = of;
    const status = row.at(C.status).toLowerCase();
    if (status !== "" && status !== "draft" && status !== "approved")
      throw new Rejection(
        "value-unknown",
        "status",
        `${quote(status)} is not one of draft, approved.`,
        "Use one of these.",
      );
    const fact = value === "nil" || value === "NIL" ? undefined : statementValue(target, value);
    const print = this.#print.start(target.key).add(plan.key).add(when);
    const before = this.#stated.note(print.low, print.high, row.ordinal);
    if (before !== 0)
      throw new Rejection(
        "record-duplicate",
        "metric_code",
        `${target.name} is already stated in ${row.nameOf(before)}.`,
        "Keep one of the two, or tell them apart by dimensions.",
      );
    this.counts.statements += 1;
    this.#texts.add(
      `${row.start}${row.number},"code":${jsonText(code)},"concept":"${target.name}",${
        fact === undefined ? "" : `"value":${jsonText(fact)},`
      }"period":${when},"dimensions":${plan.members},"typed":${plan.typed},"status":"${
        status === "approved" ? "approved" : "draft"
      }","source_document":${jsonText(source)}}\n`,
    );
  }
}

function makeHead(
  { code, target }: Resolved,
  period: PeriodPlan,
  when: string,
  plan: DimensionPlan,
  unit: string,
): Head {
  const measure = measureFor(target, unit);
  if (measure === undefined) throw wrongUnit(target, unit);
  const places = placesOf(measure);
  const head: Head = {
    measure,
    places: places ?? 0,
    conversion: places === undefined ? new Conversion(measure) : undefined,
    unit: new Fingerprint().start(0).add(measure.unit).low | 0,
    start: flat(
      `,"code":${jsonText(code)},"target":"${target.name}","unit":"${measure.unit}","period":${when},"dimensions":${plan.members},"typed":${plan.typed}`,
    ),
  };
  if (plan.heads.size > 2000) plan.heads.clear();
  let units = plan.heads.get(period);
  if (units === undefined) {
    units = new Map();
    plan.heads.set(period, units);
  }
  if (units.size < 500) units.set(flat(unit), head);
  return head;
}

function mixed(other: string, { start, end }: PeriodPlan): Rejection {
  return new Rejection(
    "period-mixed",
    "period_start",
    `${start} to ${end} overlaps a period of another length in ${other}.`,
    "State the year or its months, not both.",
  );
}

/** A figure as plain decimal text, exactly; throws a `Rejection` about the cell `value`. */
function figureText(row: DatapointRow, value: string): string {
  const figure = row.figure(value);
  if (typeof figure === "string") throw noFigure("value", value, figure, row.dotted);
  if (figure.read === undefined) return figure.text;
  const size = figure.read.abs();
  if (!size.isFinite() || size.greaterThan(largest) || (!size.isZero() && size.lessThan(smallest)))
    throw new Rejection(
      "amount-unreadable",
      "value",
      `${quote(value)} is ${size.greaterThan(1) ? "larger" : "smaller"} than any figure of a company.`,
      "Check the unit and the number of zeros.",
      "E020",
    );
  return figure.text;
}

function wrongUnit(target: Target, unit: string): Rejection {
  if (unit === "")
    return new Rejection("value-missing", "unit", "the cell is empty.", "A number needs its unit.");
  return new Rejection(
    "unit-wrong",
    "unit",
    `${quote(unit)} does not measure ${target.name}.`,
    `Use ${hints[target.type] ?? `${target.unit.replaceAll(/utr:|xbrli:/g, "")}, or a unit that converts to it`}.`,
  );
}

const hints: Readonly<Record<string, string>> = {
  percent: "%, or fraction when 0.45 means 45 %",
  monetary: "a currency, for instance EUR, kEUR or EUR million",
  integer: "number, headcount, cases or another word for a count",
};

function notADay(target: Target, { start, end }: PeriodPlan): Rejection {
  return new Rejection(
    "period-outside",
    "period_end",
    `${target.name} holds at the end of a year; ${start} to ${end} is neither the reporting period nor its last day.`,
    "Give the figure at the period's last day.",
  );
}
