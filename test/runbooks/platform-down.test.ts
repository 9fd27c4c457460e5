import { describe, expect, test } from "vitest";
import type { Finding } from "#kit/finding.ts";
import type { Unit } from "#kit/ports/workloads.ts";
import type { Deploy, HttpAnswer, Instance, Target } from "#kit/ports.ts";
import { decideWith } from "#kit/run/decide.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import { productionTimes } from "#test/fakes/world.ts";

const now = "2026-11-21T03:12:00.000Z";
const context = { now, times: productionTimes };

const ok: HttpAnswer = { kind: "answered", status: 200, body: "", tookMs: 3 };
const bad: HttpAnswer = { kind: "answered", status: 503, body: "", tookMs: 3 };
const silent: HttpAnswer = { kind: "silent", reason: "connection refused", tookMs: 1 };

const target = (instance: string, health: Target["health"], reason?: string): Target => ({
  instance,
  port: 8000,
  health,
  ...(reason === undefined ? {} : { reason }),
});
const up = [target("i-1", "healthy"), target("i-2", "healthy")];
const dead = [
  target("i-1", "unhealthy", "Target.FailedHealthChecks"),
  target("i-2", "unhealthy", "Target.Timeout"),
];
const unready = [
  target("i-1", "unhealthy", "Target.ResponseCodeMismatch"),
  target("i-2", "unhealthy", "Target.ResponseCodeMismatch"),
];
const starting = [target("i-1", "initial"), target("i-2", "initial")];

const server = (
  id: string,
  name: string,
  check: Instance["check"] = "ok",
  state: Instance["state"] = "running",
): Instance => ({ id, name, check, state });
const running = [server("i-1", "api-1"), server("i-2", "api-2")];
const impaired = [server("i-1", "api-1", "impaired"), server("i-2", "api-2", "impaired")];
const stopped = [server("i-1", "api-1", "not-applicable", "stopped"), server("i-2", "api-2")];

const known = <T>(value: T): Finding<T> => ({ known: true, value, at: now });
const unknown: Finding<never> = { known: false, reason: "no answer in 5s", at: now };
const deployed = (
  at: string,
  instances = ["i-1", "i-2"],
  previous: string | undefined = "1.0.0",
): Finding<readonly Deploy[]> =>
  known([{ version: "1.1.0", at, instances, ...(previous === undefined ? {} : { previous }) }]);

const open = { port: 8000, groups: ["sg-1"], open: true };
const closed = { ...open, open: false };

const unit = (id: string, name: string, more: Partial<Unit> = {}): Unit => ({
  id,
  name,
  state: "running",
  ready: false,
  reason: undefined,
  startedAt: "2026-11-20T03:00:00.000Z",
  restarts: undefined,
  version: "1.0.0",
  ...more,
});
const workload = {
  units: [unit("i-1", "api-1"), unit("i-2", "api-2")],
  desired: 2,
  least: 1,
  most: 2,
  scaledBy: undefined,
  size: undefined,
  revision: undefined,
};
const answering = (...ids: readonly string[]) =>
  known(["i-1", "i-2"].map((id) => ({ id, name: id.replace("i-", "api-"), answers: ids.includes(id) })));

const base = {
  outside: silent,
  workload,
  machines: answering(),
  targets: dead,
  servers: impaired,
  firewall: open,
  errors: known([]),
  deploys: known([]),
};

