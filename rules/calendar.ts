import { z } from "zod";
import { OpsError } from "#kit/errors.ts";

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'is not a time like "09:00"' });
const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** Holidays of a place: every one in the years from `from` to `to`, both included. Outside them nothing is known. */
const Holidays = z
  .strictObject({
    from: z.int().min(2000).max(2200),
    to: z.int().min(2000).max(2200),
    /** Where the list was taken from. */
    source: z.string().min(1),
    dates: z.record(z.iso.date(), z.string().min(1)),
  })
  .superRefine(({ from, to, dates }, context) => {
    if (from > to) context.addIssue({ code: "custom", path: ["to"], message: "lies before from" });
    const outside = Object.keys(dates).find((date) => yearOf(date) < from || yearOf(date) > to);
    if (outside !== undefined)
      context.addIssue({
        code: "custom",
        path: ["dates"],
        message: `${outside} lies outside ${from} to ${to}`,
      });
    for (let year = from; year <= to; year += 1)
      if (!Object.keys(dates).some((date) => yearOf(date) === year))
        context.addIssue({
          code: "custom",
          path: ["dates"],
          message: `${year} is covered but has no holiday`,
        });
  });

const Calendar = z.strictObject({
  hours: z
    .strictObject({ days: z.array(z.enum(weekdays)).min(1), from: clock, to: clock })
    .refine(({ from, to }) => from < to, { error: "end before they begin" }),
  /** By time zone, because that is what an environment says about where its people are. */
  holidays: z.record(z.string(), Holidays),
});

/** When people are at work: the content of rules/calendar.yaml. */
export type Calendar = z.infer<typeof Calendar>;

/** Checks the parsed YAML; throws `definition-invalid`. */
export function parseCalendar(parsed: unknown): Calendar {
  const result = Calendar.safeParse(parsed);
  if (result.success) return result.data;
  throw new OpsError("definition-invalid", {
    summary: `rules/calendar.yaml is not usable: ${z.prettifyError(result.error)}.`,
    hint: "Mend the file; until then nothing can be approved.",
  });
}

/** What the calendar says about an instant, in the words of the people there. */
export type Moment = {
  readonly atWork: boolean;
  /** "Saturday 14:10 in Europe/Amsterdam, outside business hours"; also when the list of holidays does not reach that far. */
  readonly says: string;
};

/** Whether people are at work at an instant in a zone. Where no holiday is known the weekday decides, and the sentence says so. */
export function momentOf({ hours, holidays }: Calendar, at: Date, zone: string): Moment {
  const local = localTime(at, zone);
  const known = holidays[zone];
  const isCovered = known !== undefined && local.year >= known.from && local.year <= known.to;
  const holiday = isCovered ? known.dates[local.date] : undefined;
  const isWorkday = hours.days.some((day) => day === local.weekday.slice(0, 3).toLowerCase());
  const inHours = isWorkday && local.time >= hours.from && local.time < hours.to;
  const gap = isCovered ? "" : `; no holidays are known there for ${local.year}`;
  const where = `${local.weekday} ${local.time} in ${zone}`;
  if (holiday !== undefined) return { atWork: false, says: `${where}, ${holiday}` };
  return { atWork: inHours, says: `${where}, ${inHours ? "in" : "outside"} business hours${gap}` };
}

function localTime(at: Date, zone: string) {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "long",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(at);
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.find((part) => part.type === type)?.value ?? "";
  return {
    weekday: of("weekday"),
    year: Number(of("year")),
    date: `${of("year")}-${of("month")}-${of("day")}`,
    time: `${of("hour")}:${of("minute")}`,
  };
}

function yearOf(date: string): number {
  return Number(date.slice(0, 4));
}
