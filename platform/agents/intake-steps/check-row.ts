import type { Decimal } from "decimal.js";
import { unitNamed } from "#rules/units.ts";
import type { CsrdErrorCode } from "../../errors.ts";
import type { ActivityRecord, Company, FactorUse, Remark } from "../documents.ts";
import { energyKinds, instruments, scope3Categories, sourceTypes } from "./columns.ts";
import type { FactorAnswer, FactorQuestion } from "./match-factor.ts";
import { type DecimalMark, readNumber } from "./number.ts";

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
export type RowVerdict =
  | { readonly kind: "valid"; readonly record: ActivityRecord; readonly warnings: readonly Remark[] }
  | { readonly kind: "rejected"; readonly problem: Remark & { readonly code: CsrdErrorCode } };

class Rejection extends Error {
  readonly problem: Omit<Remark, "row"> & { readonly code: CsrdErrorCode };
  constructor(code: CsrdErrorCode, column: string, sentence: string, hint: string) {
    super(sentence);
    this.problem = { code, column, sentence, hint };
  }
}

const maximum = "1e15";

/** Judges one row; the first problem found is its verdict. Pure but for `context.seen`. */
export function checkRow(
  row: number,
  cells: Readonly<Record<string, string>>,
  context: RowContext,
): RowVerdict {
  try {
    return accept(row, cells, context);
  } catch (error) {
    if (error instanceof Rejection) return { kind: "rejected", problem: { row, ...error.problem } };
    throw error;
  }
}

