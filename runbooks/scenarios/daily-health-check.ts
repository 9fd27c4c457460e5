import type { Scenarios } from "./scenario.ts";
import { green, type World } from "./world.ts";

const quiet = () => undefined;

const manyErrors = (world: World, count: number) => {
  if (world.logs === "unknown") return;
  for (let line = 0; line < count; line += 1)
    world.logs.push({
      at: "2026-11-21T01:00:00.000Z",
      level: "ERROR",
      source: "api-1",
      message: `report ${line} failed`,
    });
};

/** What a morning can bring: each row of the decision table, and what platform-down makes of it. */
export const dailyHealthCheck: Scenarios = {
  "all-well": {
    title: "The night was quiet",
    rule: "well",
    outcome: "all-clear",
    prepare: quiet,
  },
  "a-few-errors": {
    title: "The logs hold a few errors, as on every day",
    rule: "well",
    outcome: "all-clear",
    prepare: (world) => manyErrors(world, 5),
  },
  "down-since-the-night": {
    title: "The platform has been down since the night and nobody noticed",
    rule: "not-serving",
    outcome: "handed-over",
    prepare(world) {
      for (const machine of world.machines) machine.mood = "dead";
    },
  },
  "one-gone": {
    title: "One of two processes is gone; users notice little",
    rule: "not-serving",
    outcome: "handed-over",
    prepare(world) {
      const [first] = world.machines;
      if (first !== undefined) first.mood = "dead";
    },
  },
  "not-registered": {
    title: "One instance answers, and the load balancer does not know the other",
    rule: "missing-targets",
    outcome: "escalated",
    prepare(world) {
      world.weights.splice(0, 2, { group: green, weight: 100 });
      world.versions.set(green, ["healthy"]);
    },
  },
  "balancer-behind": {
    title: "An instance fails its status check and still takes traffic",
    rule: "instance-impaired",
    outcome: "escalated",
    prepare(world) {
      const [first] = world.machines;
      if (first !== undefined) first.mood = "unnoticed";
    },
  },
  "a-bad-night": {
    title: "It works, and the night's logs are full of errors",
    rule: "many-errors",
    outcome: "escalated",
    prepare: (world) => manyErrors(world, 60),
  },
  "logs-away": {
    title: "The logs cannot be read",
    rule: "logs-unread",
    outcome: "escalated",
    prepare(world) {
      world.logs = "unknown";
    },
  },
};
