import type { Host } from "#kit/ports/hosts.ts";
import type { Scenarios } from "./scenario.ts";
import { deployed } from "./worlds/deploys.ts";
import { runService } from "./worlds/workloads.ts";
import { innerServices, type World } from "./world.ts";

const mib = 1024 ** 2;
const limitBytes = 2_048 * mib;

/** A unit of two GiB with so much of it used, by one process. */
function holds(megabytes: number): Partial<Host> {
  const usedBytes = Math.min(megabytes * mib, limitBytes);
  const processes = [
    { pid: 4_711, command: "node", rssBytes: usedBytes - 100 * mib, cpus: 0.4, ageSeconds: 40_000 },
  ];
  return { memory: { usedBytes, limitBytes }, processes };
}

/** A unit that is nearly full and grows by two MiB a minute. */
function leaks(world: World, unit: string, megabytes = 1_990): void {
  const from = world.clock.now().getTime();
  world.hosts.set(unit, (at) => holds(megabytes + ((at.getTime() - from) / 60_000) * 2));
}

const services = innerServices;

/** What can be behind a full unit: each row of the decision table. */
export const highMemory: Scenarios = {
  "one-leaks": {
    title: "One of two workers leaks; nothing waits",
    rule: "full",
    outcome: "solved",
    services,
    prepare(world) {
      runService(world, "worker", 2);
      leaks(world, "u-worker-1");
    },
  },
  "only-one-leaks": {
    title: "The only calculator leaks, so a second one stands in while it is restarted",
    rule: "full",
    outcome: "solved",
    services,
    prepare: (world) => leaks(world, "u-calculator-1"),
  },
  "too-many-reports": {
    title: "The worker is full because many reports are worked on at once",
    rule: "reports",
    outcome: "solved",
    services,
    prepare(world) {
      const { queue } = world;
      if (queue.look !== "silent") Object.assign(queue.look, { active: 10, waiting: 400 });
      world.hosts.set("u-worker-1", () =>
        holds(queue.look !== "silent" && queue.look.concurrency > 5 ? 2_000 : 1_200),
      );
    },
  },
  "fewer-did-not-help": {
    title: "Fewer reports at once do not help: the worker leaks, and is restarted in a second round",
    rule: "full",
    outcome: "solved",
    services,
    prepare(world) {
      if (world.queue.look !== "silent") Object.assign(world.queue.look, { active: 10, waiting: 400 });
      runService(world, "worker", 2);
      leaks(world, "u-worker-2");
    },
  },
  "all-full": {
    title: "Both reporting agents are full, and there is room for a third",
    rule: "crowded",
    outcome: "solved",
    services,
    prepare(world) {
      runService(world, "reporting", 2);
      const { services: all } = world.workloads;
      for (const unit of ["u-reporting-1", "u-reporting-2"])
        world.hosts.set(unit, () =>
          holds(all !== "silent" && all.get("reporting")?.desired === 2 ? 2_000 : 1_300),
        );
    },
  },
  "no-room": {
    title: "The only worker is full, and an autoscaler keeps its number",
    rule: "no-room",
    outcome: "escalated",
    services,
    prepare(world) {
      runService(world, "worker", 1, { scaledBy: "hpa/csrd-worker" });
      leaks(world, "u-worker-1");
    },
  },
  "fresh-deploy": {
    title: "Both API instances are full since the deploy of twelve minutes ago",
    rule: "fresh-deploy",
    outcome: "handed-over",
    prepare(world) {
      for (const { id } of world.machines) leaks(world, id);
      deployed(world, 12);
    },
  },
  filling: {
    title: "One API instance is filling: 84 %, and full within the hour",
    rule: "filling",
    outcome: "escalated",
    prepare(world) {
      world.hosts.set("i-0a2", holds(1_720));
      world.metrics.set("predict_linear(process_resident_memory_bytes[30m], 3600)", [
        { labels: { instance: "api-2" }, value: 2_100 * mib },
      ]);
    },
  },
  "not-all-seen": {
    title: "One instance does not answer, the others have memory left",
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
