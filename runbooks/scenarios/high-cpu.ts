import type { Host } from "#kit/ports/hosts.ts";
import type { Scenarios } from "./scenario.ts";
import { deployed } from "./worlds/deploys.ts";
import { runService } from "./worlds/workloads.ts";
import { innerServices, type World } from "./world.ts";

/** A unit of one core of which so much is used, by one process. */
function takes(cores: number): Partial<Host> {
  return {
    cpu: { used: cores, limit: 1 },
    processes: [
      {
        pid: 4_711,
        command: "node",
        rssBytes: 300 * 1024 ** 2,
        cpus: Math.round(cores * 90) / 100,
        ageSeconds: 40_000,
      },
    ],
  };
}

function reports(world: World, active: number): void {
  if (world.queue.look !== "silent") Object.assign(world.queue.look, { active, waiting: active * 10 });
}

const services = innerServices;

/** What can be behind a busy unit: each row of the decision table. */
export const highCpu: Scenarios = {
  "one-spins": {
    title: "One of two workers spins while the other is calm",
    rule: "spinning",
    outcome: "solved",
    services,
    prepare(world) {
      runService(world, "worker", 2);
      world.hosts.set("u-worker-2", takes(0.99));
    },
  },
  "busy-and-idle": {
    title: "The only calculator is busy, and no report is in hand",
    rule: "spinning",
    outcome: "solved",
    services,
    prepare(world) {
      reports(world, 0);
      world.hosts.set("u-calculator-1", takes(1));
    },
  },
  season: {
    title: "Every worker is busy with reports, and there is room for one more",
    rule: "load",
    outcome: "solved",
    services,
    prepare(world) {
      reports(world, 10);
      runService(world, "worker", 2);
      const { services: all } = world.workloads;
      for (const unit of ["u-worker-1", "u-worker-2"])
        world.hosts.set(unit, () => takes(all !== "silent" && all.get("worker")?.desired === 2 ? 0.95 : 0.6));
    },
  },
  "season-and-full": {
    title: "The only reporting agent is busy, and an autoscaler keeps its number",
    rule: "reports",
    outcome: "solved",
    services,
    prepare(world) {
      reports(world, 10);
      runService(world, "reporting", 1, { scaledBy: "hpa/csrd-reporting" });
      const { queue } = world;
      world.hosts.set("u-reporting-1", () =>
        takes(queue.look !== "silent" && queue.look.concurrency > 5 ? 0.97 : 0.5),
      );
    },
  },
  "nothing-left": {
    title: "Both API instances are busy, and there are no others",
    rule: "busy",
    outcome: "escalated",
    prepare(world) {
      for (const { id } of world.machines) world.hosts.set(id, takes(0.96));
    },
  },
  "no-room": {
    title: "The only worker spins with nothing to do, and there may be no second",
    rule: "no-room",
    outcome: "escalated",
    services,
    prepare(world) {
      reports(world, 0);
      runService(world, "worker", 1, { most: 1 });
      world.hosts.set("u-worker-1", takes(1));
    },
  },
  "fresh-deploy": {
    title: "Both API instances are busy since the deploy of twelve minutes ago",
    rule: "fresh-deploy",
    outcome: "handed-over",
    prepare(world) {
      for (const { id } of world.machines) world.hosts.set(id, takes(0.99));
      deployed(world, 12);
    },
  },
  "not-all-seen": {
    title: "One instance does not answer, the others are calm",
    rule: "not-all-seen",
    outcome: "escalated",
    prepare: (world) => void world.hosts.set("i-0a2", "silent"),
  },
  "nothing-seen": {
    title: "Nobody answers on any machine",
    rule: "nothing-seen",
    outcome: "escalated",
    prepare(world) {
      for (const { id } of world.machines) world.hosts.set(id, "silent");
    },
  },
  calm: {
    title: "It is over",
    rule: "calm",
    outcome: "all-clear",
    services,
    prepare: () => undefined,
  },
};
