import { describe, expect, test } from "vitest";
import { flawOfRule, instantsBetween, jitterMs, nextInstants } from "#kit/scheduling/instants.ts";
import { dayAfter, instantOf, localMoment, wallClock } from "#kit/zoned.ts";

const local = (cron: string, timeZone: string, after: string, count: number) =>
  nextInstants({ cron, timeZone }, new Date(after), count).map(
    (at) => `${at.toISOString().slice(5, 16)} = ${localMoment(at, timeZone)}`,
  );

describe("daylight saving", () => {
  test.for([
    // Clocks go forward over 02:30: at the first moment after it.
    [
      "30 2 * * *",
      "Europe/Amsterdam",
      "2027-03-27T12:00:00Z",
      ["03-28T01:00 = Sun 2027-03-28 03:00", "03-29T00:30 = Mon 2027-03-29 02:30"],
    ],
    // 02:30 comes twice: the first time.
    [
      "30 2 * * *",
      "Europe/Amsterdam",
      "2026-10-24T12:00:00Z",
      ["10-25T00:30 = Sun 2026-10-25 02:30", "10-26T01:30 = Mon 2026-10-26 02:30"],
    ],
    ["30 2 * * *", "Europe/Amsterdam", "2026-10-25T00:45:00Z", ["10-26T01:30 = Mon 2026-10-26 02:30"]],
    ["15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", ["10-03T15:30 = Sun 2026-10-04 02:30"]],
    [
      "45 1 * * *",
      "Australia/Lord_Howe",
      "2026-04-04T12:00:00Z",
      ["04-04T14:45 = Sun 2026-04-05 01:45", "04-05T15:15 = Mon 2026-04-06 01:45"],
    ],
    // What fires within every hour fires in the doubled hour too, and not in the one that is left out.
    [
      "15 * * * *",
      "Europe/Amsterdam",
      "2026-10-25T00:00:00Z",
      [
        "10-25T00:15 = Sun 2026-10-25 02:15",
        "10-25T01:15 = Sun 2026-10-25 02:15",
        "10-25T02:15 = Sun 2026-10-25 03:15",
      ],
    ],
    [
      "15 * * * *",
      "Europe/Amsterdam",
      "2027-03-28T00:00:00Z",
      ["03-28T00:15 = Sun 2027-03-28 01:15", "03-28T01:15 = Sun 2027-03-28 03:15"],
    ],
    ["0 0 29 2 *", "UTC", "2026-03-01T00:00:00Z", ["02-29T00:00 = Tue 2028-02-29 00:00"]],
    ["59 23 31 12 *", "Europe/Amsterdam", "2026-03-01T00:00:00Z", ["12-31T22:59 = Thu 2026-12-31 23:59"]],
  ] as const)("%s in %s after %s", ([cron, zone, after, expected]) => {
    expect(local(cron, zone, after, expected.length)).toEqual(expected);
  });

  const zones = [
    "Europe/Amsterdam",
    "Europe/London",
    "America/New_York",
    "America/Santiago",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "UTC",
  ];

  test.for(zones)(
    "a daily job fires once on every day around every change of clocks in %s, 2020 to 2035",
    (zone) => {
      let days = 0;
      for (const day of daysOfChange(zone))
        for (const time of ["00:30", "01:45", "02:30", "03:00", "23:30"]) {
          const [hour, minute] = time.split(":").map(Number);
          const from = instantOf(dayAfter(day, -2), "12:00", zone);
          const to = instantOf(dayAfter(day, 2), "12:00", zone);
          const { instants } = instantsBetween({ cron: `${minute} ${hour} * * *`, timeZone: zone }, from, to);
          const fired = instants.map((at) => wallClock(at, zone).date);
          const expected = [-2, -1, 0, 1, 2]
            .map((shift) => dayAfter(day, shift))
            .filter((date) => {
              const at = instantOf(date, time, zone);
              return at > from && at <= to;
            });
          expect(fired, `${day} ${time}`).toEqual(expected);
          days += 1;
        }

      expect(days > 0).toBe(zone !== "UTC");
    },
  );
});

/** Local days on which a zone's clocks are changed. */
function daysOfChange(zone: string): readonly string[] {
  const days: string[] = [];
  let before: number | undefined;
  for (let day = "2020-01-01"; day < "2036-01-01"; day = dayAfter(day, 1)) {
    const noon = new Date(`${day}T12:00:00Z`);
    const { date, time } = wallClock(noon, zone);
    const offset = Date.parse(`${date}T${time}:00Z`) - noon.getTime();
    if (before !== undefined && offset !== before) days.push(date);
    before = offset;
  }
  return days;
}

describe("instants", () => {
  test("of a stretch are all of them, or the latest and the first of the rest after a long absence", () => {
    const rule = { cron: "* * * * *", timeZone: "UTC" };
    const day = instantsBetween(rule, new Date("2026-11-20T00:00:00Z"), new Date("2026-11-20T03:00:00Z"));
    const month = instantsBetween(rule, new Date("2026-10-20T00:00:00Z"), new Date("2026-11-20T00:00:00Z"));

    expect(day).toMatchObject({ instants: { length: 180 } });
    expect(day.before).toBeUndefined();
    expect(month.before?.first.toISOString()).toBe("2026-10-20T00:01:00.000Z");
    expect(month.instants.length).toBeLessThan(1_000);
    expect(month.instants.at(-1)?.toISOString()).toBe("2026-11-20T00:00:00.000Z");
  });

  test.for([
    ["0 2 * * *", "Europe/Amsterdam", undefined],
    ["@daily", "UTC", "has not the five fields"],
    ["0 0 2 * * *", "UTC", "has not the five fields"],
    ["", "UTC", "has not the five fields"],
    ["61 * * * *", "UTC", "cannot be read"],
    ["0 2 31 2 *", "UTC", "names no day that ever comes"],
    ["0 2 * * *", "Mars/Olympus", "is no time zone"],
  ] as const)("%s in %s", ([cron, timeZone, flaw]) => {
    const found = flawOfRule({ cron, timeZone });

    if (flaw === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(flaw);
  });

  test("have a jitter of their own, the same for everybody and never as long as was said", () => {
    const at = nextInstants({ cron: "0 * * * *", timeZone: "UTC" }, new Date("2026-11-20T00:00:00Z"), 50);
    const delays = at.map((instant) => jitterMs("nightly", instant, "10m"));

    expect(delays).toEqual(at.map((instant) => jitterMs("nightly", instant, "10m")));
    expect(new Set(delays).size).toBeGreaterThan(40);
    expect(Math.max(...delays)).toBeLessThan(600_000);
    expect(jitterMs("nightly", new Date(), undefined)).toBe(0);
  });
});

test.for([
  ["2027-03-28", "02:30", "Europe/Amsterdam", "2027-03-28T01:30:00.000Z"],
  ["2026-10-25", "02:30", "Europe/Amsterdam", "2026-10-25T00:30:00.000Z"],
  ["2027-05-01", "00:00", "Europe/Brussels", "2027-04-30T22:00:00.000Z"],
  ["2026-01-01", "00:00", "Pacific/Kiritimati", "2025-12-31T10:00:00.000Z"],
  ["2026-01-01", "00:00", "Pacific/Pago_Pago", "2026-01-01T11:00:00.000Z"],
] as const)("%s %s in %s is one instant", ([date, time, zone, at]) => {
  expect(instantOf(date, time, zone).toISOString()).toBe(at);
});
