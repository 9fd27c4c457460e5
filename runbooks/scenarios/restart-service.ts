import type { Scenarios } from "./scenario.ts";
import { type fakeWorkload, runService } from "./worlds/workloads.ts";
import { innerServices, type World } from "./world.ts";

/** A world in which a service runs so. */
const runs =
  (...how: Parameters<typeof fakeWorkload>) =>
  (world: World): void =>
    runService(world, ...how);

/** What a service can be like that is to be restarted: each row of the decision table. */
export const restartService: Scenarios = {
  "three-in-turn": {
    title: "Three calculators are restarted after their settings were changed",
    rule: "one-at-a-time",
    outcome: "solved",
    services: innerServices,
    params: { service: "calculator" },
    prepare: runs("calculator", 3),
  },
  "pods-in-turn": {
    title: "Two workers are restarted, and each comes back under another name",
    rule: "one-at-a-time",
    outcome: "solved",
    services: innerServices,
    params: { service: "worker" },
    prepare: runs("worker", 2, { replaces: true }),
  },
  "one-hangs": {
    title: "One of two API processes hangs; the other is left alone",
    rule: "one-at-a-time",
    outcome: "solved",
    params: { unit: "api-2" },
    prepare(world) {
      const machine = world.machines.find(({ name }) => name === "api-2");
      if (machine !== undefined) machine.mood = "unready";
    },
  },
  "only-one": {
    title: "A service has only one unit, so a second one stands in",
    rule: "one-more-first",
    outcome: "solved",
    services: innerServices,
    params: { service: "materiality" },
    prepare: () => undefined,
  },
  "only-one-and-scaled": {
    title: "A service has only one unit, and an autoscaler keeps its number",
    rule: "too-few",
    outcome: "escalated",
    services: innerServices,
    params: { service: "worker" },
    prepare: runs("worker", 1, { scaledBy: "hpa/csrd-worker" }),
  },
  "no-such-unit": {
    title: "Somebody mistypes the unit's name",
    rule: "no-such-unit",
    outcome: "escalated",
    params: { unit: "api-22" },
    prepare: () => undefined,
  },
  "nothing-runs": {
    title: "Nothing of the service runs",
    rule: "nothing-runs",
    outcome: "escalated",
    services: innerServices,
    params: { service: "worker" },
    prepare: runs("worker", 0),
  },
  "under-way": {
    title: "Somebody else is restarting it",
    rule: "under-way",
    outcome: "escalated",
    prepare(world) {
      const [first] = world.machines;
      if (first === undefined) return;
      first.mood = "booting";
      first.backAt = world.clock.now().getTime() + 60_000;
    },
  },
  "does-not-come-back": {
    title: "The first does not come back from its restart, so the second is never touched",
    rule: "one-at-a-time",
    outcome: "step-failed",
    services: innerServices,
    params: { service: "audit" },
    prepare(world) {
      runs("audit", 2)(world);
      if (world.workloads.services === "silent") return;
      const [first] = world.workloads.services.get("audit")?.units ?? [];
      if (first !== undefined) first.stuck = true;
    },
  },
};
