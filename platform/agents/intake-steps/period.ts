import type { Company } from "../documents.ts";
import { quote, Rejection } from "./rejection.ts";
import { flat } from "./target.ts";

/** A row's period, understood: what is written into its record, and what gaps and mixtures are told by. */
export type PeriodPlan = {
  /** A number that stands for the two dates. */
  readonly id: number;
  readonly start: string;
  readonly end: string;
  /** JSON of the period for a concept that holds over days, and for one that holds at a day; undefined where that cannot be. */
  readonly duration: string;
  readonly instant: string | undefined;
  /** 0 for the reporting period, 1 for the year before, and so on. */
  readonly yearsBack: number;
  /** Months of the reporting period that it touches, one bit each. */
  readonly months: number;
  /** 0 the whole period, 1 several months, 2 a month, 3 days. */
  readonly kind: 0 | 1 | 2 | 3;
};

/** A real day as YYYY-MM-DD; DD.MM.YYYY and an instant of a day are understood too; undefined for anything else. */
export function dayOf(text: string): string | undefined {
  const dotted = /^(\d{2})\.(\d{2})\.(\d{4})$/.exec(text);
  const iso =
    dotted === null
      ? text.replace(/[T ]00:00(?::00(?:\.0+)?)?Z?$/, "")
      : `${dotted[3]}-${dotted[2]}-${dotted[1]}`;
  const at = /^\d{4}-\d{2}-\d{2}$/.test(iso) ? new Date(`${iso}T00:00:00Z`) : undefined;
  return at !== undefined && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(iso)
    ? iso
    : undefined;
}

/** Periods of rows against the company's reporting period, each understood once. */
export class Periods {
  readonly #of: Company["period"];
  readonly #known = new Map<string, Map<string, PeriodPlan | Rejection>>();
  #size = 0;
  /** A bit for every month of the reporting period. */
  readonly everyMonth: number;

  constructor({ period }: Pick<Company, "period">) {
    this.#of = period;
    this.everyMonth = monthsOf(period, period);
  }

  /** The plan of a period as written; throws a `Rejection` that names the column. */
  plan(start: string, end: string): PeriodPlan {
    const found = this.#known.get(start)?.get(end);
    if (found instanceof Rejection) throw found;
    if (found !== undefined) return found;
    if ((this.#size += 1) > 10_000) {
      this.#known.clear();
      this.#size = 0;
    }
    const ends = this.#known.get(start) ?? new Map<string, PeriodPlan | Rejection>();
    this.#known.set(flat(start), ends);
    try {
      const made = this.#make(start, end);
      ends.set(flat(end), made);
      return made;
    } catch (error) {
      if (error instanceof Rejection) ends.set(flat(end), error);
      throw error;
    }
  }

  #make(startText: string, endText: string): PeriodPlan {
    const [start, end] = [day("period_start", startText), day("period_end", endText)];
    if (end < start)
      throw new Rejection(
        "date-wrong",
        "period_end",
        `${end} lies before ${start}.`,
        "Swap the two dates or correct them.",
        "E007",
      );
    const of = this.#of;
    const yearsBack = this.#yearsBack(start, end);
    const whole = yearsBack > 0 || (start === of.start && end === of.end);
    const months = yearsBack > 0 ? this.everyMonth : monthsOf({ start, end }, of);
    const isYearEnd = end === of.end || yearsBack > 0;
    return {
      id: dayNumber(start) * 65_536 + dayNumber(end),
      start,
      end,
      duration: `{"start":"${start}","end":"${end}"}`,
      instant: (whole || start === end) && isYearEnd ? `{"instant":"${end}"}` : undefined,
      yearsBack,
      months,
      kind: whole ? 0 : isWholeMonths(start, end) ? (bits(months) > 1 ? 1 : 2) : 3,
    };
  }

  /** How many years before the reporting period this one lies; throws for a period that is neither within it nor a whole earlier year. */
  #yearsBack(start: string, end: string): number {
    const of = this.#of;
    if (start >= of.start && end <= of.end) return 0;
    for (let back = 1; back <= 30; back += 1) {
      const [first, last] = [yearsBefore(of.start, back), yearsBefore(of.end, back)];
      const before = dayBefore(yearsBefore(of.start, back - 1));
      const ends = end === last || end === before;
      if (ends && (start === first || start === end)) return back;
    }
    throw new Rejection(
      "period-outside",
      start < of.start ? "period_start" : "period_end",
      `${start} to ${end} is neither within the reporting period ${of.start} to ${of.end} nor a whole earlier year.`,
      "Split the row at the period's edge, or correct company.json.",
    );
  }
}

function day(column: string, text: string): string {
  if (text === "") throw new Rejection("value-missing", column, "the cell is empty.", "Fill it in.");
  const found = dayOf(text);
  if (found !== undefined) return found;
  throw new Rejection("date-wrong", column, `${quote(text)} is not a date.`, "Write it as YYYY-MM-DD.");
}

function monthsOf({ start, end }: Company["period"], of: Company["period"]): number {
  const from = Math.max(0, monthNumber(start) - monthNumber(of.start));
  const to = Math.min(30, monthNumber(end) - monthNumber(of.start));
  let mask = 0;
  for (let month = from; month <= to; month += 1) mask |= 1 << month;
  return mask;
}

/** The month that a bit stands for, `2024-03`. */
export function monthName(bit: number, start: string): string {
  const month = monthNumber(start) + bit;
  return `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, "0")}`;
}

const dayNumber = (date: string): number => Math.floor(Date.parse(`${date}T00:00:00Z`) / 86_400_000) & 0xffff;
const monthNumber = (date: string): number => Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1;
const dayBefore = (date: string): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
const isWholeMonths = (start: string, end: string): boolean =>
  start.endsWith("-01") && dayAfter(end).endsWith("-01");
const dayAfter = (date: string): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);

function yearsBefore(date: string, years: number): string {
  const year = String(Number(date.slice(0, 4)) - years).padStart(4, "0");
  return date.endsWith("-02-29") ? `${year}-02-28` : `${year}${date.slice(4)}`;
}

/** How many bits are set. */
export function bits(mask: number): number {
  let [rest, count] = [mask, 0];
  for (; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
