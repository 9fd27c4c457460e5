import { describe, expect, test } from "vitest";
import { decideWith } from "#kit/run/decide.ts";
import { slowPerformance } from "#runbooks/slow-performance.ts";
import { productionTimes } from "#test/fakes/world.ts";

const now = "2026-11-21T03:12:00.000Z";
const known = (value: unknown) => ({ known: true, value, at: now });
const silent = { known: false, reason: "no answer in 5 s", at: now };

const service = (name: string, parts: object = {}) => ({
  name,
  units: [{ id: `u-${name}`, name: `${name}-1`, state: "running", ready: true, reason: undefined }],
  desired: 1,
  floor: 1,
  full: undefined,
  ...parts,
});

const used = (share: number) =>
  known({
    units: ["worker", "audit"].map((name) => ({
      service: name,
      id: `u-${name}`,
      name: `${name}-1`,
      ready: true,
      memory: { usedBytes: 1, limitBytes: 10 },
      cpu: { used: share, limit: 1 },
      processes: [],
    })),
    services: [],
    silent: [],
  });

const even = [
  { agent: "audit", seconds: 30 },
  { agent: "intake", seconds: 29 },
  { agent: "reporting", seconds: 28 },
];

function found(pace: object = {}, look: object = {}, parts: object = {}) {
  return {
    pace: { report: 3_000, oldest: 100, model: 1, agents: even, waiting: [], limit: 1_800, ...pace },
    services: [service("api"), service("worker"), service("audit")],
    queue: known({ waiting: 0, active: 2, concurrency: 10, paused: undefined, ...look }),
    use: used(0.2),
    ...parts,
  };
}

const waited = { waiting: [{ agent: "audit", waiting: 4 }] };
const decide = (findings: object) =>
  decideWith(slowPerformance, { ...findings }, {}, { now, times: productionTimes });

describe("slow-performance decides", () => {
  test.for([
    ["all-clear", "calm", "reports take exactly as long as promised", found({ report: 1_800 })],
    [
      "escalate",
      "paused",
      "somebody paused the queue",
      found({}, { paused: { by: "omar", reason: "x", at: now } }),
    ],
    [
      "escalate",
      "unit-out",
      "an agent is out",
      found(
        {},
        {},
        { services: [service("audit", { units: [{ name: "audit-1", ready: false, state: "failed" }] })] },
      ),
    ],
    [
      "hand-over",
      "models",
      "models take long and their stage as well",
      found({ model: 9, agents: [{ agent: "materiality", seconds: 900 }] }),
    ],
    [
      "escalate",
      "unexplained",
      "materiality takes long, its models do not",
      found({ agents: [{ agent: "materiality", seconds: 900 }] }),
    ],
    ["hand-over", "xbrl", "reporting takes most", found({ agents: [{ agent: "reporting", seconds: 900 }] })],
    ["plan", "stages-wait", "reports wait for an agent", found(waited)],
    [
      "escalate",
      "no-room",
      "that agent can have no more units",
      found(waited, {}, { services: [service("audit", { full: "6 of at most 6" })] }),
    ],
    ["plan", "too-many-at-once", "no CPU is left", found({}, { active: 8 }, { use: used(0.97) })],
    [
      "escalate",
      "unexplained",
      "no CPU is left with one report at once",
      found({}, { active: 1, concurrency: 1 }, { use: used(0.97) }),
    ],
    [
      "plan",
      "too-few-at-once",
      "all places are taken and CPU is left",
      found({}, { active: 10, waiting: 9 }),
    ],
    [
      "escalate",
      "unexplained",
      "all fifty places are taken: more are never allowed",
      found({}, { active: 50, concurrency: 50, waiting: 9 }),
    ],
    ["plan", "too-few-workers", "places are free and reports wait", found({}, { active: 3, waiting: 9 })],
    ["escalate", "unexplained", "the queue is not known", found({}, {}, { queue: silent })],
    ["escalate", "unexplained", "nothing says why", found()],
  ] as const)("%s (%s) when %s", ([kind, rule, , findings]) => {
    expect(decide(findings)).toMatchObject({ kind, rule });
  });
});

test("defect 34: whatever is slow, no plan leaves out a stage or changes the model", () => {
  const decisions = [
    found(waited),
    found({ model: 9, agents: [{ agent: "materiality", seconds: 900 }] }),
    found({}, { active: 8 }, { use: used(0.97) }),
  ].map((one) => JSON.stringify(decide(one)));

  expect(Object.keys(slowPerformance.mitigate).toSorted((a, b) => a.localeCompare(b))).toEqual([
    "scale",
    "setConcurrency",
  ]);
  for (const decision of decisions) expect(decision).not.toMatch(/skip|without materiality/);
});

test("never more than fifty reports at once, and half as many when the machines are full", () => {
  const more = JSON.stringify(decide(found({}, { active: 40, concurrency: 40, waiting: 9 })));
  const fewer = JSON.stringify(decide(found({}, { active: 20, concurrency: 21 }, { use: used(0.97) })));

  expect(more).toContain('"to":50');
  expect(fewer).toContain('"to":10');
});
