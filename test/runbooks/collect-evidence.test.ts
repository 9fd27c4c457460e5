import { describe, expect, onTestFinished, test } from "vitest";
import { OpsError } from "#kit/errors.ts";
import { inventoryOf } from "#kit/inventory.ts";
import { foldRun } from "#kit/fold.ts";
import { nextCommands } from "#kit/render/next.ts";
import { decideWith } from "#kit/run/decide.ts";
import { collectEvidence } from "#runbooks/collect-evidence.ts";
import { innerServices } from "#runbooks/scenarios/world.ts";
import { calmCache } from "#runbooks/scenarios/worlds/cache.ts";
import { bench, lena } from "#test/fakes/engine.ts";
import { apiService, productionTimes } from "#test/fakes/world.ts";

const known = (value: unknown) => ({ known: true, value });
const unknown = { known: false, reason: "no answer in 5 s" };
const answer = (status: number) => ({ kind: "answered", status, body: "", tookMs: 3 });
const silent = { kind: "silent", reason: "timed out", tookMs: 3_000 };
const noTool = known("unbound");

const calm = {
  outside: answer(200),
  health: known(answer(200)),
  units: known([{ of: "api", said: { ready: 2, desired: 2, units: [] } }]),
  targets: known([{ instance: "i-1", port: 8000, health: "healthy" }]),
  events: known({ events: [], told: [{ of: "api", said: 0 }] }),
  deploys: known([]),
  top: known([{ of: "api-1", said: { memory: 0.4, cpu: 0.1, disk: 0.3, largest: "node" } }]),
  errors: known({ groups: [], lines: 0, more: false, incomplete: undefined }),
  signals: known([{ of: "requests per second", said: 3 }]),
  queue: known({
    waiting: 0,
    active: 1,
    deadLetter: 0,
    quarantined: 0,
    oldestSeconds: 0,
    paused: undefined,
    concurrency: 2,
    workers: ["worker"],
  }),
  switches: known([]),
  connections: known({ used: 10, most: 90, waiting: 0, idleInTransaction: 0, active: 2, applications: [] }),
  replication: known({
    address: { state: "takes-writes", systemId: "1", reason: undefined },
    leadsTo: "db-1",
    movable: true,
    systemId: "1",
    servers: [{ name: "db-1", role: "primary", following: false }],
  }),
  cache: known(calmCache),
  measures: known({
    requests: { failed: 0, all: 9 },
    reports: { failed: 0, all: 9 },
    poolWaiting: 0,
    answer: 0.1,
    report: undefined,
    xbrl: undefined,
    oldest: 0,
    limits: { answer: 1, report: 1_800, xbrl: 300 },
    audits: { failed: 0, ended: 0, rules: [] },
    quality: { score: undefined, low: 0, good: 0, rules: [] },
  }),
  models: known({ kind: "none", vendors: [], failing: [], by: undefined, rulesTakeOver: false }),
  alarms: known([]),
};
const nothing = Object.fromEntries(Object.keys(calm).map((name) => [name, unknown]));

function decided(findings: Readonly<Record<string, unknown>>) {
  return decideWith(
    collectEvidence,
    findings,
    { since: "30m" },
    { now: "2026-11-21T08:00:00Z", times: productionTimes },
  );
}

