import { describe, expect, test } from "vitest";
import type { CacheFacts, CacheLook } from "#kit/ports/cache.ts";
import type { Workload } from "#kit/ports/workloads.ts";
import { decideWith } from "#kit/run/decide.ts";
import { cache } from "#checks/cache.ts";
import { redisDown } from "#runbooks/redis-down.ts";
import { calmCache } from "#runbooks/scenarios/worlds/cache.ts";
import { calmQueue } from "#runbooks/scenarios/worlds/queue.ts";
import { fakeUnit, fakeWorkload } from "#runbooks/scenarios/worlds/workloads.ts";
import { productionTimes } from "#test/fakes/world.ts";

const known = <T>(value: T) => ({ known: true, value });
const notKnown = { known: false, reason: "no answer in 5 s" };
const silent: CacheLook = { kind: "silent", reason: "connect ECONNREFUSED 10.0.3.7:6379" };
const is = (more: Partial<CacheFacts>): CacheFacts => ({ ...calmCache, ...more });
const machine = (...ready: readonly boolean[]): Workload => ({
  ...fakeWorkload("redis", 1),
  units: ready.map((one, index) => fakeUnit(`redis-${index + 1}`, { ready: one })),
});
const says = (redis: string) =>
  known({
    kind: "answered",
    status: 200,
    body: JSON.stringify({ status: "ready", checks: { redis } }),
    tookMs: 3,
  });

function seen(redis: CacheLook, more: object = {}) {
  return { redis, machine: machine(true), platform: notKnown, reports: known(calmQueue), ...more };
}

function decide(findings: ReturnType<typeof seen>) {
  return decideWith(
    redisDown,
    findings,
    { service: "redis" },
    {
      now: "2026-11-21T03:12:00.000Z",
      times: productionTimes,
    },
  );
}

describe("a Redis that nobody reaches on a machine that is well", () => {
  const asked = decide(seen(silent, { platform: says("unreachable") }));
  const unitId = machine(true).units[0]?.id ?? "";
  const restarted: string[] = [];
  const run = async (only: "unreached" | "whatever") => {
    const service = { name: "redis", url: "redis://redis", instances: [], firewallGroups: [], floor: 1 };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the hands and eyes that the action takes, and no others
    const context = {
      workloadAdmin: { restart: async (_service: unknown, id: string) => void restarted.push(id) },
      readers: {
        inventory: { service: () => service },
        workloads: { describe: async () => machine(true) },
      },
      before: { left: undefined, ready: 1, unit: undefined },
    } as unknown as Parameters<typeof redisDown.mitigate.restart.run>[1];
    const input = { service: "redis", id: unitId, name: "redis-1", how: "forced", only } as const;
    return redisDown.mitigate.restart.run(input, context);
  };

  test("is restarted though it is the only one: nobody counts it as in service", async () => {
    expect(asked).toMatchObject({ rule: "gone", items: [{ input: { how: "forced", only: "unreached" } }] });

    await run("unreached");

    expect(restarted).toEqual([unitId]);
  });

  test("without that proof the only unit in service is left alone", async () => {
    await expect(run("whatever")).rejects.toMatchObject({ code: "guard-refused" });
  });
});

describe("redis-down decides", () => {
  test.for([
    ["plan", "gone", "its machine does not take work", seen(silent, { machine: machine(false) })],
    [
      "plan",
      "gone",
      "its machine is well and the platform does not reach it",
      seen(silent, { platform: says("unreachable") }),
    ],
    ["escalate", "ours-alone", "the platform reaches it", seen(silent, { platform: says("ok") })],
    ["escalate", "ours-alone", "its machine is well and nobody says more", seen(silent)],
    ["escalate", "elsewhere", "its machine is not ours", seen(silent, { machine: undefined })],
    ["escalate", "no-unit", "nothing runs it", seen(silent, { machine: machine() })],
    ["escalate", "loading", "it reads its file", seen(is({ loading: true }))],
    ["escalate", "replica", "it is a replica", seen(is({ role: "replica" }))],
    ["escalate", "cannot-write", "it cannot write its file", seen(is({ persists: false }))],
    ["escalate", "full", "its memory is full", seen(is({ usedBytes: calmCache.mostBytes ?? 0 }))],
    ["escalate", "evicts", "it may drop what waits", seen(is({ eviction: "volatile-lru" }))],
    ["all-clear", "well", "it answers", seen(is({}))],
    ["all-clear", "well", "it answers and may use all of its machine", seen(is({ mostBytes: undefined }))],
  ] as const)("%s (%s) when %s", ([kind, rule, , findings]) => {
    expect(decide(findings)).toMatchObject({ kind, rule });
  });

  test("restarts exactly the unit that is out, and leaves it alone when it is back by then", () => {
    expect(decide(seen(silent, { machine: machine(true, false) }))).toMatchObject({
      items: [{ action: "restart", input: { id: "u-redis-2", how: "forced", only: "out-of-service" } }],
    });
  });
});

test("defects 22 and 23: full memory is never flushed, and nothing that blocks or shows keys is asked", () => {
  const decision = decide(seen(is({ usedBytes: calmCache.mostBytes ?? 0 })));

  expect(decision).toMatchObject({ kind: "escalate", because: expect.stringContaining("never FLUSHALL") });
  expect(Object.keys(redisDown.mitigate)).toEqual(["restart"]);
});

describe("Redis is", () => {
  test.for([
    ["healthy", is({})],
    ["unhealthy", is({ loading: true })],
    ["unhealthy", is({ eviction: "allkeys-lru" })],
    ["unhealthy", silent],
  ] as const)("%s", ([state, look]) => {
    expect(cache.judge(look)).toMatchObject({ state });
  });
});
