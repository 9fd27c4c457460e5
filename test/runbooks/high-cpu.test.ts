import { describe, expect, test } from "vitest";
import type { AllUse, ServiceRoom, UnitUse } from "#kit/usage.ts";
import { decideWith } from "#kit/run/decide.ts";
import { highCpu } from "#runbooks/high-cpu.ts";
import { productionTimes } from "#test/fakes/world.ts";

const at = "2026-11-21T03:12:00.000Z";
const known = <T>(value: T) => ({ known: true, value, at });
const unknown = { known: false, reason: "no answer in 5 s", at };

const unit = (service: string, name: string, used: number): UnitUse => ({
  service,
  id: `id-${name}`,
  name,
  ready: true,
  memory: { usedBytes: 300, limitBytes: 1_000 },
  cpu: { used, limit: 1 },
  processes: [{ pid: 7, command: "node", rssBytes: 200, cpus: used, ageSeconds: 60 }],
});
const room = (name: string, ready: number, full?: string): ServiceRoom => ({
  name,
  ready,
  desired: ready,
  floor: 1,
  full,
});
const use = (
  units: readonly UnitUse[],
  services: readonly ServiceRoom[],
  silent: readonly string[] = [],
): AllUse => ({
  units,
  services,
  silent,
});
const queue = (active: number, concurrency = 10) =>
  known({
    waiting: 5,
    active,
    concurrency,
    deadLetter: 0,
    quarantined: 0,
    oldestSeconds: 9,
    paused: undefined,
    workers: ["w"],
  });
const deploys = known([
  { version: "1.1.0", previous: "1.0.0", at: "2026-11-21T03:00:00Z", instances: ["id-api-1", "id-api-2"] },
]);

const api = (first: number, second: number) => [unit("api", "api-1", first), unit("api", "api-2", second)];
const apiRoom = room("api", 2, "nothing keeps its number");
const worker = (used: number, full?: string) =>
  use([unit("worker", "worker-1", used)], [room("worker", 1, full)]);

const decide = (findings: object, tried: readonly string[] = []) =>
  decideWith(
    highCpu,
    { queue: queue(4), deploys: known([]), ...findings },
    {},
    {
      now: at,
      times: productionTimes,
      round: tried.length + 1,
      tried: tried.map((action) => ({ kind: "step", action, input: {} })),
    },
  );

describe("high-cpu decides", () => {
  test.for([
    ["plan", "spinning", "one of two is busy", { use: use(api(0.97, 0.2), [apiRoom]) }],
    [
      "plan",
      "spinning",
      "one of two is busy and the other runs the fresh deploy as well",
      { use: use(api(0.97, 0.2), [apiRoom]), deploys },
    ],
    ["plan", "spinning", "the only worker is busy with nothing in hand", { use: worker(1), queue: queue(0) }],
    ["plan", "load", "the only worker is busy with reports", { use: worker(0.95) }],
    [
      "plan",
      "load",
      "the only worker is busy, and nobody knows of reports",
      { use: worker(0.95), queue: unknown },
    ],
    [
      "plan",
      "reports",
      "the only worker is busy and none can be added",
      { use: worker(0.95, "hpa keeps its number") },
    ],
    [
      "hand-over",
      "fresh-deploy",
      "both instances are busy since a deploy",
      { use: use(api(0.97, 0.99), [apiRoom]), deploys },
    ],
    ["escalate", "busy", "both instances are busy", { use: use(api(0.97, 0.99), [apiRoom]) }],
    [
      "escalate",
      "busy",
      "one report at a time is worked on",
      { use: worker(0.95, "full"), queue: queue(1, 1) },
    ],
    [
      "escalate",
      "no-room",
      "the only one spins and none can be added",
      { use: worker(1, "1 of at most 1 are there"), queue: queue(0) },
    ],
    [
      "escalate",
      "not-all-seen",
      "one does not answer",
      { use: use([unit("api", "api-1", 0.1)], [apiRoom], ["api-2"]) },
    ],
    ["escalate", "nothing-seen", "none answers", { use: use([], [], ["api"]) }],
    ["all-clear", "calm", "all have CPU left", { use: use(api(0.5, 0.84), [apiRoom]) }],
  ] as const)("%s (%s) when %s", ([kind, rule, , findings]) => {
    expect(decide(findings)).toMatchObject({ kind, rule });
  });

  test("profile, look whether it lasts, then restart what spins, only if it still does", () => {
    expect(decide({ use: use(api(0.97, 0.2), [apiRoom]) })).toMatchObject({
      items: [
        { action: "profile", input: { id: "id-api-1", kind: "cpu" } },
        { kind: "watch", action: "busy" },
        { action: "restart", input: { id: "id-api-1", how: "graceful", only: "cpu" } },
      ],
      leavesAlone: ["every report that waits", "api-2"],
    });
  });

  test("after one more unit fewer reports at once, after both a person", () => {
    expect(decide({ use: worker(0.95) }, ["profile", "scale"])).toMatchObject({ rule: "reports" });
    expect(decide({ use: worker(0.95) }, ["profile", "scale", "setConcurrency"])).toMatchObject({
      rule: "busy",
    });
  });
});

describe("the watch for a busy unit", () => {
  const sample = (share: number) => ({
    known: true as const,
    value: { share, busiest: { pid: 7, command: "node", cpus: share } },
    at,
  });
  const lost = { known: false as const, reason: "no answer", at };
  const judge = (samples: readonly (ReturnType<typeof sample> | typeof lost)[]) => {
    const watch = highCpu.watches?.busy;
    if (watch === undefined) throw new Error("there is no such watch");
    return watch.judge(samples, { service: "api", id: "i-1", name: "api-1" });
  };

  test.for([
    ["continue", "3 looks so far", [0.9, 0.9, 0.9]],
    ["pass", "never below 90 %; node (7) takes 0.95 cores", [0.9, 0.97, 0.9, 0.95]],
    ["pass", "it comes and goes, down to 20 %", [0.9, 0.2, 0.9, 0.95]],
  ] as const)("%s: %s", ([verdict, because, shares]) => {
    expect(judge(shares.map(sample))).toEqual({ verdict, because });
  });

  test("never passes on silence", () => {
    expect(judge([lost, lost, lost, lost]).verdict).toBe("inconclusive");
  });
});
