import type { QueuedReport, QueueLook } from "#kit/ports/queue.ts";
import type { Scenarios } from "./scenario.ts";
import { runService } from "./worlds/workloads.ts";
import { innerServices, type World } from "./world.ts";

/** What the queue is like, and how fast it goes down once nothing keeps it. */
function fill(world: World, look: Partial<QueueLook>, perMinute = 40): void {
  if (world.queue.look !== "silent") Object.assign(world.queue.look, look);
  world.queue.drains = { perMinute };
}

const report = (index: number, more: Partial<QueuedReport>): QueuedReport => ({
  id: `CSRD-20261121-AAAAAAAA${String(index).padStart(2, "0")}`,
  state: "dead-letter",
  stage: "calculator",
  acceptedAt: `2026-11-21T02:${String(10 + index)}:00.000Z`,
  code: "unreachable",
  kills: 0,
  ...more,
});

const behind = { waiting: 60, active: 10, oldestSeconds: 2_400 } as const;
const pausedAt = (at: string) => ({ by: "operator:ana@desk", reason: "CHG-88 database move", at });

/** What can keep reports from being taken: each row of the decision table. */
export const queueBacklog: Scenarios = {
  "paused-and-forgotten": {
    title: "The queue was paused for a change on Thursday, and nobody let it go on",
    rule: "forgotten",
    outcome: "solved",
    services: innerServices,
    prepare: (world) =>
      fill(world, {
        waiting: 40,
        active: 0,
        oldestSeconds: 86_400,
        paused: pausedAt("2026-11-19T16:00:00.000Z"),
      }),
  },
  "paused-just-now": {
    title: "A colleague paused the queue a moment ago",
    rule: "paused-on-purpose",
    outcome: "escalated",
    services: innerServices,
    prepare: (world) =>
      fill(world, {
        waiting: 4,
        active: 0,
        oldestSeconds: 1_800,
        paused: pausedAt(world.clock.now().toISOString()),
      }),
  },
  "more-at-once": {
    title: "The workers could do more than they are allowed to",
    rule: "more-at-once",
    outcome: "solved",
    services: innerServices,
    prepare(world) {
      fill(world, { ...behind, workers: ["w-1", "w-2", "w-3"] });
      world.queue.drains = { perMinute: 40, atOnce: 15 };
    },
  },
  poison: {
    title: "One report ends the calculator's process again and again",
    rule: "poison",
    outcome: "solved",
    services: innerServices,
    prepare(world) {
      fill(world, { waiting: 6, active: 2, oldestSeconds: 1_200 });
      world.queue.reports.push(report(1, { state: "running", code: undefined, kills: 3 }));
    },
  },
  "given-up-in-an-outage": {
    title: "Reports were given up while the calculator was away, which is over",
    rule: "given-up",
    outcome: "solved",
    services: innerServices,
    prepare(world) {
      fill(world, { deadLetter: 4 });
      world.queue.reports.push(...[1, 2, 3].map((index) => report(index, {})), report(4, { code: "poison" }));
    },
  },
  "workers-gone": {
    title: "The only worker is gone",
    rule: "workers-gone",
    outcome: "handed-over",
    services: innerServices,
    prepare(world) {
      fill(world, { waiting: 12, active: 0, oldestSeconds: 1_500, workers: [] });
      runService(world, "worker", 1);
      if (world.workloads.services !== "silent")
        Object.assign(world.workloads.services.get("worker")?.units[0] ?? {}, {
          ready: false,
          state: "failed",
        });
      void world.clock.sleep(240_000).then(() => fill(world, { workers: ["worker"] }));
    },
  },
  "agent-down": {
    title: "The agents do not answer, so reports stop at their stage",
    rule: "agent-down",
    outcome: "handed-over",
    services: innerServices,
    prepare(world) {
      fill(world, { waiting: 9, active: 3, oldestSeconds: 1_300 });
      world.cutOff = true;
    },
  },
  "switched-off": {
    title: "The calculator was switched off, and its reports wait",
    rule: "switched-off",
    outcome: "escalated",
    services: innerServices,
    prepare(world) {
      fill(world, { waiting: 30, active: 0, oldestSeconds: 7_200 });
      world.switches.switches = [
        {
          scope: "calculator",
          off: true,
          reason: "INC-7 wrong figures",
          by: "operator:omar@desk",
          since: "2026-11-21T01:00:00.000Z",
        },
      ];
    },
  },
  "not-taken": {
    title: "A worker is connected and takes nothing",
    rule: "not-taken",
    outcome: "handed-over",
    services: innerServices,
    prepare: (world) => fill(world, { waiting: 25, active: 1, oldestSeconds: 3_000 }, 0),
  },
  "more-workers": {
    title: "Both workers have as many reports as they can take",
    rule: "more-workers",
    outcome: "handed-over",
    services: innerServices,
    prepare(world) {
      fill(world, { ...behind, active: 20, concurrency: 20, workers: ["w-1", "w-2"] }, 8);
      runService(world, "worker", 2);
    },
  },
  "at-its-peak": {
    title: "As many reports go at once as the platform is made for",
    rule: "at-its-peak",
    outcome: "escalated",
    services: innerServices,
    prepare(world) {
      fill(world, { ...behind, active: 50, concurrency: 50, workers: ["1", "2", "3", "4", "5", "6"] });
      runService(world, "worker", 6, { most: 6 });
    },
  },
  "given-up-for-cause": {
    title: "Reports were given up for what is in them",
    rule: "given-up-for-cause",
    outcome: "escalated",
    services: innerServices,
    prepare(world) {
      fill(world, { deadLetter: 2 });
      world.queue.reports.push(report(1, { code: "memory-limit" }), report(2, { code: "poison" }));
    },
  },
  "kept-up": {
    title: "Reports are taken; it is over",
    rule: "kept-up",
    outcome: "all-clear",
    services: innerServices,
    prepare: () => undefined,
  },
  "queue-silent": {
    title: "Nobody can say how the queue is",
    rule: "not-known",
    outcome: "escalated",
    services: innerServices,
    prepare: (world) => void (world.queue.look = "silent"),
  },
};
