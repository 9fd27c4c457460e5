import { describe, expect, test } from "vitest";
import { decideWith } from "#kit/run/decide.ts";
import { xbrlSlow } from "#runbooks/xbrl-slow.ts";
import { productionTimes } from "#test/fakes/world.ts";

const now = "2026-11-21T03:12:00.000Z";
const known = (value: unknown) => ({ known: true, value, at: now });
const silent = { known: false, reason: "no answer in 5 s", at: now };

const units = (count: number, ready = count) =>
  Array.from({ length: count }, (_, index) => ({
    id: `u-reporting-${index + 1}`,
    name: `reporting-${index + 1}`,
    state: "running",
    ready: index < ready,
    reason: undefined,
    startedAt: undefined,
    restarts: 0,
    version: "0.1.0",
  }));

type Parts = {
  readonly p95?: number;
  readonly waiting?: number;
  readonly byUnit?: readonly (readonly [string, number])[];
  readonly count?: number;
  readonly ready?: number;
  readonly full?: string;
  readonly facts?: readonly number[];
  readonly deployed?: string;
};

function found({ p95, waiting = 0, byUnit = [], count = 1, ready, full, facts = [], deployed }: Parts) {
  const all = units(count, ready);
  return {
    pace: {
      p95,
      waiting,
      running: 1,
      units: byUnit.map(([unit, seconds]) => ({ unit, seconds })),
      limit: 300,
    },
    reporting: { name: "reporting", units: all, desired: count, floor: 1, full },
    sizes: known({
      columns: ["timestamp", "context.report_id", "context.facts"],
      rows: facts.map((one) => [now, "CSRD-1", one]),
      incomplete: undefined,
    }),
    use: silent,
    deploys: known(
      deployed === undefined
        ? []
        : [{ version: "0.2.0", previous: "0.1.0", at: deployed, instances: all.map(({ id }) => id) }],
    ),
  };
}

const decide = (findings: object, evidence = "first") =>
  decideWith(xbrlSlow, { ...findings }, { evidence }, { now, times: productionTimes });

const large = [40_000, 41_000, 42_000, 900, 1_000, 1_100];
const usual = [1_000, 900, 1_100, 900, 1_000, 1_100];

describe("xbrl-slow decides", () => {
  test.for([
    ["all-clear", "no-reports", "nothing came to the stage", found({})],
    ["all-clear", "in-time", "exactly as long as it may take", found({ p95: 300 })],
    ["escalate", "unit-out", "a unit is out", found({ p95: 400, waiting: 3, count: 2, ready: 1 })],
    [
      "escalate",
      "fresh-deploy",
      "it was deployed twelve minutes ago",
      found({ p95: 400, waiting: 3, deployed: "2026-11-21T03:00:00.000Z" }),
    ],
    [
      "plan",
      "crowded",
      "it was deployed yesterday, and reports wait",
      found({ p95: 400, waiting: 3, deployed: "2026-11-20T03:00:00.000Z" }),
    ],
    [
      "plan",
      "one-slow",
      "one of two takes three times as long",
      found({
        p95: 400,
        count: 2,
        byUnit: [
          ["reporting-1", 300],
          ["reporting-2", 100],
        ],
      }),
    ],
    [
      "plan",
      "crowded",
      "one of two takes a little less than that",
      found({
        p95: 400,
        waiting: 1,
        count: 2,
        byUnit: [
          ["reporting-1", 299],
          ["reporting-2", 100],
        ],
      }),
    ],
    ["escalate", "no-room", "no unit can be added", found({ p95: 400, waiting: 2, full: "6 of at most 6" })],
    ["escalate", "large-data", "the reports are large and nobody waits", found({ p95: 400, facts: large })],
    [
      "plan",
      "crowded",
      "the reports are large and others wait",
      found({ p95: 400, waiting: 2, facts: large }),
    ],
    ["escalate", "unexplained", "the data is of its usual size", found({ p95: 400, facts: usual })],
    ["escalate", "unexplained", "too few reports to compare", found({ p95: 400, facts: [40_000, 900] })],
  ] as const)("%s (%s) when %s", ([kind, rule, , findings]) => {
    expect(decide(findings)).toMatchObject({ kind, rule });
  });
});

test("a profile comes before any change, and once only", () => {
  const crowded = found({ p95: 400, waiting: 3 });

  const first = JSON.stringify(decide(crowded));

  expect(first.indexOf('"profile"')).toBeGreaterThan(0);
  expect(first.indexOf('"profile"')).toBeLessThan(first.indexOf('"scale"'));
});

test("asked for evidence only, it takes a profile of a unit that works and changes nothing", () => {
  const plan = JSON.stringify(decide(found({ p95: 400, waiting: 3 }), "only"));

  expect(plan).toContain('"rule":"evidence-only"');
  expect(plan).toContain("u-reporting-1");
  expect(plan).not.toMatch(/"action":"(scale|restart)"/);
});

test("a slow unit whose instance nobody knows by name is not guessed at", () => {
  const foreign = found({
    p95: 400,
    count: 2,
    byUnit: [
      ["10.0.0.9:8006", 500],
      ["10.0.0.8:8006", 50],
    ],
  });

  expect(decide(foreign)).toMatchObject({ kind: "escalate", rule: "unexplained" });
});