describe("platform-down decides", () => {
  test.for([
    [
      "all-clear",
      "answers",
      "it answers and every target is healthy",
      { ...base, outside: ok, targets: up, servers: running },
    ],
    ["plan", "out-of-service", "both processes are gone", base],
    [
      "plan",
      "out-of-service",
      "one of two is gone, though users still get answers",
      { ...base, outside: ok, targets: [up[0], dead[1]] },
    ],
    [
      "plan",
      "out-of-service",
      "a process hangs: its machine is fine, the balancer times out",
      { ...base, servers: running },
    ],
    [
      "plan",
      "out-of-service",
      "deploys and logs are not known",
      { ...base, deploys: unknown, errors: unknown },
    ],
    [
      "plan",
      "out-of-service",
      "the last deploy is old",
      { ...base, deploys: deployed("2026-11-20T10:00:00Z") },
    ],
    [
      "plan",
      "out-of-service",
      "the fresh deploy went to another instance than the one that is out",
      { ...base, deploys: deployed("2026-11-21T03:00:00Z", ["i-1"]) },
    ],
    [
      "plan",
      "out-of-service",
      "there is no version to go back to",
      {
        ...base,
        deploys: known([{ version: "1.1.0", at: "2026-11-21T03:00:00Z", instances: ["i-1", "i-2"] }]),
      },
    ],
    [
      "plan",
      "out-of-service",
      "the deploy's time lies in the future, so a clock is wrong",
      { ...base, deploys: deployed("2026-11-21T04:00:00Z") },
    ],
    [
      "hand-over",
      "fresh-deploy",
      "everything that is out runs a version deployed minutes ago",
      { ...base, deploys: deployed("2026-11-21T03:00:00Z") },
    ],
    ["escalate", "no-targets", "nothing is registered with the balancer", { ...base, targets: [] }],
    [
      "escalate",
      "before-the-balancer",
      "every target is healthy and nobody gets an answer",
      { ...base, targets: up, servers: running },
    ],
    [
      "escalate",
      "balancer-behind",
      "a process has just died and the balancer does not know yet",
      { ...base, outside: bad, targets: up },
    ],
    [
      "escalate",
      "before-the-balancer",
      "every target is healthy and the answer is 503",
      { ...base, outside: bad, targets: up, servers: running },
    ],
    ["escalate", "firewall-closed", "the security group lets nobody in", { ...base, firewall: closed }],
    [
      "escalate",
      "firewall-closed",
      "a policy lets nobody in but the probes of whoever runs the units",
      { ...base, targets: up, servers: running, firewall: closed },
    ],
    ["escalate", "instance-stopped", "somebody stopped a machine", { ...base, servers: stopped }],
    [
      "escalate",
      "starting",
      "everything is only just starting",
      { ...base, targets: starting, servers: running },
    ],
    [
      "escalate",
      "not-ready",
      "the processes answer but are not ready, so a restart would not help",
      { ...base, targets: unready, servers: running },
    ],
  ] as const)("%s (%s) when %s", ([kind, rule, , findings]) => {
    const decision = decideWith(platformDown, findings, { service: "api" }, context);

    expect(decision).toMatchObject({ kind, rule });
  });

  test("restarts exactly what is out of service, in the balancer's order, and says what it leaves alone", () => {
    const decision = decideWith(
      platformDown,
      { ...base, targets: [up[0], dead[1]] },
      { service: "api" },
      context,
    );

    expect(decision).toMatchObject({
      items: [{ action: "restart", input: { service: "api", id: "i-2", name: "api-2", how: "forced" } }],
      leavesAlone: ["api-1", "database", "redis", "report queue"],
    });
  });

  test("restarts what answers in good order first, and by force only what is out after that", () => {
    const decision = decideWith(
      platformDown,
      { ...base, machines: answering("i-1") },
      { service: "api" },
      context,
    );

    expect(decision).toMatchObject({
      items: [
        { kind: "batches", mayFail: 1, batches: [[{ input: { id: "i-1", how: "graceful" } }]] },
        { action: "restart", input: { id: "i-1", how: "forced", only: "out-of-service" } },
        { action: "restart", input: { id: "i-2", how: "forced", only: "out-of-service" } },
      ],
    });
  });

  test("leaves a pod alone that is on its way out", () => {
    const units = [unit("pod-a", "pod-a", { state: "stopping" }), unit("pod-b", "pod-b")];
    const decision = decideWith(
      platformDown,
      {
        ...base,
        workload: { ...workload, units },
        targets: [target("pod-a", "draining"), target("pod-b", "unhealthy", "CrashLoopBackOff")],
        servers: [],
      },
      { service: "api" },
      context,
    );

    expect(decision).toMatchObject({
      items: [{ input: { id: "pod-b" } }],
      leavesAlone: ["pod-a", "database", "redis", "report queue"],
    });
  });

  test("defect 9: never two at once, each waited for before the next, and only what is out", () => {
    const decision = decideWith(platformDown, base, { service: "api" }, context);

    expect(decision).toMatchObject({
      items: [
        { kind: "step", input: { id: "i-1", only: "out-of-service" } },
        { kind: "step", input: { id: "i-2", only: "out-of-service" } },
      ],
    });
  });

  test("hands over to rollback for the same service", () => {
    const decision = decideWith(
      platformDown,
      { ...base, deploys: deployed("2026-11-21T03:00:00Z") },
      { service: "api" },
      context,
    );

    expect(decision).toMatchObject({ runbook: "rollback", params: { service: "api" } });
  });

  test("the table above meets every kind of decision, every rule and every action", () => {
    const source = platformDown.decide.toString();
    const rules = [...source.matchAll(/rule: "([a-z-]+)"/g)].map((match) => match[1]);

    expect(rules.toSorted((a, b) => (a ?? "").localeCompare(b ?? ""))).toEqual([
      "answers",
      "balancer-behind",
      "before-the-balancer",
      "firewall-closed",
      "fresh-deploy",
      "instance-stopped",
      "no-targets",
      "not-ready",
      "out-of-service",
      "starting",
    ]);
    expect(Object.keys(platformDown.mitigate)).toEqual(["restart"]);
  });
});
