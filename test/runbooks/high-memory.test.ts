import { describe, expect, test } from "vitest";
import type { AllUse, ServiceRoom, UnitUse } from "#kit/usage.ts";
import { decideWith } from "#kit/run/decide.ts";
import { highMemory } from "#runbooks/high-memory.ts";
import { productionTimes } from "#test/fakes/world.ts";

const at = "2026-11-21T03:12:00.000Z";
const known = <T>(value: T) => ({ known: true, value, at });
const unknown = { known: false, reason: "no answer in 5 s", at };

const unit = (service: string, name: string, percent: number, more: Partial<UnitUse> = {}): UnitUse => ({
  service,
  id: `id-${name}`,
  name,
  ready: true,
  memory: { usedBytes: percent * 10, limitBytes: 1_000 },
  cpu: { used: 0.1, limit: 1 },
  processes: [{ pid: 7, command: "node", rssBytes: percent * 9, cpus: 0.1, ageSeconds: 60 }],
  ...more,
});
const room = (name: string, ready: number, more: Partial<ServiceRoom> = {}): ServiceRoom => ({
  name,
  ready,
  desired: ready,
  floor: 1,
  full: undefined,
  ...more,
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
const queue = (active: number, concurrency: number) =>
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
const deployed = (...instances: readonly string[]) =>
  known([{ version: "1.1.0", previous: "1.0.0", at: "2026-11-21T03:00:00Z", instances }]);

const api = (first: number, second: number) => [unit("api", "api-1", first), unit("api", "api-2", second)];
const apiRoom = room("api", 2, { full: "nothing keeps its number" });
const rest = { queue: queue(1, 10), growth: known([]), deploys: known([]) };

const decide = (findings: object, tried: readonly string[] = []) =>
  decideWith(
    highMemory,
    { ...rest, ...findings },
    {},
    {
      now: at,
      times: productionTimes,
      round: tried.length + 1,
      tried: tried.map((action) => ({ kind: "step", action, input: {} })),
    },
  );

const oneOfTwo = use(api(97, 40), [apiRoom]);
const oneWorker = use([unit("worker", "worker-1", 97)], [room("worker", 1)]);
const twoWorkers = use([unit("worker", "worker-1", 97), unit("worker", "worker-2", 96)], [room("worker", 2)]);

describe("high-memory decides", () => {
  test.for([
    ["plan", "full", "one of two is full", { use: oneOfTwo }],
    [
      "plan",
      "full",
      "nobody knows of queue, growth and deploys",
      { use: oneOfTwo, queue: unknown, growth: unknown, deploys: unknown },
    ],
    ["plan", "full", "the only worker is full and idle", { use: oneWorker }],
    [
      "plan",
      "full",
      "one runs the fresh deploy, and the other does as well and is not full",
      { use: oneOfTwo, deploys: deployed("id-api-1", "id-api-2") },
    ],
    [
      "plan",
      "reports",
      "the worker is full and all places are taken",
      { use: oneWorker, queue: queue(10, 10) },
    ],
    ["plan", "full", "only one report at a time is worked on", { use: oneWorker, queue: queue(1, 1) }],
    ["plan", "crowded", "both workers are full", { use: twoWorkers }],
    [
      "hand-over",
      "fresh-deploy",
      "both instances are full since a deploy",
      { use: use(api(97, 98), [apiRoom]), deploys: deployed("id-api-1", "id-api-2") },
    ],
    [
      "escalate",
      "no-room",
      "the only one is full and nothing can be added",
      { use: use([unit("worker", "worker-1", 97)], [room("worker", 1, { full: "hpa keeps its number" })]) },
    ],
    [
      "escalate",
      "filling",
      "one fills up within the hour",
      { use: use(api(84, 40), [apiRoom]), growth: known([{ labels: { instance: "api-1" }, value: 990 }]) },
    ],
    [
      "all-clear",
      "calm",
      "one is high and will not be full",
      { use: use(api(84, 40), [apiRoom]), growth: known([{ labels: { instance: "api-1" }, value: 860 }]) },
    ],
    [
      "escalate",
      "not-all-seen",
      "one does not answer",
      { use: use([unit("api", "api-1", 40)], [apiRoom], ["api-2"]) },
    ],
    ["escalate", "nothing-seen", "none answers", { use: use([], [], ["api"]) }],
    ["all-clear", "calm", "all have memory left", { use: use(api(50, 40), [apiRoom]) }],
  ] as const)("%s (%s) when %s", ([kind, rule, , findings]) => {
    expect(decide(findings)).toMatchObject({ kind, rule });
  });

  test("evidence first, then the look whether it grows, then the restart of what is full and of nothing else", () => {
    expect(decide({ use: oneOfTwo })).toMatchObject({
      items: [
        { action: "profile", input: { id: "id-api-1", kind: "memory" } },
        { kind: "watch", action: "growth", input: { id: "id-api-1" } },
        { action: "restart", input: { id: "id-api-1", how: "graceful", only: "memory" } },
      ],
      leavesAlone: ["every report that waits", "api-2"],
    });
  });

  test("a second unit stands in for the only one, and is taken away again", () => {
    expect(decide({ use: oneWorker })).toMatchObject({
      items: [{}, {}, { input: { from: 1, to: 2 } }, { action: "restart" }, { input: { from: 2, to: 1 } }],
    });
  });

  test("in the next round what was tried is not tried again", () => {
    expect(decide({ use: oneWorker, queue: queue(10, 10) }, ["profile", "setConcurrency"])).toMatchObject({
      rule: "full",
    });
    expect(decide({ use: twoWorkers }, ["profile", "scale"])).toMatchObject({ rule: "full" });
  });
});

describe("defect 24: the queue is emptied to win memory", () => {
  test("no action here can take a report out of the queue: it works on fewer at once, and that can be taken back", () => {
    const decision = decide({ use: oneWorker, queue: queue(10, 10) });

    expect(decision).toMatchObject({
      items: [{ action: "profile" }, { action: "setConcurrency", input: { from: 10, to: 5 } }],
      leavesAlone: ["every report that waits", "every report in hand"],
    });
    expect(Object.keys(highMemory.mitigate).toSorted()).toEqual([
      "profile",
      "restart",
      "scale",
      "setConcurrency",
    ]);
    expect(
      highMemory.mitigate.setConcurrency.undo?.({ from: 10, to: 5 }, { concurrency: 10 }, undefined),
    ).toEqual([{ kind: "step", action: "setConcurrency", input: { from: 5, to: 10 } }]);
  });

  test("a long queue alone is no reason to do anything: memory is what is judged", () => {
    expect(decide({ use: use(api(50, 40), [apiRoom]), queue: queue(10, 10) })).toMatchObject({
      kind: "all-clear",
    });
  });
});

describe("the watch for growth", () => {
  const sample = (minute: number, bytes: number, pid = 7) => {
    const seenAt = new Date(Date.parse(at) + minute * 60_000).toISOString();
    const value = {
      at: seenAt,
      usedBytes: bytes,
      limitBytes: 2 * 1024 ** 3,
      largest: { pid, command: "node", bytes },
    };
    return { known: true as const, value, at: seenAt };
  };
  const lost = { known: false as const, reason: "no answer", at };
  const judge = (samples: readonly (ReturnType<typeof sample> | typeof lost)[]) => {
    const watch = highMemory.watches?.growth;
    if (watch === undefined) throw new Error("there is no such watch");
    return watch.judge(samples, { service: "api", id: "i-1", name: "api-1" });
  };
  const mib = 1024 ** 2;

  test("waits for four looks", () => {
    expect(judge([sample(0, 900 * mib), sample(1, 901 * mib), sample(2, 902 * mib)]).verdict).toBe(
      "continue",
    );
  });

  test("says by how much a process grows, and which", () => {
    expect(judge([0, 1, 2, 3].map((minute) => sample(minute, (900 + minute * 12) * mib)))).toEqual({
      verdict: "pass",
      because: "node (7) grows by 12 MiB a minute",
    });
  });

  test("takes the breathing of a heap for none", () => {
    const breathing = [900, 930, 895, 925, 898].map((mebibytes, minute) =>
      sample(minute * 10, mebibytes * mib),
    );

    expect(judge(breathing)).toEqual({
      verdict: "pass",
      because: "node (7) holds what it has and does not grow",
    });
  });

  test("never passes on silence", () => {
    expect(judge([lost, lost, lost, lost]).verdict).toBe("inconclusive");
  });
});
