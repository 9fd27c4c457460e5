import { z } from "zod";
import { allClear, defineRunbook, escalate, eventually, plan } from "#kit";
import { formatMs } from "#kit/duration.ts";
import { headingWith } from "#kit/manual.ts";
import type { HttpAnswer, Inventory } from "#kit/ports.ts";
import type { CacheLook } from "#kit/ports/cache.ts";
import type { QueueLook } from "#kit/ports/queue.ts";
import type { Workload } from "#kit/ports/workloads.ts";
import { csrdRedisDown } from "#alerts/cache.ts";
import { cache } from "#checks/cache.ts";
import { queue } from "#checks/queue.ts";
import { judgeCache, memoryText } from "#rules/cache.ts";
import { serviceParam } from "./actions/service-param.ts";
import { restartUnit } from "./actions/units.ts";
import { outside } from "./probes/outside.ts";

/** Name that an environment's file usually has for it; one that is asked for by another name has to be there. */
const usual = "redis";

/**
 * Brings the platform's Redis back, or says what keeps it from its work. It is never emptied: it holds the queue and the switches, not a cache
 * alone, and the worker rebuilds from the database what it has forgotten.
 * Source: csrd-production-runbook "Severity Levels", P2 "cache down", and "Cache Operations", whose FLUSHALL deletes customers' reports.
 */
