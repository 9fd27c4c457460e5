import { describe, expect, test } from "vitest";
import type { Schedule } from "#kit/schedule.ts";
import { decideFires, isOpen, type Standing } from "#kit/scheduling/decide.ts";
import type { Hold } from "#kit/scheduling/ledger.ts";
import { rollback } from "#runbooks/rollback.ts";

const nightly: Schedule = {
  id: "nightly",
  title: "Every night",
  cron: "0 2 * * *",
  timeZone: "UTC",
  in: ["staging"],
  run: rollback,
  params: {},
  as: "tests",
  missed: "run-once",
  overlap: "skip",
  freeze: "skip",
};

const standing: Standing = {
  environment: "staging",
  now: new Date("2026-11-21T02:00:00.500Z"),
  since: new Date("2026-11-20T02:00:00Z"),
  holds: [],
  busy: undefined,
  waiting: false,
  closure: undefined,
  full: false,
};

const by = { name: "lena", host: "desk", via: "terminal" } as const;
const word = (at: string, paused: boolean): Hold => ({
  environment: "staging",
  schedule: "nightly",
  paused,
  at,
  by,
  why: "the vendor works on it",
});
const quarter = { kind: "freeze", name: "quarter close", because: "", zone: "UTC" } as const;

/** What becomes of the fires: their days and states, and why for the last. */
function became(schedule: Partial<Schedule>, more: Partial<Standing> = {}) {
  const fires = decideFires({ ...nightly, ...schedule }, { ...standing, ...more });
  return {
    states: fires.map(({ at, state }) => `${at.slice(8, 10)} ${state}`),
    because: fires.at(-1)?.because ?? "",
  };
}

const morning = { now: new Date("2026-11-21T09:00:00Z") };
const daysLater = { now: new Date("2026-11-24T09:00:00Z") };

describe("what becomes of a fire", () => {
  test.for([
    ["on time it starts", {}, {}, ["21 starting"], ""],
    ["before its time nothing", {}, { now: new Date("2026-11-21T01:59:59Z") }, [], ""],
    ["missed, and to be caught up", {}, morning, ["21 starting"], "caught up 7 h late"],
    ["missed, and never again", { missed: "skip" }, morning, ["21 missed"], "seen 7 h late"],
    ["missed, young enough", { missed: { runOnceWithin: "8h" } }, morning, ["21 starting"], "7 h late"],
    ["missed, too old", { missed: { runOnceWithin: "6h" } }, morning, ["21 missed"], "runs up to 6h late"],
    [
      "days missed run once",
      {},
      daysLater,
      ["21 missed", "22 missed", "23 missed", "24 starting"],
      "caught up",
    ],
    [
      "what is missed is not caught up when the next is on time",
      {},
      { now: new Date("2026-11-23T02:00:10Z") },
      ["21 missed", "22 missed", "23 starting"],
      "",
    ],
    ["paused", {}, { holds: [word("2026-11-20T12:00:00Z", true)] }, ["21 skipped"], "paused by lena since"],
    [
      "paused and resumed before it",
      {},
      { holds: [word("2026-11-20T12:00:00Z", true), word("2026-11-20T13:00:00Z", false)] },
      ["21 starting"],
      "",
    ],
    [
      "what fell into a pause is not caught up after it",
      {},
      { ...morning, holds: [word("2026-11-20T12:00:00Z", true), word("2026-11-21T08:00:00Z", false)] },
      ["21 skipped"],
      "the vendor works on it",
    ],
    ["its last run has not ended", {}, { busy: "r-1 has not ended" }, ["21 skipped"], "r-1 has not ended"],
    [
      "and it queues",
      { overlap: "queue" },
      { busy: "r-1 has not ended" },
      ["21 queued"],
      "r-1 has not ended",
    ],
    [
      "and one waits already",
      { overlap: "queue" },
      { busy: "r-1 has not ended", waiting: true },
      ["21 skipped"],
      "one waits already",
    ],
    ["too many at once", {}, { full: true }, ["21 queued"], "as many scheduled runs as may run at once"],
    ["in a freeze", {}, { closure: quarter }, ["21 skipped"], 'the freeze "quarter close" is in force'],
    ["in a freeze, looking all the same", { freeze: "look" }, { closure: quarter }, ["21 starting"], ""],
    [
      "caught up outside its hours",
      { window: { from: "01:00", to: "05:00" } },
      morning,
      ["21 missed"],
      "outside its hours, 01:00 to 05:00",
    ],
    ["on time in its hours", { window: { from: "22:00", to: "05:00" } }, {}, ["21 starting"], ""],
    ["not before its jitter", { jitter: "1h" }, {}, [], ""],
    [
      "after its jitter, still on time",
      { jitter: "1h" },
      { now: new Date("2026-11-21T02:59:59Z") },
      ["21 starting"],
      "",
    ],
  ] as const)("%s", ([, schedule, more, states, because]) => {
    const { states: seen, because: why } = became(schedule, more);

    expect(seen).toEqual(states);
    expect(why).toContain(because);
  });

  test("of a long absence is told in one line, and then one by one", () => {
    const fires = decideFires(
      { ...nightly, cron: "* * * * *" },
      { ...standing, since: new Date("2026-10-01T00:00:00Z") },
    );

    expect(fires[0]).toMatchObject({ at: "2026-10-01T00:01:00.000Z", state: "missed" });
    expect(Date.parse(fires[0]?.through ?? "")).toBeLessThan(Date.parse(fires[1]?.at ?? ""));
    expect(fires.filter(({ state }) => state === "starting").map(({ at }) => at)).toEqual([
      "2026-11-21T02:00:00.000Z",
    ]);
  });
});

test.for([
  ["2026-11-20T22:30:00Z", true],
  ["2026-11-21T03:59:00Z", true],
  ["2026-11-21T04:00:00Z", false],
  ["2026-11-21T22:30:00Z", false],
] as const)("a window on Friday from 22:00 to 04:00 at %s is open: %s", ([at, open]) => {
  const window = { from: "22:00", to: "04:00", days: ["fri"] } as const;

  expect(isOpen({ window, timeZone: "UTC" }, new Date(at))).toBe(open);
});
