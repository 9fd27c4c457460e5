import { describe, expect, test } from "vitest";
import { decideWith } from "#kit/run/decide.ts";
import { dataQuality } from "#checks/data-quality.ts";
import { scoreOf } from "#rules/report-quality.ts";
import { lowDataQuality } from "#runbooks/low-data-quality.ts";
import { productionTimes } from "#test/fakes/world.ts";

const now = "2026-11-21T03:12:00.000Z";
const quality = (score: number | undefined, low: number, good: number) => ({
  score,
  low,
  good,
  rules: low === 0 ? [] : [{ rule: "DQ-C02", reports: low }],
});
const deployed = (at: string) => ({
  known: true,
  value: [{ version: "0.2.0", previous: "0.1.0", at, instances: ["i-1"] }],
});
const builds = {
  known: true,
  value: [
    { version: "0.1.0", processes: 1 },
    { version: "0.2.0", processes: 1 },
  ],
};
const named = { known: true, value: ["data-quality"] };
const notKnown = { known: false, reason: "no answer in 5 s" };

describe("low-data-quality decides", () => {
  test.for([
    ["all-clear", "good", "data score 80", quality(80, 0, 5), {}],
    ["all-clear", "good", "no report has come", quality(undefined, 0, 0), {}],
    ["plan", "data-worse", "data score 79.9", quality(79.9, 2, 5), {}],
    [
      "plan",
      "data-worse",
      "most are low and the last deploy is old",
      quality(50, 8, 1),
      { deploys: deployed("2026-11-19T03:00:00Z") },
    ],
    [
      "plan",
      "data-worse",
      "one of many is low after a deploy",
      quality(60, 1, 8),
      { deploys: deployed("2026-11-21T03:00:00Z") },
    ],
    [
      "escalate",
      "fresh-deploy",
      "most are low since a deploy",
      quality(50, 8, 1),
      { deploys: deployed("2026-11-21T03:00:00Z") },
    ],
    ["escalate", "two-builds", "two builds read", quality(60, 4, 4), { versions: builds }],
    [
      "escalate",
      "nobody-to-tell",
      "nobody is named",
      quality(60, 4, 4),
      { audiences: { known: true, value: [] } },
    ],
    ["escalate", "nobody-to-tell", "who is named is not known", quality(60, 4, 4), { audiences: notKnown }],
  ] as const)("%s (%s) when %s", ([kind, rule, , seen, more]) => {
    const findings = { quality: seen, versions: notKnown, deploys: notKnown, audiences: named, ...more };

    expect(decideWith(lowDataQuality, findings, {}, { now, times: productionTimes })).toMatchObject({
      kind,
      rule,
    });
  });

  test("holds no report and no threshold in its hands: it tells, and nothing else", () => {
    expect(Object.values(lowDataQuality.mitigate).map(({ risk }) => risk)).toEqual(["safe"]);
  });
});

describe("data-quality judges", () => {
  const told = { at: "2026-11-21T03:10:00.000Z", where: "#esg-data" };

  test.for([
    ["healthy", quality(undefined, 0, 0), undefined],
    ["healthy", quality(80, 0, 5), undefined],
    ["degraded", quality(79.9, 1, 5), undefined],
    ["healthy", quality(79.9, 1, 5), told],
  ] as const)("%s for %o", ([state, seen, said]) => {
    expect(dataQuality.judge({ quality: seen, told: said }).state).toBe(state);
  });

  test.for([
    [Number.NaN, undefined],
    [140, undefined],
    [92.54, 92.5],
  ] as const)("a score of %d is %o", ([value, score]) => {
    expect(scoreOf([{ labels: {}, value }])).toBe(score);
  });
});
