import { describe, expect, test } from "vitest";
import { z } from "zod";
import { definitionsOf } from "#bin/definitions.ts";
import { hints, type Seen, type ServiceRunning } from "#rules/hints.ts";
import { judgeModels } from "#rules/language-models.ts";
import { commandOf, leadsFrom, leadsText } from "#rules/leads.ts";
import type { Measures } from "#rules/measures.ts";
import { calmCache } from "#runbooks/scenarios/worlds/cache.ts";
import { calmReplication } from "#runbooks/scenarios/worlds/replication.ts";

const now = "2026-11-21T03:12:00.000Z";
const answered = (status: number) => ({ kind: "answered", status, body: "", tookMs: 3 }) as const;
const unit = (name: string, more: object = {}) =>
  ({ id: `u-${name}`, name, state: "running", ready: true, reason: undefined, ...more }) as const;
const service = (name: string, units = [unit(`${name}-1`)], desired = units.length): ServiceRunning => ({
  service: name,
  ready: units.filter(({ ready }) => ready).length,
  desired,
  units,
});
const use = (more: object) => [
  { unit: "api-1", memory: 0.4, cpu: 0.2, disk: 0.3 },
  { unit: "worker-1", memory: 0.4, cpu: 0.2, disk: 0.3, ...more },
];

const measures: Measures = {
  requests: { failed: 0, all: 900 },
  reports: { failed: 0, all: 40 },
  poolWaiting: 0,
  answer: 0.2,
  report: 300,
  xbrl: 20,
  oldest: 0,
  limits: { answer: 1, report: 1_800, xbrl: 300 },
  audits: { failed: 0, ended: 40, rules: [] },
  quality: { score: 92, low: 0, good: 40, rules: [] },
};
const measured = (more: Partial<Measures>) => ({ measures: { ...measures, ...more } });

const replication = () => {
  const { servers, leadsTo, movable } = calmReplication();
  return {
    address: { state: "takes-writes", systemId: "1", reason: undefined } as const,
    leadsTo,
    movable,
    systemId: servers[0]?.systemId,
    servers,
  };
};
const address = (state: NonNullable<Seen["replication"]>["address"]["state"], reason: string) => ({
  replication: { ...replication(), address: { state, systemId: undefined, reason } },
});

const models = (failed: number) =>
  judgeModels({
    places: [{ labels: { name: "gpt", provider: "openai" }, value: 1 }],
    outcomes: [{ labels: { provider: "openai", outcome: failed > 0 ? "overloaded" : "ok" }, value: 9 }],
    breakers: [],
    failing: [],
    switches: [],
  });
const off = { scope: "calculator", off: true, reason: "wrong factors", by: "omar", since: now };
const queue = {
  waiting: 0,
  active: 1,
  deadLetter: 0,
  quarantined: 0,
  oldestSeconds: 0,
  paused: undefined,
  concurrency: 2,
  workers: ["worker-1"],
};

const calm: Seen = {
  now,
  limits: { freshDeploy: "1h", longWait: "15m" },
  outside: answered(200),
  services: [service("api", [unit("api-1"), unit("api-2")]), service("worker"), service("intake")],
  targets: [{ instance: "i-1", port: 8000, health: "healthy" }],
  events: [],
  deploys: [{ version: "0.2.0", previous: "0.1.0", at: "2026-11-21T03:00:00Z", instances: ["u-api-1"] }],
  use: use({}),
  errors: ["Pipeline failed"],
  replication: replication(),
  connections: { used: 10, most: 90, waiting: 0 },
  cache: calmCache,
  queue,
  switches: [{ ...off, off: false }],
  models: models(0),
  measures,
  alarms: ["Watchdog"],
};
const nothing: Seen = {
  ...calm,
  ...Object.fromEntries(
    Object.keys(calm)
      .filter((name) => name !== "now" && name !== "limits")
      .map((name) => [name, undefined]),
  ),
};
const deadApi = service("api", [unit("api-1", { state: "failed", ready: false })]);