describe("collect-evidence decides", () => {
  test.for([
    ["all-clear", "calm", "everything answers and is well", calm],
    [
      "all-clear",
      "calm",
      "what the environment has no tool for is no gap",
      { ...calm, replication: noTool, switches: noTool },
    ],
    ["escalate", "mostly-silent", "nothing answers", { ...nothing, outside: silent, health: known(silent) }],
    [
      "escalate",
      "something-bad",
      "users get no answer, whatever else is known",
      { ...nothing, outside: answer(503) },
    ],
    [
      "escalate",
      "something-bad",
      "a service is short of units",
      { ...calm, units: known([{ of: "intake", said: { ready: 0, desired: 1, units: [] } }]) },
    ],
    [
      "escalate",
      "something-bad",
      "a unit is nearly full",
      {
        ...calm,
        top: known([{ of: "api-1", said: { memory: 0.97, cpu: 0.1, disk: 0.3, largest: "node" } }]),
      },
    ],
    [
      "escalate",
      "parts-unknown",
      "one of several machines does not answer: that is not health",
      {
        ...calm,
        top: known([
          { of: "api-1", said: { memory: 0.4, cpu: 0.1, disk: 0.3, largest: "node" } },
          { of: "api-2", silent: "no answer in 4 s" },
        ]),
      },
    ],
    [
      "escalate",
      "parts-unknown",
      "the logs were not read to their end",
      { ...calm, errors: known({ groups: [], lines: 0, more: false, incomplete: "stopped after 4s" }) },
    ],
    ["escalate", "parts-unknown", "one part does not answer", { ...calm, queue: unknown }],
  ] as const)("%s (%s) when %s", ([kind, rule, , findings]) => {
    const decision = decided(findings);

    expect([decision.kind, decision.rule]).toEqual([kind, rule]);
  });

  test("names what is bad, what is not known and where it leads", () => {
    const { because } = decided({ ...calm, outside: answer(502), connections: unknown, errors: unknown });

    expect(because).toContain("these look bad: outside");
    expect(because).toContain("not known: errors, connections");
    expect(because).toContain("; next: ops run platform-down --param service=api (the API answers with 502)");
  });

  test("the cause comes first, and what follows from it is not said", () => {
    const { because } = decided({
      ...calm,
      outside: answer(503),
      cache: known({ kind: "silent", reason: "connection refused" }),
      alarms: known([
        { name: "CSRDPlatformDown", about: "" },
        { name: "CSRDRedisDown", about: "redis" },
      ]),
    });

    expect(because).toMatch(/; next: ops run redis-down \(Redis is silent: connection refused\)$/);
  });

  test("an alarm that is not ours is told and leads nowhere", () => {
    const decision = decided({ ...calm, alarms: known([{ name: "Watchdog", about: "" }]) });

    expect(decision.rule).toBe("calm");
  });
});

describe("collect-evidence in a production of which half is down", () => {
  test("one service and one machine that do not answer are named and hide no other; nothing is changed", async () => {
    const made = bench({ services: innerServices });
    onTestFinished(() => made.close());
    const { workloads, hosts } = made.world.readers;
    const readers = {
      ...made.world.readers,
      workloads: {
        ...workloads,
        describe: (service: Parameters<typeof workloads.describe>[0]) =>
          service.name === "intake"
            ? Promise.reject(new Error("the cluster is away"))
            : workloads.describe(service),
      },
      hosts: {
        look: (service: Parameters<typeof hosts.look>[0], unit: string) =>
          service.name === "worker"
            ? Promise.reject(new OpsError("tool-unreachable", { summary: "It is away.", hint: "Look." }))
            : hosts.look(service, unit),
      },
    };

    const state = await made.engine({ readers }).run(collectEvidence, {}, { by: lena });

    const says = (name: string) => {
      const finding = state.probes.find((probe) => probe.name === name)?.finding;
      return finding?.known === true ? finding.reading.says : "";
    };
    expect(says("units")).toBe(
      "7 of 8 services have all their units; not known: intake (the cluster is away)",
    );
    expect(says("top")).toContain("not known: worker-1 (It is away");
    expect(state.plan).toBeUndefined();
    expect(made.world.effects).toEqual([]);
  });

  test("an API that no balancer stands before lacks no target", async () => {
    const made = bench({ services: innerServices });
    onTestFinished(() => made.close());
    const alone = { ...apiService, group: undefined, rule: undefined };
    const inventory = inventoryOf("production", [alone, ...innerServices]);

    const state = await made
      .engine({ readers: { ...made.world.readers, inventory } })
      .run(collectEvidence, {}, { by: lena });

    expect(state.ended?.outcome).toBe("all-clear");
    expect(state.probes.find(({ name }) => name === "targets")?.finding).toMatchObject({ value: "unbound" });
  });

  test("the runbooks that fit can be typed at once, from the record alone, the cause first", async () => {
    const made = bench({ services: innerServices });
    onTestFinished(() => made.close());
    made.world.cache.look = { silent: "connection refused" };
    made.world.switches.switches = [
      {
        scope: "calculator",
        off: true,
        reason: "wrong factors",
        by: "omar",
        since: "2026-11-21T01:00:00.000Z",
      },
    ];

    const { run } = await made.engine().run(collectEvidence, {}, { by: lena });

    const state = foldRun(await made.journal.read(run));
    if (state === undefined) throw new Error("no run");
    const screen = { columns: 80, rows: 24, color: false, ascii: false, suffix: " --env production" };
    expect(nextCommands(screen, state).map(({ command }) => command)).toEqual([
      "ops plan redis-down --env production",
      "ops plan agent-kill-switch --param scope=calculator --param to=on --env production",
      "ops check --all --env production",
      `ops timeline ${run} --md --env production`,
    ]);
  });
});
