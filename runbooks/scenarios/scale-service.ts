import type { Scenarios } from "./scenario.ts";
import { type FakeWorkload, runService } from "./worlds/workloads.ts";
import { innerServices, type World } from "./world.ts";

/** A world in which the workers run so. */
const workers =
  (count: number, more: Partial<FakeWorkload> = {}) =>
  (world: World): void =>
    runService(world, "worker", count, more);

const asked = (params: Readonly<Record<string, string>>) => ({
  services: innerServices,
  params: { service: "worker", ...params },
});

/** What a wish for more or fewer units, or larger ones, can meet: each row of the decision table. */
export const scaleService: Scenarios = {
  "two-more": {
    title: "Two more workers for a season of reports",
    rule: "add",
    outcome: "solved",
    ...asked({ units: "+2" }),
    prepare: workers(2),
  },
  "one-fewer": {
    title: "The season is over: from four workers to two, one at a time",
    rule: "take-away",
    outcome: "solved",
    ...asked({ units: "2" }),
    prepare: workers(4),
  },
  larger: {
    title: "Each worker gets four GiB and two cores",
    rule: "resize",
    outcome: "solved",
    ...asked({ cpus: "2", memory: "4Gi" }),
    prepare: workers(2),
  },
  "no-capacity": {
    title: "The cloud says yes and has no machine to give",
    rule: "add",
    outcome: "step-failed",
    ...asked({ units: "+1" }),
    prepare: workers(2, { noCapacity: true }),
  },
  "changed-meanwhile": {
    title: "Somebody else adds a worker while approval is waited for",
    rule: "add",
    outcome: "guarded",
    ...asked({ units: "+1" }),
    prepare(world) {
      workers(2)(world);
      void world.clock.sleep(20_000).then(() => workers(3)(world));
    },
  },
  autoscaled: {
    title: "An autoscaler keeps the number",
    rule: "autoscaled",
    outcome: "escalated",
    ...asked({ units: "+2" }),
    prepare: workers(2, { scaledBy: "hpa/csrd-worker" }),
  },
  "out-of-bounds": {
    title: "The manual's six, where four are allowed",
    rule: "out-of-bounds",
    outcome: "escalated",
    ...asked({ units: "6" }),
    prepare: workers(2, { most: 4 }),
  },
  "not-there-yet": {
    title: "It is meant to be three already, and only two take work",
    rule: "not-there-yet",
    outcome: "escalated",
    ...asked({ units: "3" }),
    prepare(world) {
      workers(2)(world);
      if (world.workloads.services === "silent") return;
      const found = world.workloads.services.get("worker");
      if (found !== undefined) found.desired = 3;
    },
  },
  "has-the-number": {
    title: "It has that many already",
    rule: "has-the-number",
    outcome: "all-clear",
    ...asked({ units: "2" }),
    prepare: workers(2),
  },
  "too-few-ready": {
    title: "One is to go, and the other does not take work",
    rule: "too-few-ready",
    outcome: "escalated",
    ...asked({ units: "-1" }),
    prepare(world) {
      workers(2)(world);
      if (world.workloads.services === "silent") return;
      const [first] = world.workloads.services.get("worker")?.units ?? [];
      if (first !== undefined)
        Object.assign(first, { ready: false, state: "failed", reason: "CrashLoopBackOff" });
    },
  },
  "nothing-keeps-it": {
    title: "The API runs on two machines that no group keeps",
    rule: "nothing-keeps-it",
    outcome: "escalated",
    params: { service: "api", units: "+1" },
    prepare: () => undefined,
  },
  "no-size": {
    title: "Machines are as large as their type",
    rule: "no-size",
    outcome: "escalated",
    ...asked({ memory: "4Gi" }),
    prepare: workers(2, { size: undefined }),
  },
  "too-large-a-step": {
    title: "Somebody types 40 for 4",
    rule: "too-large-a-step",
    outcome: "escalated",
    ...asked({ memory: "40Gi" }),
    prepare: workers(2),
  },
  "smaller-than-used": {
    title: "Less memory than a worker uses",
    rule: "smaller-than-used",
    outcome: "escalated",
    ...asked({ memory: "600Mi" }),
    prepare: workers(2),
  },
  "has-the-size": {
    title: "Each has that much already",
    rule: "has-the-size",
    outcome: "all-clear",
    ...asked({ memory: "2Gi" }),
    prepare: workers(2),
  },
  "both-asked": {
    title: "More units and larger ones at once",
    rule: "both-asked",
    outcome: "escalated",
    ...asked({ units: "+1", memory: "4Gi" }),
    prepare: workers(2),
  },
  "nothing-asked": {
    title: "Nobody says what is to change",
    rule: "nothing-asked",
    outcome: "escalated",
    ...asked({}),
    prepare: workers(2),
  },
};
