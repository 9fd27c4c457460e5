import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { CalendarQuestion } from "#kit/freeze.ts";
import { closureAt, freezesHere, joinFreezes, openings, parseFreezes } from "#rules/freezes.ts";

const shipped = parseFreezes(
  parse(readFileSync(join(import.meta.dirname, "../../rules/freezes.yaml"), "utf8")) as unknown,
);
const production = { name: "eu-1", tier: "production" };

const asked = (at: string, runbook: Partial<CalendarQuestion["runbook"]> = {}, environment = production) => ({
  environment,
  runbook: { id: "rotate-keys", severity: "P2", ...runbook } as const,
  at: new Date(at),
});

describe("the shipped calendar", () => {
  test.for([
    ["the day before", "2027-04-21T21:59:00Z", {}, undefined],
    ["from midnight in Brussels", "2027-04-21T22:00:00Z", {}, "annual reports are filed"],
    ["on the last evening", "2027-04-30T21:59:00Z", {}, "annual reports are filed"],
    ["after it", "2027-04-30T22:00:00Z", {}, undefined],
    ["what burns", "2027-04-25T12:00:00Z", { severity: "P1" }, undefined],
    ["a rollback", "2027-04-25T12:00:00Z", { id: "rollback" }, undefined],
  ] as const)("freezes production while companies file: %s", ([, at, runbook, name]) => {
    expect(closureAt(shipped, asked(at, runbook))?.name).toBe(name);
  });

  test("leaves staging alone", () => {
    const question = asked("2027-04-25T12:00:00Z", {}, { name: "staging", tier: "staging" });

    expect(closureAt(shipped, question)).toBeUndefined();
  });

  test.for([
    ["Saturday", "2026-11-21T12:00:00Z", "weekly maintenance", "2026-11-22T02:00:00.000Z"],
    ["in the week's window", "2026-11-22T03:59:00Z", undefined, undefined],
    ["after the week's window", "2026-11-22T04:00:00Z", "weekly maintenance", "2026-11-29T02:00:00.000Z"],
    ["where two overlap, the longer counts", "2026-12-06T05:30:00Z", undefined, undefined],
  ] as const)("opens windows for planned work: %s", ([, at, name, until]) => {
    const closure = closureAt(shipped, asked(at, { onlyIn: "maintenance-window" }));

    expect([closure?.name, closure?.until]).toEqual([name, until]);
  });
});

const freeze = (more: object = {}) => ({
  name: "quarter",
  in: ["eu-1"],
  zone: "Europe/Amsterdam",
  from: "2026-10-24 00:00",
  to: "2026-10-26 00:00",
  ...more,
});

test("days are those of the zone, also when clocks are changed in between", () => {
  const [span] = freezesHere(parseFreezes({ freezes: [freeze()] }), production);

  expect([span?.from.toISOString(), span?.to.toISOString()]).toEqual([
    "2026-10-23T22:00:00.000Z",
    "2026-10-25T23:00:00.000Z",
  ]);
});

test("of two freezes the one that ends last is named, and a freeze beats an open window", () => {
  const rules = parseFreezes({
    freezes: [freeze(), freeze({ name: "year", to: "2026-12-01 00:00" })],
    windows: [
      { name: "now", in: ["eu-1"], zone: "UTC", dated: { from: "2026-10-24 00:00", to: "2026-10-27 00:00" } },
    ],
  });

  expect(closureAt(rules, asked("2026-10-25T12:00:00Z", { onlyIn: "maintenance-window" }))?.name).toBe(
    "year",
  );
});

test("a window that crosses midnight is open on both days, and none at all never opens", () => {
  const night = parseFreezes({
    windows: [
      { name: "night", in: ["eu-1"], zone: "UTC", weekly: { day: "fri", from: "23:00", to: "01:00" } },
    ],
  });
  const open = (at: string) => closureAt(night, asked(at, { onlyIn: "maintenance-window" })) === undefined;

  expect(["2026-11-20T23:30:00Z", "2026-11-21T00:30:00Z", "2026-11-21T01:00:00Z"].map(open)).toEqual([
    true,
    true,
    false,
  ]);
  const never = closureAt(parseFreezes({}), asked("2026-11-20T23:30:00Z", { onlyIn: "maintenance-window" }));
  expect(never).toMatchObject({ kind: "window", name: "none" });
  expect(openings(parseFreezes({}), production, new Date())).toEqual([]);
});

test("a team's calendar adds freezes and takes none away", () => {
  const own = parseFreezes({ neverBlocked: ["rotate-keys"], freezes: [freeze()] });

  const joined = joinFreezes(shipped, own);

  expect(closureAt(joined, asked("2026-10-25T12:00:00Z"))?.name).toBe("quarter");
  expect(closureAt(joined, asked("2027-04-25T12:00:00Z"))?.name).toBe("annual reports are filed");
});

test.for([
  ["a date that is none", { freezes: [freeze({ from: "24 October" })] }, "freezes.0.from"],
  ["a freeze that ends before it begins", { freezes: [freeze({ to: "2026-10-23 00:00" })] }, "ends before"],
  ["an abbreviation as zone", { freezes: [freeze({ zone: "CET" })] }, "time zone"],
  ["a freeze of nowhere", { freezes: [freeze({ in: [] })] }, "freezes.0.in"],
  ["a slip in a name", { freeze: [freeze()] }, "freeze"],
  [
    "a window of two kinds",
    {
      windows: [
        {
          name: "w",
          in: ["x"],
          zone: "UTC",
          weekly: { day: "sun", from: "01:00", to: "02:00" },
          monthly: { day: "sun", nth: 1, from: "01:00", to: "02:00" },
        },
      ],
    },
    "one of them",
  ],
] as const)("%s is refused", ([, file, says]) => {
  expect(() => parseFreezes(file, "ours/freezes.yaml")).toThrow(says);
});
