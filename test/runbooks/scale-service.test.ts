import { describe, expect, test } from "vitest";
import type { Readers, Service } from "#kit/ports.ts";
import type { Workload } from "#kit/ports/workloads.ts";
import { decideWith } from "#kit/run/decide.ts";
import { scaleService } from "#runbooks/scale-service.ts";
import { fakeWorkload } from "#runbooks/scenarios/worlds/workloads.ts";
import { productionTimes } from "#test/fakes/world.ts";

const gib = 1024 ** 3;
const at = "2026-11-21T03:12:00.000Z";
const uses = (memoryBytes: number, cpus: number) => ({ known: true, value: { memoryBytes, cpus }, at });
const notKnown = { known: false, reason: "no answer in 5 s", at };

function seen(
  count: number,
  more: Partial<Workload> & { readonly floor?: number; readonly kept?: boolean } = {},
  use: object = uses(0.6 * gib, 0.1),
) {
  return { workload: { ...fakeWorkload("worker", count), floor: 1, kept: true, ...more }, use };
}

function decide(findings: ReturnType<typeof seen>, params: Readonly<Record<string, string>>) {
  return decideWith(
    scaleService,
    findings,
    { service: "worker", units: "same", cpus: "same", memory: "same", ...params },
    { now: at, times: productionTimes },
  );
}

describe("scale-service decides", () => {
  test.for([
    ["plan", "add", "+2 where six are allowed", { units: "+2" }, seen(2, { most: 6 })],
    ["plan", "add", "from none, which somebody set", { units: "1" }, seen(0)],
    [
      "plan",
      "add",
      "one of two is out and one more is asked for",
      { units: "+1" },
      seen(2, { desired: 2, most: 4 }),
    ],
    ["plan", "take-away", "-1 of three", { units: "-1" }, seen(3)],
    ["plan", "resize", "more memory", { memory: "4Gi" }, seen(2)],
    ["plan", "resize", "less memory than now and more than is used", { memory: "1Gi" }, seen(2)],
    ["all-clear", "has-the-number", "four of four", { units: "4" }, seen(4)],
    ["all-clear", "has-the-size", "two cores of two", { cpus: "1" }, seen(4)],
    ["escalate", "nothing-asked", "nothing is asked", {}, seen(2)],
    ["escalate", "both-asked", "both are asked", { units: "+1", cpus: "2" }, seen(2)],
    ["escalate", "autoscaled", "an autoscaler keeps it", { units: "+1" }, seen(2, { scaledBy: "hpa" })],
    ["escalate", "nothing-keeps-it", "nothing keeps the number", { units: "+1" }, seen(2, { kept: false })],
    ["escalate", "out-of-bounds", "more than allowed", { units: "+9" }, seen(2, { most: 6 })],
    ["escalate", "out-of-bounds", "fewer than must remain", { units: "1" }, seen(3, { floor: 2 })],
    ["escalate", "out-of-bounds", "none", { units: "0" }, seen(3)],
    [
      "escalate",
      "not-there-yet",
      "three are meant to be and two are",
      { units: "3" },
      seen(2, { desired: 3 }),
    ],
    ["escalate", "too-few-ready", "one of two is out", { units: "-1" }, seen(1, { desired: 2 })],
    ["escalate", "no-size", "sizes are not set here", { memory: "4Gi" }, seen(2, { size: undefined })],
    ["escalate", "too-large-a-step", "twenty times", { memory: "40Gi" }, seen(2)],
    ["escalate", "smaller-than-used", "less than is used", { memory: "700Mi" }, seen(2)],
    [
      "escalate",
      "smaller-than-used",
      "less, and nobody knows what is used",
      { memory: "1Gi" },
      seen(2, {}, notKnown),
    ],
  ] as const)("%s (%s) when %s", ([kind, rule, , params, findings]) => {
    expect(decide(findings, params)).toMatchObject({ kind, rule });
  });

  test("units are taken away one at a time, each step from what the one before left", () => {
    expect(decide(seen(4), { units: "1" })).toMatchObject({
      items: [
        { action: "scale", input: { from: 4, to: 3 } },
        { action: "scale", input: { from: 3, to: 2 } },
        { action: "scale", input: { from: 2, to: 1 } },
      ],
    });
  });
});

describe("a new size", () => {
  const from = { cpus: 1, memoryBytes: 2 * gib };
  const to = { cpus: 1, memoryBytes: 4 * gib };
  const own: Service = {
    name: "worker",
    url: "http://worker.internal",
    instances: [],
    firewallGroups: [],
    floor: 1,
  };
  const running = (size: typeof from, ...ids: readonly string[]): Readers =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the two readers that the action takes, and no other
    ({
      inventory: { service: () => own },
      workloads: {
        describe: async () => ({
          units: ids.map((id) => ({ id, name: id, state: "running", ready: true, startedAt: "2026-11-21" })),
          desired: 2,
          size,
        }),
      },
    }) as unknown as Readers;
  const { resize } = scaleService.mitigate;
  const input = { service: "worker", from, to };

  test("is not there when it is written down: units that were there before still have the old one", async () => {
    const seen = await resize.before(input, running(from, "pod-a", "pod-b"));

    expect(await resize.confirm?.(input, seen, running(to, "pod-a", "pod-b"))).toMatchObject({ met: false });
    expect(await resize.confirm?.(input, seen, running(to, "pod-b", "pod-c"))).toMatchObject({
      met: false,
      saw: expect.stringContaining("1 not replaced yet"),
    });
    expect(await resize.confirm?.(input, seen, running(to, "pod-c", "pod-d"))).toMatchObject({ met: true });
  });

  test("that somebody else has set already is not waited for", async () => {
    const seen = await resize.before(input, running(to, "pod-a", "pod-b"));

    expect(await resize.confirm?.(input, seen, running(to, "pod-a", "pod-b"))).toMatchObject({ met: true });
  });
});

describe("defect 10: an absolute number, whatever is there", () => {
  test("the manual's six is refused where the group's most is four, and says what there is", () => {
    expect(decide(seen(2, { most: 4 }), { units: "6" })).toMatchObject({
      kind: "escalate",
      because: expect.stringContaining("6 is not between 1 and 4, the bounds of worker; it has 2"),
    });
  });

  test("every step says from which number, so that it does nothing when that is no longer so, and can be taken back", () => {
    const decision = decide(seen(2), { units: "4" });

    expect(decision).toMatchObject({ items: [{ input: { service: "worker", from: 2, to: 4 } }] });
    expect(
      scaleService.mitigate.scale.undo?.(
        { service: "worker", from: 2, to: 4 },
        { desired: 2, ready: 2 },
        undefined,
      ),
    ).toEqual([{ kind: "step", action: "scale", input: { service: "worker", from: 4, to: 2 } }]);
  });
});
