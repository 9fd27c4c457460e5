import { describe, expect, test } from "vitest";
import { decideWith } from "#kit/run/decide.ts";
import { api500s } from "#runbooks/api-500s.ts";
import { productionTimes } from "#test/fakes/world.ts";

const now = "2026-11-21T03:12:00.000Z";
const known = (value: unknown) => ({ known: true, value, at: now });
const silent = { known: false, reason: "no answer in 5 s", at: now };

const service = (name: string, ready = true) => ({
  name,
  units: [
    {
      id: `i-${name}`,
      name: `${name}-1`,
      state: "running",
      ready,
      reason: ready ? undefined : "OOMKilled",
      startedAt: undefined,
      restarts: 0,
      version: "0.1.0",
    },
  ],
  desired: 1,
  floor: 1,
  full: undefined,
});

const use = (share: number) =>
  known({
    units: [
      {
        service: "api",
        id: "i-api",
        name: "api-1",
        ready: true,
        memory: { usedBytes: 1, limitBytes: 10 },
        cpu: { used: share, limit: 1 },
        processes: [],
      },
    ],
    services: [],
    silent: [],
  });

function found(parts: object = {}) {
  return {
    errors: { failed: 90, all: 300, waiting: 0, routes: ["GET /api/v1/reports 500 90 times"] },
    services: [service("api"), service("reporting")],
    outside: known({ kind: "answered", status: 200, body: "", tookMs: 3 }),
    connections: known({ sessions: [], used: 10, most: 90 }),
    codes: known({ columns: [], rows: [["csrd-defect", 90]], incomplete: undefined }),
    use: use(0.2),
    deploys: known([]),
    ...parts,
  };
}

const deployed = (at: string, way: "back" | "none" = "back") =>
  known([{ version: "0.2.0", at, instances: ["i-api"], ...(way === "back" ? { previous: "0.1.0" } : {}) }]);

const decide = (findings: object) =>
  decideWith(api500s, { ...findings }, {}, { now, times: productionTimes });

describe("api-500s decides", () => {
  test.for([
    [
      "all-clear",
      "calm",
      "few requests fail",
      found({ errors: { failed: 4, all: 10, waiting: 0, routes: [] } }),
    ],
    [
      "all-clear",
      "calm",
      "exactly one in ten fails",
      found({ errors: { failed: 30, all: 300, waiting: 0, routes: [] } }),
    ],
    [
      "hand-over",
      "pool",
      "the load balancer answers in place of an API that has no connection left, and nothing is counted",
      found({
        errors: { failed: 0, all: 0, waiting: 0, routes: [] },
        outside: known({ kind: "answered", status: 503, body: "", tookMs: 3 }),
        connections: known({ sessions: [], used: 80, most: 80 }),
      }),
    ],
    [
      "hand-over",
      "fresh-deploy",
      "it was just deployed",
      found({ deploys: deployed("2026-11-21T03:00:00Z") }),
    ],
    [
      "escalate",
      "unexplained",
      "it was deployed yesterday",
      found({ deploys: deployed("2026-11-20T03:00:00Z") }),
    ],
    ["hand-over", "database-silent", "the database is silent", found({ connections: silent })],
    [
      "hand-over",
      "pool",
      "all connections are taken",
      found({ connections: known({ sessions: [], used: 89, most: 90 }) }),
    ],
    [
      "hand-over",
      "pool",
      "requests wait for one",
      found({ errors: { failed: 90, all: 300, waiting: 3, routes: [] } }),
    ],
    [
      "plan",
      "unit-out",
      "an agent is out",
      found({ services: [service("api"), service("reporting", false)] }),
    ],
    ["hand-over", "saturated", "the API has no CPU left", found({ use: use(0.97) })],
    ["escalate", "unexplained", "nothing else is wrong", found()],
    [
      "escalate",
      "unexplained",
      "what could explain it is not known",
      found({ use: silent, codes: silent, deploys: silent, services: [] }),
    ],
  ] as const)("%s (%s) when %s", ([kind, rule, , findings]) => {
    expect(decide(findings)).toMatchObject({ kind, rule });
  });
});

test("defect 31: nothing is rolled back when nothing was deployed, or there is no version to go back to", () => {
  const nothingDeployed = decide(found());
  const noWayBack = decide(found({ deploys: deployed("2026-11-21T03:00:00Z", "none") }));

  expect([nothingDeployed.kind, noWayBack.kind]).toEqual(["escalate", "escalate"]);
});

test("the person who is called reads the route, the code and the command", () => {
  const { because } = decide(found()) as { because: string };

  expect(because).toContain("GET /api/v1/reports 500");
  expect(because).toContain("csrd-defect 90");
  expect(because).toContain("ops logs query errors");
});