function accept(row: number, cells: Readonly<Record<string, string>>, context: RowContext): RowVerdict {
  const { company, countries, decimalMark, match, seen } = context;
  const warnings: Remark[] = [];
  const cell = (column: string): string => cells[column] ?? "";
  const needed = (column: string): string => {
    if (cell(column) !== "") return cell(column);
    throw new Rejection("value-missing", column, "the cell is empty.", "Fill it in.");
  };
  const number = (column: string, value: string): Decimal => {
    const read = readNumber(value, decimalMark);
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
  };
  const choice = (column: string, value: string, allowed: readonly string[]): string => {
    const written = value.toLowerCase().replaceAll(/[\s_]+/g, "-");
    if (allowed.includes(written)) return written;
    throw new Rejection(
      "value-unknown",
      column,
      `${quote(value)} is not one of ${allowed.join(", ")}.`,
      "Use one of these.",
    );
  };
  const flag = (column: string): boolean =>
    cell(column) !== "" &&
    /^(yes|y|true|1)$/.test(choice(column, cell(column), ["yes", "y", "true", "1", "no", "n", "false", "0"]));

  const recordId = needed("record_id");
  const before = seen.get(recordId);
  if (before !== undefined)
    throw new Rejection(
      "record-duplicate",
      "record_id",
      `${quote(recordId)} is already the id of row ${before}.`,
      "Give each row its own id, or remove the repetition.",
    );
  const site = needed("site");
  const country = needed("country").toUpperCase();
  if (!countries.has(country))
    throw new Rejection(
      "value-unknown",
      "country",
      `${quote(country)} is not an ISO 3166 country code.`,
      "Use two letters, for instance GB, US or DE.",
    );
  const scope = scopeOf(choice("scope", needed("scope").replace(/^scope\s*/i, ""), ["1", "2", "3"]));
  const category = categoryOf(scope, needed("category"));
  const activity = needed("activity");
  const amount = number("amount", needed("amount"));
  const unitText = needed("unit");
  const unit = unitNamed(unitText);
  if (unit === undefined)
    throw new Rejection(
      "unit-wrong",
      "unit",
      `${quote(unitText)} is not a unit known here.`,
      "`csrd factors --units` lists the units.",
    );
  const start = date("period_start", needed("period_start"));
  const end = date("period_end", needed("period_end"));
  if (end < start)
    throw new Rejection(
      "date-wrong",
      "period_end",
      `${end} lies before ${start}.`,
      "Swap the two dates or correct them.",
    );
  if (start < company.period.start || end > company.period.end)
    throw new Rejection(
      "date-wrong",
      start < company.period.start ? "period_start" : "period_end",
      `${start} to ${end} is not within the reporting period ${company.period.start} to ${company.period.end}.`,
      "Split the row at the period's edge, or correct company.json.",
    );

  const factor: FactorUse = cell("own_factor") === "" ? fromCatalogue() : own();
  const instrument =
    scope === 2 && !/^(|none)$/i.test(cell("instrument"))
      ? choice("instrument", cell("instrument"), Object.keys(instruments))
      : "none";
  if (scope !== 2 && !/^(|none)$/i.test(cell("instrument")))
    throw new Rejection(
      "value-unknown",
      "instrument",
      "only Scope 2 rows carry a contractual instrument.",
      "Empty the cell, or correct the scope.",
    );
  const market = marketFactor();
  const biogenic =
    cell("biogenic_co2_tonnes") === ""
      ? undefined
      : number("biogenic_co2_tonnes", cell("biogenic_co2_tonnes")).toFixed();
  const quality =
    cell("data_quality") === ""
      ? ""
      : choice("data_quality", cell("data_quality"), ["high", "medium", "low"]);
  seen.set(recordId, row);
  return {
    kind: "valid",
    warnings,
    record: {
      row,
      record_id: recordId,
      site,
      country,
      region: cell("region").toUpperCase(),
      scope,
      category,
      activity,
      amount: amount.toFixed(),
      unit: unit.name,
      period_start: start,
      period_end: end,
      factor,
      instrument,
      ...(market === undefined ? {} : { market_factor: market }),
      ets: flag("ets"),
      primary_data: flag("primary_data"),
      ...(biogenic === undefined ? {} : { biogenic_co2_tonnes: biogenic }),
      data_quality: quality,
      supplier: cell("supplier"),
      source_document: cell("source_document"),
    },
  };

  function own(): FactorUse {
    const value = number("own_factor", cell("own_factor")).toFixed();
    const source = cell("own_factor_source");
    if (source === "")
      throw new Rejection(
        "value-missing",
        "own_factor_source",
        "an own factor needs its source.",
        "Name the publication and its year, so that the figure can be checked.",
      );
    const set =
      cell("own_factor_gwp") === ""
        ? ""
        : choice("own_factor_gwp", cell("own_factor_gwp"), ["ar4", "ar5", "ar6"]).toUpperCase();
    return { kind: "own", kg_co2e: value, source, gwp_set: set };
  }

  function fromCatalogue(): FactorUse {
    if (unit === undefined) throw new TypeError("unit was checked above");
    const region = cell("region").toUpperCase();
    const answer = match({ scope, category, country, region, activity, unit });
    if ("factor" in answer) {
      if (answer.factor.region === "US")
        warn(
          "region",
          "no eGRID subregion is given, so the US average is used.",
          "Name the subregion of the site, for instance CAMX.",
        );
      return { kind: "catalogue", id: answer.factor.id };
    }
    const others = answer.others.slice(0, 5).join(", ");
    if (answer.none === "unit")
      throw new Rejection(
        "unit-wrong",
        "unit",
        `${quote(unitText)} does not measure ${quote(activity)}.`,
        `Use ${answer.others.join(" or ")}, or a unit that converts to it.`,
      );
    if (answer.none === "country")
      throw new Rejection(
        "factor-missing",
        "country",
        `there is no factor of ${quote(activity)} for ${country}, only for ${others}.`,
        "Give own_factor with own_factor_source for this row.",
      );
    if (answer.none === "region")
      throw new Rejection(
        "value-unknown",
        "region",
        `${quote(region)} is not an eGRID subregion.`,
        `Use one of ${answer.others.join(", ")}.`,
      );
    if (answer.none === "ambiguous")
      throw new Rejection(
        "activity-unknown",
        "activity",
        `${quote(activity)} could mean ${others}.`,
        "Write one of these.",
      );
    throw new Rejection(
      "activity-unknown",
      "activity",
      `${quote(activity)} is not an activity of scope ${scope}, category ${category}.`,
      others === ""
        ? "`csrd factors` lists the activities; or give own_factor with own_factor_source."
        : `Near to it: ${others}.`,
    );
  }

  function marketFactor(): { kg_co2e: string; source: string } | undefined {
    if (scope !== 2 || cell("market_factor") === "") {
      if (instrument !== "none")
        throw new Rejection(
          "value-missing",
          "market_factor",
          `the contract ${instrument} needs its factor.`,
          "Give kg CO2e per unit as contracted, 0 for renewable supply.",
        );
      return undefined;
    }
    const value = number("market_factor", cell("market_factor")).toFixed();
    if (instrument === "none")
      throw new Rejection(
        "value-missing",
        "instrument",
        "a market-based factor needs its contract.",
        "Name the instrument, for instance ppa or rego.",
      );
    if (cell("market_factor_source") === "")
      throw new Rejection(
        "value-missing",
        "market_factor_source",
        "a contracted factor needs its source.",
        "Name the contract or certificate.",
      );
    return { kg_co2e: value, source: cell("market_factor_source") };
  }

  function warn(column: string, sentence: string, hint: string): void {
    warnings.push({ code: "remark", row, column, sentence, hint });
  }
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

function date(column: string, text: string): string {
  const german = /^(\d{2})\.(\d{2})\.(\d{4})$/.exec(text);
  const iso = german === null ? text : `${german[3]}-${german[2]}-${german[1]}`;
  const real =
    /^\d{4}-\d{2}-\d{2}$/.test(iso) &&
    !Number.isNaN(Date.parse(iso)) &&
    new Date(`${iso}T00:00:00Z`).toISOString().startsWith(iso);
  if (real) return iso;
  throw new Rejection("date-wrong", column, `${quote(text)} is not a date.`, "Write it as YYYY-MM-DD.");
}

const quote = (value: string): string => JSON.stringify(value.slice(0, 60));

function scopeOf(number: string): 1 | 2 | 3 {
  return number === "1" ? 1 : number === "2" ? 2 : 3;
}
