import type { Scenarios } from "./scenario.ts";
import { innerServices, type World } from "./world.ts";
import { figures, worn } from "./worlds/figures.ts";
import { fakeUnit, runService } from "./worlds/workloads.ts";

const services = innerServices;
const slow = { report: 3_000, oldest: 2_000 };
const quick = { report: 600, oldest: 10 };
const even = { intake: 20, materiality: 30, calculator: 25, aggregator: 20, reporting: 35, audit: 20 };

function queue(world: World, parts: Partial<Exclude<World["queue"]["look"], "silent">>): void {
  if (world.queue.look !== "silent") Object.assign(world.queue.look, parts);
}

/** What makes reports slow: each row of the decision table. */
export const slowPerformance: Scenarios = {
  "stages-wait": {
    title: "Reports wait for the calculator's only unit",
    rule: "stages-wait",
    outcome: "solved",
    services,
    prepare: (world) =>
      figures(
        world,
        { ...slow, secondsByAgent: { ...even, calculator: 400 }, waitingFor: { calculator: 5 } },
        { effect: "scale calculator 1 to 2", after: quick },
      ),
  },
  "too-many-at-once": {
    title: "Every machine works itself to death over twenty reports at once",
    rule: "too-many-at-once",
    outcome: "solved",
    services,
    prepare(world) {
      for (const { name } of innerServices) world.hosts.set(`u-${name}-1`, worn);
      queue(world, { concurrency: 20, active: 20, waiting: 40 });
      figures(world, { ...slow, secondsByAgent: even }, { effect: "concurrency 20 to 10", after: quick });
    },
  },
  "too-few-at-once": {
    title: "Sixty reports wait while the machines rest",
    rule: "too-few-at-once",
    outcome: "solved",
    services,
    prepare(world) {
      queue(world, { concurrency: 10, active: 10, waiting: 60 });
      figures(world, { ...slow, secondsByAgent: even }, { effect: "concurrency 10 to 15", after: quick });
    },
  },
  "too-few-workers": {
    title: "One worker has all it takes, and more may be in hand",
    rule: "too-few-workers",
    outcome: "solved",
    services,
    prepare(world) {
      queue(world, { concurrency: 30, active: 10, waiting: 60 });
      figures(world, { ...slow, secondsByAgent: even }, { effect: "scale worker 1 to 2", after: quick });
    },
  },
  "no-room": {
    title: "Reports wait for an agent that can have no more units",
    rule: "no-room",
    outcome: "escalated",
    services,
    prepare(world) {
      runService(world, "audit", 6, { most: 6 });
      figures(world, { ...slow, secondsByAgent: even, waitingFor: { audit: 8 } });
    },
  },
  xbrl: {
    title: "The reporting agent takes most of the time",
    rule: "xbrl",
    outcome: "handed-over",
    services,
    prepare: (world) => figures(world, { ...slow, secondsByAgent: { ...even, reporting: 900 }, xbrl: 900 }),
  },
  models: {
    title: "A language model takes twelve seconds for an answer",
    rule: "models",
    outcome: "handed-over",
    services,
    prepare: (world) => figures(world, { ...slow, secondsByAgent: { ...even, materiality: 900 }, model: 12 }),
  },
  paused: {
    title: "Somebody paused the queue before lunch",
    rule: "paused",
    outcome: "escalated",
    services,
    prepare(world) {
      queue(world, { paused: { by: "omar", reason: "moving files", at: "2026-11-21T11:00:00.000Z" } });
      figures(world, slow);
    },
  },
  "unit-out": {
    title: "The audit agent does not take work",
    rule: "unit-out",
    outcome: "escalated",
    services,
    prepare(world) {
      runService(world, "audit", 1, { units: [fakeUnit("audit-1", { ready: false, state: "failed" })] });
      figures(world, slow);
    },
  },
  unexplained: {
    title: "Reports are slow, and nothing says why",
    rule: "unexplained",
    outcome: "escalated",
    services,
    prepare(world) {
      queue(world, { waiting: 0, active: 2 });
      figures(world, { ...slow, secondsByAgent: even });
    },
  },
  calm: {
    title: "Reports get through in time again",
    rule: "calm",
    outcome: "all-clear",
    services,
    prepare: (world) => figures(world, quick),
  },
};