/** A row per hint: what stands out alone, and what a person is told to type. */
const rows: readonly (readonly [hint: string, command: string, because: string, seen: Partial<Seen>])[] = [
  ["database-full", "disk-full", "no space left", address("full", "no space left on device")],
  ["no-connections", "db-pool-exhaustion", "no connection left", address("no-connections", "too many")],
  ["database", "database-down", "silent: refused", address("silent", "refused")],
  ["redis", "redis-down", "Redis is silent", { cache: { kind: "silent", reason: "refused" } }],
  ["redis", "redis-down", "Redis is full", { cache: { ...calmCache, mostBytes: calmCache.usedBytes } }],
  [
    "bad-deploy",
    "rollback --param service=api",
    "since 0.2.0 was deployed at 03:00",
    { outside: answered(503), services: [deadApi] },
  ],
  [
    "outage",
    "platform-down --param service=api",
    "answers with 502",
    { outside: answered(502), deploys: [] },
  ],
  [
    "outage",
    "platform-down --param service=api",
    "1 of 2 units",
    { services: [service("api", [unit("api-1")], 2)] },
  ],
  ["pool", "db-pool-exhaustion", "88 of 90", { connections: { used: 88, most: 90, waiting: 0 } }],
  ["pool", "db-pool-exhaustion", "4 requests wait", measured({ poolWaiting: 4 })],
  ["pool", "db-pool-exhaustion", "too many clients", { errors: ["sorry, too many clients already"] }],
  ["api-errors", "api-500s", "120 of 900 requests", measured({ requests: { failed: 120, all: 900 } })],
  ["disk", "disk-full", "worker-1 93 %", { use: use({ disk: 0.93 }) }],
  ["disk", "disk-full", "ENOSPC", { errors: ["ENOSPC: cannot write"] }],
  [
    "scaled-to-nothing",
    "scale-service --param service=intake --param units=1",
    "no unit at all",
    { services: [service("intake", [], 0)] },
  ],
  [
    "unit-out",
    "restart-service --param service=intake --param unit=intake-1 --param how=forced",
    "CrashLoopBackOff",
    { services: [service("intake", [unit("intake-1", { ready: false, reason: "CrashLoopBackOff" })])] },
  ],
  ["report-errors", "high-error-rate", "9 of 40 reports", measured({ reports: { failed: 9, all: 40 } })],
  [
    "audits",
    "compliance-failure",
    "ESRS-1 (2 reports)",
    measured({ audits: { failed: 2, ended: 9, rules: [{ rule: "ESRS-1", reports: 2 }] } }),
  ],
  ["slow-answers", "high-latency", "up to 3.2 s", measured({ answer: 3.2 })],
  ["memory", "high-memory", "worker-1 97 %", { use: use({ memory: 0.97 }) }],
  [
    "memory",
    "high-memory",
    "worker-1 was ended",
    { events: [{ at: now, about: "worker-1", kind: "warning", says: "OOMKilled" }] },
  ],
  ["cpu", "high-cpu", "worker-1 90 %", { use: use({ cpu: 0.9 }) }],
  ["models", "llm-api-outage", "openai", { models: models(9) }],
  [
    "switched-off",
    "agent-kill-switch --param scope=calculator --param to=on",
    "off by omar (wrong factors)",
    { switches: [off] },
  ],
  ["queue", "queue-backlog", "no worker", { queue: { ...queue, workers: [] } }],
  ["queue", "queue-backlog", "nobody takes", { queue: { ...queue, waiting: 3, oldestSeconds: 901 } }],
  ["slow-xbrl", "xbrl-slow", "XBRL takes up to 7 min", measured({ xbrl: 400 })],
  ["slow-reports", "slow-performance", "up to 40 min", measured({ report: 2_400 })],
  ["slow-reports", "slow-performance", "waits for 33 min", measured({ oldest: 2_000 })],
  [
    "low-quality",
    "low-data-quality",
    "71 of 100",
    measured({ quality: { score: 71, low: 9, good: 1, rules: [] } }),
  ],
];

