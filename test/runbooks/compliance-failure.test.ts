import { describe, expect, test } from "vitest";
import { decideWith } from "#kit/run/decide.ts";
import { csrdComplianceFailure } from "#alerts/report-quality.ts";
import { compliance } from "#checks/compliance.ts";
import { rulesMissed } from "#rules/report-quality.ts";
import { complianceFailure } from "#runbooks/compliance-failure.ts";
import { productionTimes } from "#test/fakes/world.ts";

const now = "2026-11-21T03:12:00.000Z";
const audits = (failed: number, ended: number) => ({
  failed,
  ended,
  rules: failed === 0 ? [] : [{ rule: "csrd_a_lei", reports: failed }],
});
const builds = (...versions: readonly string[]) => ({
  known: true,
  value: versions.map((version) => ({ version, processes: 1 })),
});
const deployed = (at: string) => ({
  known: true,
  value: [{ version: "0.2.0", previous: "0.1.0", at, instances: ["i-1"] }],
});
const named = { known: true, value: ["compliance-manager"] };
const notKnown = { known: false, reason: "no answer in 5 s" };

describe("compliance-failure decides", () => {
  test.for([
    ["all-clear", "none", "no report failed", audits(0, 9), {}],
    ["plan", "not-compliant", "some do not meet the rules", audits(2, 9), {}],
    [
      "plan",
      "not-compliant",
      "all of two do not, which is two companies",
      audits(2, 2),
      { deploys: deployed("2026-11-21T03:00:00Z") },
    ],
    [
      "plan",
      "not-compliant",
      "most do not, and the last deploy is old",
      audits(8, 9),
      { deploys: deployed("2026-11-20T03:00:00Z") },
    ],
    [
      "escalate",
      "fresh-deploy",
      "most do not since a deploy",
      audits(8, 9),
      { deploys: deployed("2026-11-21T03:00:00Z") },
    ],
    ["escalate", "two-builds", "two builds audit", audits(2, 9), { versions: builds("0.1.0", "0.2.0") }],
    [
      "escalate",
      "nobody-to-tell",
      "nobody is named",
      audits(2, 9),
      { audiences: { known: true, value: [] } },
    ],
    ["escalate", "nobody-to-tell", "who is named is not known", audits(2, 9), { audiences: notKnown }],
  ] as const)("%s (%s) when %s", ([kind, rule, , seen, more]) => {
    const findings = { audits: seen, versions: notKnown, deploys: notKnown, audiences: named, ...more };

    expect(decideWith(complianceFailure, findings, {}, { now, times: productionTimes })).toMatchObject({
      kind,
      rule,
    });
  });

  test("changes no verdict: it tells, and nothing else", () => {
    expect(Object.values(complianceFailure.mitigate).map(({ risk }) => risk)).toEqual(["safe"]);
  });
});

describe("defect 27: an alarm on a counter never ends", () => {
  test("the alarm asks what was added of late, as does the check", () => {
    expect(csrdComplianceFailure.expr).toBe("sum(increase(csrd_compliance_failures_total[15m])) > 0");
  });
});

describe("compliance judges", () => {
  const told = { at: "2026-11-21T03:10:00.000Z", where: "#compliance" };

  test.for([
    ["healthy", audits(0, 3), undefined],
    ["unhealthy", audits(2, 3), undefined],
    ["healthy", audits(2, 3), told],
  ] as const)("%s for %o", ([state, seen, said]) => {
    expect(compliance.judge({ audits: seen, told: said }).state).toBe(state);
  });

  test("labels that are no rule of ours are not shown", () => {
    const sample = (rule: string) => ({ labels: { rule }, value: 3 });

    expect(rulesMissed([sample("csrd_a_lei"), sample("<!channel>"), sample("x".repeat(90))])).toEqual([
      { rule: "csrd_a_lei", reports: 3 },
    ]);
  });
});
