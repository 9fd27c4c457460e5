import { describe, expect, test } from "vitest";
import { decideWith } from "#kit/run/decide.ts";
import { healthBody } from "#platform/api/health.ts";
import { failingAgent, judgeFailures, sortFailures } from "#rules/failures.ts";
import { highErrorRate } from "#runbooks/high-error-rate.ts";
import { outsiders } from "#runbooks/probes/outsiders.ts";
import { virtualClock } from "#test/fakes/clock.ts";
import { fakeWorld, productionTimes } from "#test/fakes/world.ts";

const now = "2026-11-21T03:12:00.000Z";
const known = (value: unknown) => ({ known: true, value, at: now });
const silent = { known: false, reason: "no answer in 5 s", at: now };

const service = (name: string, count = 1, parts: object = {}) => ({
  name,
  units: Array.from({ length: count }, (_, index) => ({
    id: `u-${name}-${index + 1}`,
    name: `${name}-${index + 1}`,
    state: "running",
    ready: true,
    reason: undefined,
    startedAt: undefined,
    restarts: 0,
    version: "0.1.0",
  })),
  desired: count,
  floor: 1,
  full: undefined,
  ...parts,
});

const stages = [
  { agent: "calculator", refused: 9, all: 10 },
  { agent: "intake", refused: 0, all: 20 },
];

function found(failures: object = {}, parts: object = {}) {
  return {
    failures: {
      failed: 9,
      all: 20,
      waiting: 0,
      codes: [{ code: "memory-limit", count: 9 }],
      agents: stages,
      ...failures,
    },
    services: [service("api", 2), service("calculator"), service("intake")],
    connections: known({ sessions: [], used: 10, most: 90 }),
    codes: silent,
    deploys: known([]),
    outsiders: silent,
    ...parts,
  };
}

const decide = (findings: object) =>
  decideWith(highErrorRate, { ...findings }, {}, { now, times: productionTimes });

const fresh = known([
  {
    version: "0.2.0",
    previous: "0.1.0",
    at: "2026-11-21T03:00:00Z",
    instances: ["u-api-1", "u-api-2"],
  },
]);

describe("high-error-rate decides", () => {
  test.for([
    ["all-clear", "calm", "two of two hundred fail", found({ failed: 2, all: 200 })],
    ["all-clear", "calm", "one in twenty fails", found({ failed: 3, all: 60 })],
    [
      "escalate",
      "their-data",
      "every failure is the data's",
      found({ codes: [{ code: "column-missing", count: 9 }] }),
    ],
    ["hand-over", "fresh-deploy", "it was just deployed", found({}, { deploys: fresh })],
    ["hand-over", "pool", "requests wait for a connection", found({ waiting: 2 })],
    [
      "hand-over",
      "models",
      "most fail for want of a model",
      found({ codes: [{ code: "llm-unreachable", count: 9 }], agents: [] }),
    ],
    [
      "plan",
      "unit-out",
      "a worker is out",
      found(
        {},
        { services: [service("worker", 1, { units: [{ ...service("worker").units[0], ready: false }] })] },
      ),
    ],
    ["plan", "agent-failing", "one agent refuses its stages", found()],
    [
      "escalate",
      "no-room",
      "that agent can have no second unit",
      found({}, { services: [service("calculator", 1, { full: "1 of at most 1 are there" })] }),
    ],
    [
      "escalate",
      "unexplained",
      "two agents refuse their stages",
      found({
        agents: [
          { agent: "calculator", refused: 9, all: 10 },
          { agent: "audit", refused: 5, all: 6 },
        ],
      }),
    ],
  ] as const)("%s (%s) when %s", ([kind, rule, , findings]) => {
    expect(decide(findings)).toMatchObject({ kind, rule });
  });
});

test("an agent's only unit is never restarted before another one stands in, and that one goes again afterwards", () => {
  const plan = JSON.stringify(decide(found()));
  const order = [...plan.matchAll(/"action":"(\w+)"/g)].map(([, action]) => action);

  expect(order).toEqual(["scale", "restart", "scale"]);
});

test("of two units each is restarted by name, without another one", () => {
  const plan = JSON.stringify(decide(found({}, { services: [service("calculator", 2)] })));

  expect([...plan.matchAll(/"id":"(u-[a-z]+-\d)"/g)].map(([, id]) => id)).toEqual([
    "u-calculator-1",
    "u-calculator-2",
  ]);
  expect(plan).not.toContain('"action":"scale"');
});

