/** When a fact holds: over a span of days, both included, or at the end of one day. ISO 8601 dates. */
export type FactPeriod = { readonly start: string; readonly end: string } | { readonly instant: string };

/**
 * One thing a report states, as every stage sees it: calculated, tagged, read back and judged in this one shape.
 * Names of concepts and axes are local names of the ESRS taxonomy; members are qualified (`esrs:FemaleMember`, `country:DE`).
 */
export type Fact = {
  readonly concept: string;
  /** Exact decimal text, `true`/`false`, an ISO date, a year, text, XHTML content, or members separated by one space; undefined is nil. */
  readonly value?: string | undefined;
  /** A unit measure such as `utr:tCO2e`, `iso4217:EUR`, `xbrli:pure`, or `utr:MWh/iso4217:EUR`; empty for what is no number. */
  readonly unit: string;
  /** Decimal places to which a number is stated; undefined says exactly, and for what is no number nothing. */
  readonly decimals: number | undefined;
  readonly period: FactPeriod;
  /** Axis to member, the members that are an axis's default left out. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** Axis to free text or identifier, for typed axes. */
  readonly typed: Readonly<Record<string, string>>;
};

/** The last day of a period, ISO date. */
export const lastDay = (period: FactPeriod): string => ("instant" in period ? period.instant : period.end);

/** A period as text: `2024-01-01/2024-12-31` or `2024-12-31`. */
export const periodText = (period: FactPeriod): string =>
  "instant" in period ? period.instant : `${period.start}/${period.end}`;

/** What makes a fact's place in the report: concept, period, dimensions and unit in canonical order. Two facts of one place are duplicates. */
export function placeOf(fact: Pick<Fact, "concept" | "period" | "dimensions" | "typed" | "unit">): string {
  const sorted = (of: Readonly<Record<string, string>>): string =>
    Object.keys(of)
      .toSorted()
      .map((axis) => `${axis}=${of[axis] ?? ""}`)
      .join("&");
  return [fact.concept, periodText(fact.period), sorted(fact.dimensions), sorted(fact.typed), fact.unit].join(
    "|",
  );
}
