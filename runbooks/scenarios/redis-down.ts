import type { Service } from "#kit/ports.ts";
import type { CacheFacts } from "#kit/ports/cache.ts";
import type { Scenarios } from "./scenario.ts";
import { calmCache } from "./worlds/cache.ts";
import { fakeUnit, runService } from "./worlds/workloads.ts";
import { innerServices, type World } from "./world.ts";

/** Redis as the environment's file names it, where its machine is ours. */
const redis: Service = {
  name: "redis",
  url: "redis://redis.csrd.internal:6379",
  instances: [],
  firewallGroups: [],
  floor: 1,
  workload: "csrd-redis",
};

const services = [...innerServices, redis];
const silent = { silent: "connect ECONNREFUSED 10.0.3.7:6379" } as const;

function runs(world: World, ...units: Parameters<typeof fakeUnit>[1][]): void {
  runService(world, "redis", 1, {
    units: units.map((more, index) => fakeUnit(`redis-${index + 1}`, more)),
  });
}

const is =
  (more: Partial<CacheFacts>) =>
  (world: World): void => {
    runs(world, {});
    world.cache.look = { ...calmCache, ...more };
  };

/** What can be the matter with Redis: each row of the decision table. */
export const redisDown: Scenarios = {
  gone: {
    title: "The process is gone, and its machine says so",
    rule: "gone",
    outcome: "solved",
    services,
    prepare(world) {
      runs(world, { ready: false, state: "failed" });
      world.cache.look = silent;
      world.cache.back = () =>
        world.workloads.services !== "silent" &&
        world.workloads.services.get("redis")?.units[0]?.ready === true;
      if (world.queue.look !== "silent") Object.assign(world.queue.look, { waiting: 14, active: 0 });
    },
  },
  elsewhere: {
    title: "It does not answer, and its machine is not ours",
    rule: "elsewhere",
    outcome: "escalated",
    services: innerServices,
    prepare: (world) => void (world.cache.look = silent),
  },
  "no-unit": {
    title: "It does not answer, and nothing runs it any more",
    rule: "no-unit",
    outcome: "escalated",
    services,
    prepare(world) {
      runs(world);
      world.cache.look = silent;
    },
  },
  "ours-alone": {
    title: "It does not answer us, and its machine is well",
    rule: "ours-alone",
    outcome: "escalated",
    services,
    prepare(world) {
      runs(world, {});
      world.cache.look = { silent: "no answer in 3 s" };
    },
  },
  loading: {
    title: "It reads its file after a restart",
    rule: "loading",
    outcome: "escalated",
    services,
    prepare: is({ loading: true, upSeconds: 12 }),
  },
  replica: {
    title: "The address leads to a replica",
    rule: "replica",
    outcome: "escalated",
    services,
    prepare: is({ role: "replica" }),
  },
  "disk-full": {
    title: "It cannot write its file",
    rule: "cannot-write",
    outcome: "escalated",
    services,
    prepare: is({ persists: false }),
  },
  "memory-full": {
    title: "Its memory is full",
    rule: "full",
    outcome: "escalated",
    services,
    prepare: is({ usedBytes: 15.9 * 1024 ** 3 }),
  },
  evicts: {
    title: "It may drop reports that wait",
    rule: "evicts",
    outcome: "escalated",
    services,
    prepare: is({ eviction: "allkeys-lru" }),
  },
  well: { title: "It is over", rule: "well", outcome: "all-clear", services, prepare: is({}) },
  "cloud-silent": {
    title: "It does not answer, and neither does whoever runs its machine",
    rule: "not-known",
    outcome: "escalated",
    services,
    prepare(world) {
      world.cache.look = silent;
      world.workloads.services = "silent";
    },
  },
};