describe("failures are judged", () => {
  test.for([
    [{ failed: 2, all: 2 }, "some"],
    [{ failed: 3, all: 3 }, "too-many"],
    [{ failed: 3, all: 60 }, "some"],
    [{ failed: 4, all: 60 }, "too-many"],
    [{ failed: 0.2, all: 60 }, "calm"],
    [{ failed: 0, all: 0 }, "calm"],
  ] as const)("%o of reports is %s", ([failures, verdict]) => {
    expect(judgeFailures(failures, "reports")).toBe(verdict);
  });

  test("by whose they are, and the platform's come first", () => {
    const codes = [
      { code: "column-missing", count: 50 },
      { code: "memory-limit", count: 2 },
    ];

    expect(sortFailures(codes)).toEqual({ ours: 2, theirs: 50, most: { code: "memory-limit", count: 2 } });
  });

  test("no agent fails alone when others refuse theirs as well, or when it was one stage", () => {
    expect(failingAgent([{ agent: "audit", refused: 1, all: 1 }])).toBeUndefined();
    expect(failingAgent([...stages, { agent: "audit", refused: 2, all: 12 }])).toBeUndefined();
    expect(failingAgent(stages)?.agent).toBe("calculator");
  });
});

describe("the services outside", () => {
  const unreached = known({ models: undefined, validator: "unreachable" });
  const two = {
    agents: [
      { agent: "calculator", refused: 9, all: 10 },
      { agent: "audit", refused: 5, all: 6 },
    ],
  };

  test("an XBRL validator that is away changes no decision, and is told where nothing else explains it", () => {
    for (const failures of [{}, two, { waiting: 2 }, { failed: 2, all: 200 }]) {
      const without = decide(found(failures));
      const withIt = decide(found(failures, { outsiders: unreached }));

      expect([withIt.kind, withIt.rule]).toEqual([without.kind, without.rule]);
    }
    expect(decide(found(two, { outsiders: unreached })).because).toContain(
      "; the platform does not reach the XBRL validator, which no report waits for",
    );
    expect(decide(found(two)).because).not.toContain("validator");
  });

  test("are read from the page of health that the platform writes", async () => {
    const details = (...[llm, xbrlValidator]: readonly (boolean | undefined)[]) =>
      JSON.stringify(healthBody({ ...well, llm, xbrlValidator }, "1.0.0", new Date(now)));

    expect(await seenIn(details(true, true))).toEqual({ models: "reachable", validator: "reachable" });
    expect(await seenIn(details(true, false))).toEqual({ models: "reachable", validator: "unreachable" });
    expect(await seenIn(details(undefined, undefined))).toEqual({
      models: "not configured",
      validator: "not configured",
    });
  });

  test("that are well are left out of a page on which something else is not, and nothing is made of that", async () => {
    const page = healthBody({ ...well, inputStorage: false }, "1.0.0", new Date(now));
    const seen = await seenIn(JSON.stringify(page));

    expect(seen).toEqual({ models: undefined, validator: undefined });
    expect(outsiders.read(seen)).toEqual({ state: "fine", says: "nothing speaks against them" });
  });

  test.for([
    ["no JSON", "<html>", 200, "does not say"],
    ["another page", '{"status":"ready"}', 200, "does not say"],
    [
      "words that are no state",
      '{"checks":{"external_dependencies":{"details":{"llm_api":"\\u001b[31m"}}}}',
      200,
      "does not say",
    ],
    ["a closed door", "{}", 401, "asks for a token"],
  ] as const)("are not known from %s", async ([, body, status, why]) => {
    await expect(seenIn(body, status)).rejects.toThrow(why);
  });
});

const well = {
  agents: {
    intake: "healthy",
    materiality: "healthy",
    calculator: "healthy",
    aggregator: "healthy",
    reporting: "healthy",
    audit: "healthy",
  },
  inputStorage: true,
  outputStorage: true,
  llm: true,
  xbrlValidator: true,
  resources: { cpuUsage: 1, memoryUsage: 1, diskUsage: 1, memoryFreeBytes: 9e9, diskFreeBytes: 9e9 },
} as const;

/** What the probe makes of a page of health. */
function seenIn(body: string, status = 200) {
  const { readers } = fakeWorld(virtualClock());
  return outsiders.look({
    ...readers,
    http: { get: async () => ({ kind: "answered", status, body, tookMs: 3 }) },
    params: {},
    signal: new AbortController().signal,
    now: () => new Date(now),
  });
}
