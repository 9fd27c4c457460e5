import type { Company } from "../documents.ts";

/** A financial year of the report: 0 is the one reported on, 1 the one before, and so on. */
export type Year = { readonly start: string; readonly end: string };

/** How many earlier years a report may show. */
const earlierYears = 10;

/** The reported year and the ten before it, the youngest first. */
export function yearsOf({ start, end }: Company["period"]): readonly Year[] {
  return Array.from({ length: earlierYears + 1 }, (_, back) => ({
    start: yearsBefore(start, back),
    end: yearsBefore(end, back),
  }));
}

function yearsBefore(date: string, back: number): string {
  const year = String(Number(date.slice(0, 4)) - back).padStart(4, "0");
  const isLeap = new Date(Date.UTC(Number(year), 1, 29)).getUTCMonth() === 1;
  return date.endsWith("-02-29") && !isLeap ? `${year}-02-28` : `${year}${date.slice(4)}`;
}

/** Where a row's period lies: in which year, and whether it fills it; undefined when it lies in none. */
export function whereIn(
  years: readonly Year[],
  period: { readonly start: string; readonly end: string } | { readonly instant: string },
): { readonly year: number; readonly fills: boolean } | undefined {
  const [start, end] = "instant" in period ? [period.instant, period.instant] : [period.start, period.end];
  for (const [year, one] of years.entries()) {
    if (end > one.end) return undefined;
    if (start < one.start) continue;
    return { year, fills: end === one.end && ("instant" in period || start === one.start) };
  }
  return undefined;
}
