import { describe, expect, onTestFinished, test } from "vitest";
import { decideWith } from "#kit/run/decide.ts";
import { rollback } from "#runbooks/rollback.ts";
import { bench, lena } from "#test/fakes/engine.ts";
import { productionTimes } from "#test/fakes/world.ts";

const blue = "arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/blue/1";
const green = "arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/green/2";
const group = (name: string, weight: number, healthy: number, of = 2) => ({
  group: name,
  weight,
  healthy,
  of,
});
const traffic = (groups: readonly object[], rule: string | undefined = "rule-1", floor = 1) => ({
  traffic: { rule, floor, groups },
});

describe("rollback decides", () => {
  test.for([
    [
      "plan",
      "flip-back",
      "the live version is dead and the old one is ready",
      traffic([group(blue, 100, 0), group(green, 0, 2)]),
    ],
    [
      "plan",
      "flip-back",
      "half of the live version is dead",
      traffic([group(blue, 100, 1), group(green, 0, 2)]),
    ],
    [
      "escalate",
      "live-is-healthy",
      "the load balancer sees nothing wrong with the live version",
      traffic([group(blue, 100, 2), group(green, 0, 2)]),
    ],
    ["escalate", "one-version", "there is no second version", traffic([group(blue, 100, 0)])],
    [
      "escalate",
      "one-version",
      "the environment names no rule",
      { traffic: { rule: undefined, floor: 1, groups: [] } },
    ],
    [
      "escalate",
      "old-version-not-ready",
      "the old version is dead too",
      traffic([group(blue, 100, 0), group(green, 0, 0)]),
    ],
    [
      "escalate",
      "old-version-not-ready",
      "the old version has fewer than the floor",
      traffic([group(blue, 100, 0), group(green, 0, 1)], "rule-1", 2),
    ],
    [
      "escalate",
      "no-single-way-back",
      "the idle group has no targets at all",
      traffic([group(blue, 100, 0), group(green, 0, 0, 0)]),
    ],
    [
      "escalate",
      "no-single-way-back",
      "two old versions are registered",
      traffic([group(blue, 100, 0), group(green, 0, 2), group("grey", 0, 2)]),
    ],
  ] as const)("%s (%s) when %s", ([kind, rule, , findings]) => {
    expect(
      decideWith(
        rollback,
        findings,
        { service: "api" },
        { now: "2026-11-21T03:12:00.000Z", times: productionTimes },
      ),
    ).toMatchObject({ kind, rule });
  });
});

test("a version that is healthy to the load balancer and answers wrongly goes back where a person says so, and only to one that is ready", () => {
  const decide = (flip: string, spare: number) =>
    decideWith(
      rollback,
      traffic([group(blue, 100, 2), group(green, 0, spare)]),
      { service: "api", flip },
      { now: "2026-11-21T03:12:00.000Z", times: productionTimes },
    );

  expect(decide("unhealthy", 2)).toMatchObject({
    rule: "live-is-healthy",
    because: expect.stringContaining("ops run rollback --param service=api --param flip=anyway"),
  });
  expect(decide("anyway", 2)).toMatchObject({ rule: "flip-back", items: [{ action: "moveTraffic" }] });
  expect(decide("anyway", 0)).toMatchObject({ rule: "old-version-not-ready" });
});

test("defect 1: a rollback flips all weights at once; a crash in between is settled by reading them", async () => {
  const made = bench();
  onTestFinished(() => made.close());
  for (const machine of made.world.machines) machine.mood = "unready";
  made.approveSoon();
  made.world.trouble.push("lost-after");

  const state = await made.engine().run(rollback, {}, { by: lena });

  expect(made.world.effects).toEqual(["weights 0/100"]);
  expect(state.steps.map((step) => step.state)).toEqual(["done"]);
  expect(state.steps[0]?.undoable).toBe(true);
});
