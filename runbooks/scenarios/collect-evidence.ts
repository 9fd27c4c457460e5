import type { Scenarios } from "./scenario.ts";
import { innerServices, type World } from "./world.ts";
import { calmQueue } from "./worlds/queue.ts";
import { fakeUnit, fakeWorkload } from "./worlds/workloads.ts";

const services = innerServices;

const dead = (world: World) => {
  for (const machine of world.machines) machine.mood = "dead";
};

/** What the first look of an incident can find. */
export const collectEvidence: Scenarios = {
  "all-well": {
    title: "Somebody thinks that something is wrong, and nothing is",
    rule: "calm",
    outcome: "all-clear",
    services,
    prepare: () => undefined,
  },
  "users-get-503": {
    title: "No instance of the API takes traffic",
    rule: "something-bad",
    outcome: "escalated",
    services,
    prepare: dead,
  },
  "half-dark": {
    title: "The API is down, and neither what runs the units nor the queue answers",
    rule: "something-bad",
    outcome: "escalated",
    services,
    prepare(world) {
      dead(world);
      world.workloads.services = "silent";
      world.queue.look = "silent";
    },
  },
  "one-host-silent": {
    title: "The worker's machine does not answer; everything else does",
    rule: "parts-unknown",
    outcome: "escalated",
    services,
    prepare(world) {
      world.hosts.set("u-worker-1", "silent");
    },
  },
  "logs-away": {
    title: "All looks well, and the logs cannot be read",
    rule: "parts-unknown",
    outcome: "escalated",
    services,
    prepare(world) {
      world.logs = "unknown";
    },
  },
  "switched-off": {
    title: "An agent was switched off in the night, and nobody told",
    rule: "something-bad",
    outcome: "escalated",
    services,
    prepare(world) {
      world.switches.switches = [
        {
          scope: "calculator",
          off: true,
          reason: "wrong factors",
          by: "omar",
          since: "2026-11-21T01:00:00.000Z",
        },
      ];
    },
  },
  "redis-away": {
    title: "Redis is silent, and reports have waited for it since",
    rule: "something-bad",
    outcome: "escalated",
    services,
    prepare(world) {
      world.cache.look = { silent: "connection refused" };
      world.queue.look = { ...calmQueue, waiting: 12, oldestSeconds: 2_400 };
    },
  },
  "unit-crashes": {
    title: "An agent's unit ends again and again, and an alarm sounds that nobody asked about",
    rule: "something-bad",
    outcome: "escalated",
    services,
    prepare(world) {
      if (world.workloads.services !== "silent")
        world.workloads.services.set(
          "intake",
          fakeWorkload("intake", 1, {
            units: [
              fakeUnit("intake-1", {
                ready: false,
                state: "failed",
                reason: "CrashLoopBackOff",
                restarts: 9,
              }),
            ],
          }),
        );
      world.metrics.set('ALERTS{alertstate="firing"}', [
        { labels: { alertname: "CSRDSlowReports", alertstate: "firing" }, value: 1 },
        { labels: { alertname: "CSRDLowDataQuality", alertstate: "firing" }, value: 1 },
      ]);
    },
  },
  "cut-off": {
    title: "Next to nothing answers from here",
    rule: "mostly-silent",
    outcome: "escalated",
    services,
    prepare(world) {
      world.cutOff = true;
      world.logs = "unknown";
      world.deploys = "unknown";
      world.database = "silent";
      world.workloads.services = "silent";
      world.queue.look = "silent";
      world.switches.switches = "silent";
    },
  },
};
