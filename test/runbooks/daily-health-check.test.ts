import { describe, expect, onTestFinished, test } from "vitest";
import { decideWith } from "#kit/run/decide.ts";
import { dailyHealthCheck } from "#runbooks/daily-health-check.ts";
import { bench, lena } from "#test/fakes/engine.ts";
import { productionTimes } from "#test/fakes/world.ts";

const target = (instance: string, health: string) => ({ instance, health });
const server = (name: string, state = "running", check = "ok") => ({ id: name, name, state, check });
const lines = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ at: "2026-11-21T01:00:00Z", message: `error ${index}` }));

const well = {
  outside: { kind: "answered", status: 200, body: "", tookMs: 3 },
  targets: { targets: [target("i-1", "healthy"), target("i-2", "healthy")], expected: 2 },
  servers: [server("api-1"), server("api-2")],
  errors: { known: true, value: [] },
};

describe("daily-health-check decides", () => {
  test.for([
    ["all-clear", "well", "all is well", well],
    [
      "all-clear",
      "well",
      "no more errors than expected",
      { ...well, errors: { known: true, value: lines(20) } },
    ],
    [
      "hand-over",
      "not-serving",
      "nothing answers",
      { ...well, outside: { kind: "silent", reason: "timed out", tookMs: 3000 } },
    ],
    [
      "hand-over",
      "not-serving",
      "it answers with an error",
      { ...well, outside: { kind: "answered", status: 503, body: "", tookMs: 3 } },
    ],
    [
      "hand-over",
      "not-serving",
      "one target is out, whatever the logs say",
      {
        ...well,
        targets: { targets: [target("i-1", "healthy"), target("i-2", "unhealthy")], expected: 2 },
        errors: { known: true, value: lines(60) },
      },
    ],
    [
      "escalate",
      "missing-targets",
      "an instance is not registered",
      { ...well, targets: { targets: [target("i-1", "healthy")], expected: 2 } },
    ],
    [
      "escalate",
      "instance-impaired",
      "an instance fails its status check",
      { ...well, servers: [server("api-1"), server("api-2", "running", "impaired")] },
    ],
    [
      "escalate",
      "instance-impaired",
      "an instance was stopped",
      { ...well, servers: [server("api-1", "stopped", "not-applicable")] },
    ],
    ["escalate", "many-errors", "one error too many", { ...well, errors: { known: true, value: lines(21) } }],
    [
      "escalate",
      "logs-unread",
      "the logs are away",
      { ...well, errors: { known: false, reason: "no answer" } },
    ],
  ] as const)("%s (%s) when %s", ([kind, rule, , findings]) => {
    const decision = decideWith(
      dailyHealthCheck,
      findings,
      { service: "api" },
      { now: "2026-11-21T08:00:00Z", times: productionTimes },
    );

    expect([decision.kind, decision.rule]).toEqual([kind, rule]);
  });
});

test("what it finds down goes to platform-down, which asks for approval of its own; both prove the cure", async () => {
  const made = bench();
  onTestFinished(() => made.close());
  for (const machine of made.world.machines) machine.mood = "dead";
  made.approveSoon();

  const state = await made
    .engine({ runbooks: [dailyHealthCheck, ...made.parts.runbooks] })
    .run(dailyHealthCheck, {}, { by: { ...lena, name: "platform-oncall", via: "cron" } });

  expect(state.child).toMatchObject({ runbook: "platform-down", ended: { outcome: "solved" } });
  expect(state.ended).toMatchObject({ outcome: "handed-over", exit: 0 });
  expect(made.world.effects.length).toBeGreaterThan(0);
});
