/** The clock on the wall somewhere. */
export type Wall = {
  /** "2027-03-28" */
  readonly date: string;
  /** "02:30" */
  readonly time: string;
  /** "sun" */
  readonly weekday: Weekday;
};

/** The days of the week, Monday first. */
export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** One of them. */
export type Weekday = (typeof weekdays)[number];

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clock on the wall says at an instant in a zone, given by IANA name. */
export function wallClock(at: Date, zone: string): Wall {
  const parts = formatFor(zone).formatToParts(at);
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.find((part) => part.type === type)?.value ?? "";
  const short = of("weekday").toLowerCase();
  return {
    date: `${of("year")}-${of("month")}-${of("day")}`,
    time: `${of("hour")}:${of("minute")}`,
    weekday: weekdays.find((day) => day === short) ?? "mon",
  };
}

/**
 * The instant at which the wall of a zone shows this date and time. Where it shows it twice, the first; where it never does, because
 * clocks go forward over it, as much later as they are set.
 */
export function instantOf(date: string, time: string, zone: string): Date {
  const plain = Date.parse(`${date}T${time}:00Z`);
  const day = 24 * 3_600_000;
  const guesses = [plain - day, plain + day]
    .map((near) => plain - offsetMs(new Date(near), zone))
    .sort((a, b) => a - b);
  const shown = guesses.find((guess) => {
    const wall = wallClock(new Date(guess), zone);
    return wall.date === date && wall.time === time;
  });
  return new Date(shown ?? guesses.at(-1) ?? plain);
}

/** "Sun 2027-03-28 03:00": how people there write an instant. */
export function localMoment(at: Date, zone: string): string {
  const { date, time, weekday } = wallClock(at, zone);
  return `${weekday.charAt(0).toUpperCase()}${weekday.slice(1)} ${date} ${time}`;
}

/** The calendar day so many days later. */
export function dayAfter(date: string, days: number): string {
  return new Date(Date.parse(`${date}T12:00:00Z`) + days * 24 * 3_600_000).toISOString().slice(0, 10);
}

/** How far the wall is ahead of UTC at an instant. */
function offsetMs(at: Date, zone: string): number {
  const { date, time } = wallClock(at, zone);
  const whole = Math.floor(at.getTime() / 60_000) * 60_000;
  return Date.parse(`${date}T${time}:00Z`) - whole;
}

function formatFor(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      weekday: "short",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    formats.set(zone, format);
  }
  return format;
}
