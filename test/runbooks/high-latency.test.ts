import { describe, expect, test } from "vitest";
import { decideWith } from "#kit/run/decide.ts";
import { slowUnit } from "#rules/pace.ts";
import { highLatency } from "#runbooks/high-latency.ts";
import { productionTimes } from "#test/fakes/world.ts";

const now = "2026-11-21T03:12:00.000Z";
const known = (value: unknown) => ({ known: true, value, at: now });
const silent = { known: false, reason: "no answer in 5 s", at: now };

const units = [1, 2].map((number) => ({
  id: `i-0a${number}`,
  name: `api-${number}`,
  state: "running",
  ready: true,
  reason: undefined,
  startedAt: undefined,
  restarts: 0,
  version: "0.1.0",
}));

const sessions = (count: number, state = "active", blockedBy: readonly number[] = []) =>
  Array.from({ length: count }, (_, pid) => ({ pid, state, blockedBy }));

function found(pace: object, parts: object = {}) {
  return {
    pace: {
      answer: 2,
      query: 0.01,
      waiting: 0,
      report: 300,
      oldest: 5,
      units: [],
      answerLimit: 1,
      reportLimit: 1_800,
      ...pace,
    },
    api: { name: "api", units, desired: 2, floor: 1, full: undefined },
    connections: known({ sessions: sessions(2), used: 12, most: 90 }),
    use: silent,
    deploys: known([]),
    ...parts,
  };
}

const busy = known({
  units: units.map(({ id, name }) => ({
    service: "api",
    id,
    name,
    ready: true,
    memory: { usedBytes: 1, limitBytes: 10 },
    cpu: { used: 0.97, limit: 1 },
    processes: [],
  })),
  services: [],
  silent: [],
});
const fresh = known([
  { version: "0.2.0", previous: "0.1.0", at: "2026-11-21T03:00:00Z", instances: ["i-0a1", "i-0a2"] },
]);
const uneven = {
  units: [
    { unit: "api-2", seconds: 2.6 },
    { unit: "api-1", seconds: 0.2 },
  ],
};

const decide = (findings: object) =>
  decideWith(highLatency, { ...findings }, {}, { now, times: productionTimes });

describe("high-latency decides", () => {
  test.for([
    ["all-clear", "calm", "answers take exactly as long as they may", found({ answer: 1 })],
    [
      "all-clear",
      "calm",
      "nobody asks anything and no report ends",
      found({ answer: undefined, report: undefined }),
    ],
    ["hand-over", "reports-slow", "only the reports are slow", found({ answer: 0.1, report: 2_000 })],
    ["hand-over", "reports-slow", "the oldest waits too long", found({ answer: 0.1, oldest: 2_000 })],
    ["hand-over", "fresh-deploy", "it was just deployed", found({}, { deploys: fresh })],
    ["hand-over", "pool", "requests wait for a connection", found({ waiting: 2 })],
    [
      "hand-over",
      "pool",
      "sessions wait for one another",
      found({}, { connections: known({ sessions: sessions(3, "active", [7]), used: 12, most: 90 }) }),
    ],
    [
      "escalate",
      "database-busy",
      "queries are slow and many",
      found({ query: 0.4 }, { connections: known({ sessions: sessions(30), used: 40, most: 90 }) }),
    ],
    [
      "escalate",
      "database-busy",
      "queries are slow and nobody can count them",
      found({ query: 0.4 }, { connections: silent }),
    ],
    ["escalate", "database-far", "queries are slow and few", found({ query: 0.4 })],
    ["plan", "one-slow", "one unit is slow", found(uneven)],
    [
      "plan",
      "one-slow",
      "one unit is slow with its own queries: the others ask the same database",
      found({ ...uneven, query: 0.4 }),
    ],
    ["hand-over", "saturated", "no CPU is left", found({}, { use: busy })],
    ["escalate", "unexplained", "nothing says why", found({})],
    [
      "escalate",
      "unexplained",
      "the slow unit is the only one that may be missed",
      found(uneven, { api: { name: "api", units, desired: 2, floor: 2, full: undefined } }),
    ],
  ] as const)("%s (%s) when %s", ([kind, rule, , findings]) => {
    expect(decide(findings)).toMatchObject({ kind, rule });
  });
});

describe("a unit is slow", () => {
  test.for([
    ["nobody", []],
    ["nobody", [["a", 9]]],
    [
      "a",
      [
        ["a", 9],
        ["b", 3],
      ],
    ],
    [
      "nobody",
      [
        ["a", 8.9],
        ["b", 3],
      ],
    ],
    [
      "nobody",
      [
        ["a", 9],
        ["b", 9],
        ["c", 1],
      ],
    ],
    [
      "nobody",
      [
        ["a", 0],
        ["b", 0],
      ],
    ],
  ] as const)("%s of %o", ([slow, list]) => {
    expect(slowUnit(list.map(([unit, seconds]) => ({ unit, seconds })))?.unit ?? "nobody").toBe(slow);
  });
});