export const redisDown = defineRunbook({
  id: "redis-down",
  title: "Redis is down",
  summary:
    "Redis does not answer, or takes no writes: reports are accepted and wait. Restarts it where its machine is ours, proves that reports go on; never empties it.",
  severity: "P2",
  owner: "platform-oncall",
  implements: headingWith("PR/common-operations/cache-operations", [1, 2, 3]),
  symptoms: [
    "redis connection refused",
    "reports are accepted and wait",
    "queue-unreachable",
    "OOM command not allowed",
    "MISCONF Redis is configured to save",
    "LOADING Redis is loading the dataset",
    "READONLY You can't write against a read only replica",
    "cache down",
  ],
  trigger: [csrdRedisDown],
  params: {
    service: serviceParam
      .default(usual)
      .describe("Redis as the environment file names it among its services, where its machine is ours"),
  },
  lock: "queue",
  within: "30m",

  diagnose: {
    redis: {
      ask: "Does Redis answer, and how is it?",
      look: ({ cache }) => cache.look(),
      read(look: CacheLook) {
        if (look.kind === "silent") return { state: "bad", says: `no answer: ${look.reason}` };
        const state = judgeCache(look);
        return {
          state: state === "well" ? "fine" : "bad",
          says: `${state === "well" ? "" : `${state.replaceAll("-", " ")}: `}Redis ${look.version} up ${formatMs(look.upSeconds * 1_000)}, ${memoryText(look)}, ${look.eviction}${look.appendOnly ? "" : ", no append-only file"}`,
        };
      },
    },
    machine: {
      ask: "Is its machine ours, and does it run?",
      look: async ({ workloads, inventory, params }) =>
        params.service === usual && !isNamed(inventory, usual)
          ? undefined
          : workloads.describe(inventory.service(params.service)),
      read(workload: Workload | undefined) {
        if (workload === undefined)
          return { state: "note", says: "the environment's file names no such service" };
        const out = workload.units.filter(({ ready }) => !ready);
        return out.length === 0
          ? { state: "fine", says: `${workload.units.map(({ name }) => name).join(", ") || "no unit"} well` }
          : { state: "bad", says: out.map(({ name, state }) => `${name} ${state}, not ready`).join("; ") };
      },
    },
  },

  optional: {
    platform: {
      ...outside,
      ask: "Does the platform reach it?",
      read(answer: HttpAnswer) {
        const reaches = platformReaches(answer);
        return reaches === undefined
          ? { state: "note", says: "it does not say" }
          : { state: reaches ? "fine" : "bad", says: reaches ? "yes" : "no" };
      },
    },
    reports: {
      ask: "How many reports wait for it?",
      look: ({ queue }) => queue.look(),
      read: ({ waiting, active, oldestSeconds }: QueueLook) => ({
        state: waiting === 0 ? "fine" : "note",
        says: `${waiting} wait, the oldest for ${formatMs(oldestSeconds * 1_000)}; ${active} worked on`,
      }),
    },
  },

  rules: {
    loading: "it reads its file after a start: wait, it serves again by itself",
    replica: "it is a replica and takes no writes: a person finds the primary",
    "cannot-write": "it cannot write its file and so refuses writes: a person looks at its disk",
    full: "its memory is full and it refuses writes: a person gives it more, and empties nothing",
    evicts: "it may drop reports that wait: a person sets noeviction",
    well: "it answers and takes writes: all clear",
    elsewhere: "it is silent and its machine is not ours to restart: a person where it runs",
    "no-unit": "it is silent and no unit of it is there: a person finds out who took it away",
    "ours-alone": "the platform reaches it and we do not: a person looks at the way from here",
    gone: "it is silent, and so it is for the platform or its machine: restart it",
  },
  decide({ redis, machine, platform, reports }, { service }, { restart }) {
    const waits = reports.known
      ? `${reports.value.waiting} reports wait, and none is lost: the database has them`
      : "reports are accepted and wait, and none is lost: the database has them";
    if (redis.kind === "answers") {
      switch (judgeCache(redis)) {
        case "loading":
          return escalate({
            rule: "loading",
            because: `Redis reads its file since ${formatMs(redis.upSeconds * 1_000)} and serves when it has; look again in a minute, a restart would begin anew`,
          });
        case "replica":
          return escalate({
            rule: "replica",
            because: `what the address leads to is a replica, which takes no writes; find the primary and let CSRD_REDIS_URL lead there; ${waits}`,
          });
        case "cannot-write":
          return escalate({
            rule: "cannot-write",
            because: `Redis cannot write its file and refuses writes until it can; look at the disk of its machine (df -h, its log), make room there; ${waits}`,
          });
        case "full":
          return escalate({
            rule: "full",
            because: `Redis uses ${memoryText(redis)} and refuses writes; raise maxmemory where its machine has more, or give the cache a Redis of its own (CSRD_REDIS_CACHE_URL); never FLUSHALL, the queue and the switches are in it; ${waits}`,
          });
        case "evicts":
          return escalate({
            rule: "evicts",
            because: `Redis is set to ${redis.eviction}, which drops reports that wait when memory is short; set maxmemory-policy noeviction`,
          });
        case "well":
          return allClear({
            rule: "well",
            because: `Redis ${redis.version} answers in ${redis.tookMs} ms, takes writes and keeps them (${memoryText(redis)})`,
          });
      }
    }
    if (machine === undefined)
      return escalate({
        rule: "elsewhere",
        because: `Redis does not answer (${redis.reason}), and the environment's file names no service "${service}" that could be restarted; start it where it runs (systemctl start redis-server, or the provider's console) with its append-only file; ${waits}`,
      });
    const [unit] = machine.units.toSorted((a, b) => Number(a.ready) - Number(b.ready));
    if (unit === undefined)
      return escalate({
        rule: "no-unit",
        because: `Redis does not answer and ${service} has no unit, ${machine.desired} are meant to be there; find out who took it away, and bring its file back with it; ${waits}`,
      });
    const reached = platform.known ? platformReaches(platform.value) : undefined;
    if (unit.ready && reached !== false)
      return escalate({
        rule: "ours-alone",
        because: `Redis does not answer us (${redis.reason}), while ${unit.name} is well${reached === true ? " and the platform reaches it" : ""}; look at the address in bindings.platform.redis.read and the way from here`,
      });
    return plan(
      {
        rule: "gone",
        because: `Redis does not answer (${redis.reason})${unit.ready ? ", and the platform does not reach it either" : `, and ${unit.name} does not take work`}; ${waits}`,
        leavesAlone: ["its append-only file", "reports", "the queue", "the API and the workers"],
      },
      [
        restart({
          service,
          id: unit.id,
          name: unit.name,
          how: "forced",
          only: unit.ready ? "unreached" : "out-of-service",
        }),
      ],
    );
  },

  mitigate: { restart: restartUnit },

  vitals: [
    {
      label: "answers",
      look: async ({ cache }) => ({ value: (await cache.look()).kind === "answers" ? 1 : 0, of: 1 }),
    },
    { label: "waiting", look: async ({ queue }) => ({ value: (await queue.look()).waiting }) },
  ],

  verify: [
    eventually(cache, { within: "verify", steadyFor: "steady" }),
    eventually(queue, { within: "verify", steadyFor: "steady" }),
  ],
  afterwards: [
    "Find out why it ended: its log, the kernel's (out of memory?), its machine's disk",
    "The worker has put back from the database what Redis had forgotten: csrd queue status shows that nothing is missing",
    "A Redis of its own for the cache (CSRD_REDIS_CACHE_URL) keeps the queue out of harm's way",
  ],
});

/** `/readyz` says of each dependency whether it answers. */
const Ready = z.object({ checks: z.looseObject({ redis: z.string() }) });

/** Whether the platform reaches Redis, as its own probe says; undefined when it does not say. */
function platformReaches(answer: HttpAnswer): boolean | undefined {
  if (answer.kind === "silent") return undefined;
  try {
    return Ready.parse(JSON.parse(answer.body)).checks.redis === "ok";
  } catch {
    return undefined;
  }
}

function isNamed({ services }: Inventory, service: string): boolean {
  return services.some(({ name }) => name === service);
}
