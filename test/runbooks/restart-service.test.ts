import { describe, expect, test } from "vitest";
import type { Unit, Workload } from "#kit/ports/workloads.ts";
import { callsOf } from "#kit/items.ts";
import { decideWith } from "#kit/run/decide.ts";
import { restartService } from "#runbooks/restart-service.ts";
import { fakeWorkload } from "#runbooks/scenarios/worlds/workloads.ts";
import { productionTimes } from "#test/fakes/world.ts";

const out: Partial<Unit> = { ready: false, state: "failed", reason: "CrashLoopBackOff" };

/** A service of so many units, of which some are otherwise than well. */
function seen(
  count: number,
  more: Partial<Workload> & { readonly floor?: number; readonly room?: boolean } = {},
  ...differ: readonly Partial<Unit>[]
) {
  const workload = fakeWorkload("worker", count);
  const units = workload.units.map((unit, index): Unit => ({ ...unit, ...differ[index] }));
  return { workload: { ...workload, units, floor: 1, room: true, ...more } };
}

function decide(findings: ReturnType<typeof seen>, params: Readonly<Record<string, string>> = {}) {
  return decideWith(
    restartService,
    findings,
    { service: "worker", unit: "each", how: "graceful", ...params },
    { now: "2026-11-21T03:12:00.000Z", times: productionTimes },
  );
}

describe("restart-service decides", () => {
  test.for([
    ["plan", "one-at-a-time", "three take work", seen(3)],
    ["plan", "one-at-a-time", "one of two is out and comes first", seen(2, {}, {}, out)],
    ["plan", "one-at-a-time", "the only one is out, so nothing is taken away", seen(1, {}, out)],
    ["plan", "one-at-a-time", "nothing has to remain", seen(1, { floor: 0 })],
    ["plan", "one-more-first", "there is only one", seen(1)],
    ["plan", "one-more-first", "both have to remain", seen(2, { floor: 2 })],
    [
      "escalate",
      "too-few",
      "an autoscaler keeps the number of the only one",
      seen(1, { scaledBy: "hpa/worker" }),
    ],
    ["escalate", "too-few", "there may be no more than the only one", seen(1, { most: 1 })],
    ["escalate", "too-few", "the only machine is in no group", seen(1, { room: false })],
    ["escalate", "under-way", "one is only just starting", seen(2, {}, { state: "starting", ready: false })],
    ["escalate", "nothing-runs", "there is none", seen(0, { desired: 2 })],
  ] as const)("%s (%s) when %s", ([kind, rule, , findings]) => {
    expect(decide(findings)).toMatchObject({ kind, rule });
  });

  test("no unit of that name, and says which there are", () => {
    expect(decide(seen(2), { unit: "worker-9" })).toMatchObject({
      kind: "escalate",
      rule: "no-such-unit",
      because: "worker has no unit worker-9; it has worker-1, worker-2",
    });
  });

  test("one unit by its name, and leaves the others alone", () => {
    expect(decide(seen(3), { unit: "worker-2", how: "forced" })).toMatchObject({
      items: [{ batches: [[{ input: { id: "u-worker-2", how: "forced" } }]] }],
      leavesAlone: ["worker-1", "worker-3", "every other service", "the report queue"],
    });
  });

  test("adds one, restarts, and takes one away again, where too few would remain", () => {
    expect(decide(seen(1))).toMatchObject({
      items: [
        { action: "scale", input: { from: 1, to: 2 } },
        { kind: "batches" },
        { action: "scale", input: { from: 2, to: 1 } },
      ],
    });
  });
});

test("defect 7: every unit is named, no two are ever out together, and the floor is kept by each batch", () => {
  const decision = decide(seen(5, { floor: 3 }));

  const [batches] = decision.kind === "plan" ? decision.items : [];
  expect(batches).toMatchObject({ kind: "batches", floor: 3, mayFail: 0 });
  expect(batches?.kind === "batches" ? batches.batches.map((batch) => batch.length) : []).toEqual([
    1, 1, 1, 1, 1,
  ]);
  expect(
    batches === undefined ? [] : callsOf(batches).map(({ input }) => (input as { name: string }).name),
  ).toEqual(["worker-1", "worker-2", "worker-3", "worker-4", "worker-5"]);
});
