import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { risks } from "#kit/plan.ts";
import type { PolicyQuestion } from "#kit/policy.ts";
import { approvalNeed, parseApprovalRules } from "#rules/approval.ts";
import { parseCalendar } from "#rules/calendar.ts";

const read = (file: string): unknown =>
  parse(readFileSync(join(import.meta.dirname, "../../rules", file), "utf8"));
const rules = parseApprovalRules(read("approval.yaml"));
const calendar = parseCalendar(read("calendar.yaml"));

/** Tuesday noon in Amsterdam, nobody on call; a table row changes what it is about. */
const tuesday: PolicyQuestion = {
  tier: "production",
  risk: "disruptive",
  severity: "P2",
  at: new Date("2026-11-24T11:00:00Z"),
  zone: "Europe/Amsterdam",
  onCall: [],
};

const need = (question: Partial<PolicyQuestion>) =>
  approvalNeed(rules, calendar, { ...tuesday, ...question });

describe("approval policy", () => {
  test.for(["production", "sandbox"] as const)(
    "%s lets nobody approve their own disruptive or destructive plan",
    (tier) => {
      for (const risk of ["disruptive", "destructive"] as const)
        expect(need({ tier, risk })).toMatchObject({ count: 1, requesterMay: false });
    },
  );

  test("every tier covers every risk, and names the rule that said so", () => {
    for (const tier of Object.keys(rules.tiers))
      for (const risk of risks)
        expect(need({ tier, risk }).rule).toBe(`rules/approval.yaml: ${tier}, ${risk}`);
  });

  test("only safe plans need nobody, at any hour and severity", () => {
    for (const tier of Object.keys(rules.tiers))
      for (const risk of risks.filter((one) => one !== "safe"))
        for (const severity of ["P0", "P1", "P2", "P3"] as const)
          for (const at of ["2026-11-24T11:00:00Z", "2026-11-28T03:00:00Z", "2026-12-25T11:00:00Z"])
            expect(need({ tier, risk, severity, at: new Date(at) }).count).toBeGreaterThan(0);
  });

  test("a tier that no rule names is refused, not allowed", () => {
    expect(() => need({ tier: "qa", risk: "safe" })).toThrow(
      expect.objectContaining({ code: "guard-refused" }),
    );
  });
});

describe("the hour and the severity", () => {
  test.for([
    ["a Tuesday noon", "disruptive", "P2", "2026-11-24T11:00:00Z", 1],
    ["a Tuesday night", "disruptive", "P2", "2026-11-24T23:00:00Z", 2],
    ["a Tuesday, one minute before opening", "disruptive", "P2", "2026-11-24T07:59:00Z", 2],
    ["a Tuesday at opening", "disruptive", "P2", "2026-11-24T08:00:00Z", 1],
    ["a Tuesday at closing", "disruptive", "P2", "2026-11-24T16:00:00Z", 2],
    ["a Saturday noon", "disruptive", "P3", "2026-11-28T11:00:00Z", 2],
    ["Good Friday", "disruptive", "P2", "2026-04-03T10:00:00Z", 2],
    ["summer time counts: 08:30 there is before opening", "disruptive", "P2", "2026-07-14T06:30:00Z", 2],
    ["a platform that is down on a Saturday", "disruptive", "P0", "2026-11-28T11:00:00Z", 1],
    ["a destructive P0 at night", "destructive", "P0", "2026-11-24T23:00:00Z", 1],
    ["a destructive P1 at night", "destructive", "P1", "2026-11-24T23:00:00Z", 2],
    ["what can be undone, at night", "reversible", "P3", "2026-11-24T23:00:00Z", 1],
  ] as const)("%s", ([, risk, severity, at, count]) => {
    expect(need({ risk, severity, at: new Date(at) }).count).toBe(count);
  });

  test("off hours name the rule and say what the calendar saw", () => {
    expect(need({ at: new Date("2026-12-25T11:00:00Z") })).toMatchObject({
      count: 2,
      rule: "rules/approval.yaml: production, disruptive, P2 off hours",
      calendar: "Friday 12:00 in Europe/Amsterdam, Christmas Day",
    });
  });

  test("a year without a list means no holiday known, and says so", () => {
    const christmas = new Date("2031-12-25T11:00:00Z");

    expect(need({ at: christmas })).toMatchObject({
      count: 1,
      calendar: "Thursday 12:00 in Europe/Amsterdam, in business hours; no holidays are known there for 2031",
    });
  });

  test("a zone without a list keeps its weekdays", () => {
    expect(need({ zone: "Asia/Tokyo", at: new Date("2026-11-24T03:00:00Z") })).toMatchObject({
      count: 1,
      calendar: expect.stringContaining("no holidays are known there for 2026") as string,
    });
    expect(need({ zone: "Asia/Tokyo" }).count).toBe(2);
  });

  test("silence is shorter the worse it is, and asks the environment's own ladder", () => {
    const onCall = [["omar"], ["ana", "lena"]];

    expect(need({ severity: "P0", onCall }).ladder).toEqual({ everyMs: 120_000, rungs: onCall });
    expect(need({ severity: "P3", onCall }).ladder).toEqual({ everyMs: 300_000, rungs: onCall });
    expect(need({ risk: "safe", onCall })).not.toHaveProperty("ladder");
  });
});

describe("a rules file is refused as a whole", () => {
  const { tiers, silence } = rules;
  const production = tiers["production"];
  const tier = (change: object) => ({ silence, tiers: { production: { ...production, ...change } } });

  test.for([
    ["a missing risk", { silence, tiers: { production: { safe: production?.safe } } }],
    ["an unknown word", tier({ safe: { count: 0, requester: true, type: "maybe" } })],
    ["no approval for a disruptive plan", tier({ disruptive: { count: 0, requester: true, type: "none" } })],
    [
      "fewer approvals off hours than by day",
      tier({ destructive: { count: 2, requester: false, type: "target", offHours: { P2: 1 } } }),
    ],
    [
      "no approval for a disruptive plan off hours",
      tier({ disruptive: { count: 1, requester: false, type: "yes", offHours: { P0: 0 } } }),
    ],
    ["silence of an unknown length", { silence: { ...silence, P0: "soon" }, tiers }],
    ["no word on silence", { tiers }],
    ["no mapping at all", "yes"],
  ] as const)("with %s", ([, parsed]) => {
    expect(() => parseApprovalRules(parsed)).toThrow(expect.objectContaining({ code: "definition-invalid" }));
  });

  test.for([
    ["a day that does not exist", { "2026-02-30": "Nothing" }],
    ["a holiday outside its years", { "2026-01-01": "New Year", "2029-01-01": "New Year" }],
    ["a covered year without any holiday", { "2026-01-01": "New Year" }],
  ] as const)("with %s in the calendar", ([, dates]) => {
    const parsed = {
      hours: calendar.hours,
      holidays: { UTC: { from: 2026, to: 2027, source: "here", dates } },
    };

    expect(() => parseCalendar(parsed)).toThrow(expect.objectContaining({ code: "definition-invalid" }));
  });

  test("with hours that end before they begin", () => {
    const parsed = { hours: { days: ["mon"], from: "17:00", to: "09:00" }, holidays: {} };

    expect(() => parseCalendar(parsed)).toThrow(/end before they begin/);
  });
});