describe("what the first look of an incident saw leads to a runbook", () => {
  test.for(rows)("%s: ops run %s (%s)", ([hint, command, because, change]) => {
    const found = leadsFrom({ ...calm, ...change });

    expect(found.map((lead) => [lead.hint, commandOf(lead)])).toEqual([[hint, `ops run ${command}`]]);
    expect(found[0]?.because).toContain(because);
  });

  test("every hint has its row here, and every cause stands before what follows from it", () => {
    const names = Object.keys(hints);

    expect([...new Set(rows.map(([hint]) => hint))].toSorted()).toEqual(names.toSorted());
    for (const [hint, { follows }] of Object.entries(hints))
      for (const cause of follows) {
        expect(names).toContain(cause);
        expect(names.indexOf(cause), `${cause} before ${hint}`).toBeLessThan(names.indexOf(hint));
      }
  });

  test("nothing that stands out, and nothing that is known, leads nowhere", () => {
    expect(leadsFrom(calm)).toEqual([]);
    expect(leadsFrom(nothing)).toEqual([]);
    expect(leadsText([])).toBe("");
  });

  test.for([
    ["the database", "database-down", address("silent", "refused")],
    ["Redis", "redis-down", { cache: { kind: "silent", reason: "refused" } as const }],
  ] as const)("what follows from the silence of %s is not said beside it", ([, runbook, change]) => {
    const everything = {
      outside: answered(503),
      services: [deadApi],
      queue: { ...queue, waiting: 40, oldestSeconds: 4_000 },
      ...measured({
        requests: { failed: 300, all: 300 },
        reports: { failed: 9, all: 9 },
        report: 9_000,
        answer: 30,
      }),
      alarms: ["CSRDPlatformDown", "CSRDApiErrors", "CSRDQueueBacklog"],
    };

    expect(leadsFrom({ ...calm, ...everything, ...change }).map((lead) => lead.runbook)).toEqual([runbook]);
  });

  test("an alarm that goes on after its cause is gone explains nothing away", () => {
    const seen = { ...calm, outside: answered(502), deploys: [], alarms: ["CSRDDatabaseDown"] };

    expect(leadsFrom(seen).map(({ because }) => because)).toEqual([
      "CSRDDatabaseDown sounds",
      "the API answers with 502",
    ]);
  });

  test("an API that is set to no unit is scaled, not repaired", () => {
    const silent = { kind: "silent", reason: "refused", tookMs: 3 } as const;

    expect(leadsFrom({ ...calm, outside: silent, services: [service("api", [], 0)] }).map(commandOf)).toEqual(
      ["ops run scale-service --param service=api --param units=1"],
    );
  });

  test("what is explained by what is itself explained is left out as well", () => {
    const seen = {
      ...calm,
      ...address("full", "no space left on device"),
      outside: answered(503),
      ...measured({ requests: { failed: 300, all: 300 } }),
    };

    expect(leadsFrom(seen).map((lead) => lead.hint)).toEqual(["database-full"]);
  });

  test("two that have nothing to do with each other are both said, the more urgent first", () => {
    const seen = {
      ...calm,
      use: use({ disk: 0.96, memory: 0.99 }),
      ...measured({ quality: { score: 20, low: 9, good: 0, rules: [] } }),
      switches: [off],
    };

    expect(leadsText(leadsFrom(seen))).toBe(
      "next: ops run disk-full (a disk is nearly full: worker-1 96 %); then ops run high-memory (memory is nearly full: worker-1 99 %); then ops run agent-kill-switch --param scope=calculator --param to=on (calculator is off by omar (wrong factors); once that is mended); after those low-data-quality",
    );
  });

  test("an alarm alone leads to its runbook, and beside what was seen it adds nothing", () => {
    const alone = leadsFrom({ ...nothing, alarms: ["CSRDXbrlSlow", "NotOurs"] });
    const beside = leadsFrom({ ...calm, ...measured({ xbrl: 400 }), alarms: ["CSRDXbrlSlow"] });

    expect(alone).toEqual([
      { hint: "slow-xbrl", runbook: "xbrl-slow", params: {}, because: "CSRDXbrlSlow sounds" },
    ]);
    expect(beside.map(({ because }) => because)).toEqual(["XBRL takes up to 7 min, 5 min is allowed"]);
  });

  test("a unit's or switch's name that is none never becomes part of a command", () => {
    const services = [service("intake", [unit("intake-1; rm -rf /", { ready: false })])];
    const switches = [{ ...off, scope: "all --param to=on" }];

    expect(leadsFrom({ ...calm, services, switches })).toEqual([]);
  });
});

describe("leads and the runbooks there are", () => {
  test("each alarm stands under one hint, that of the runbook which it triggers", async () => {
    const { runbooks, alerts } = await definitionsOf(undefined);
    const triggered = runbooks.flatMap(({ id, trigger }) => trigger.map(({ name }) => `${name} ${id}`));
    const led = Object.values(hints).flatMap(({ runbook, alarms }) =>
      alarms.map((name) => `${name} ${runbook}`),
    );

    expect(led.toSorted()).toEqual(triggered.toSorted());
    expect(led).toHaveLength(alerts.length);
  });

  test("leads go to every runbook but the two that only look, with parameters that each of them takes", async () => {
    const { runbooks } = await definitionsOf(undefined);
    const led = new Set(Object.values(hints).map(({ runbook }) => runbook));

    expect(runbooks.map(({ id }) => id).filter((id) => !led.has(id))).toEqual([
      "collect-evidence",
      "daily-health-check",
    ]);
    for (const [hint, , , change] of rows)
      for (const { runbook, params } of leadsFrom({ ...calm, ...change })) {
        const takes = runbooks.find(({ id }) => id === runbook)?.params ?? {};
        expect(z.strictObject(takes).safeParse(params).success, hint).toBe(true);
      }
  });
});
