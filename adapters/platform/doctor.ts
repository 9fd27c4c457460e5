import { OpsError } from "#kit/errors.ts";
import type { Service } from "#kit/ports.ts";
import type { Outcome, ReadinessProbe } from "#kit/readiness.ts";
import type { PortsUsed } from "#kit/uses.ts";
import { agentNames, redisPrefixes, reportQueue } from "#platform/contract.ts";
import type { PlatformBinding } from "#platform/probe/binding.ts";
import { cacheReader } from "./cache.ts";
import { type As, placesOf } from "./places.ts";
import { seenBy } from "./seen.ts";

const queuePorts = { read: ["queue", "switches"], act: ["queueAdmin", "switchAdmin"] } as const;

/** Whether the platform's queue and switches can be looked at and operated; nothing is changed. */
export function platformProbes(
  binding: PlatformBinding,
  uses: PortsUsed,
  { environment, services }: { readonly environment: string; readonly services: readonly Service[] },
): readonly ReadinessProbe[] {
  const used = {
    read: queuePorts.read.some((port) => uses.readers.has(port)),
    act: queuePorts.act.some((port) => uses.operators.has(port)),
  };
  const needs = (as: As) => ({ ports: queuePorts[as] });
  const both = (as: As): readonly ReadinessProbe[] => [
    {
      id: `platform.database.${as}`,
      what: `Platform's queue and switches, ${as === "read" ? "looking" : "acting"}`,
      needs: needs(as),
      look: () => databaseRights(binding, as, environment),
    },
    {
      id: `platform.redis.${as}`,
      what: `Platform's Redis, ${as === "read" ? "looking" : "acting"}`,
      needs: needs(as),
      look: () => redisRights(binding, as, environment),
    },
  ];
  return [
    ...(used.read ? both("read") : []),
    ...(used.act ? both("act") : []),
    ...(uses.readers.has("cache")
      ? [
          {
            id: "platform.cache",
            what: "Platform's Redis, how it is",
            needs: { ports: ["cache"] },
            look: () => howItIs(binding),
          },
        ]
      : []),
    ...(uses.readers.has("switches")
      ? [
          {
            id: "platform.processes",
            what: "Platform's processes, what they obey",
            needs: { ports: ["switches"] },
            look: () => answering(binding, services),
          },
        ]
      : []),
  ];
}

/** What each role needs to be allowed, asked of the server's own privilege functions. */
const wanted: Readonly<Record<As, readonly (readonly [string, string])[]>> = {
  read: [
    ["reports", "select"],
    ["dead_letters", "select"],
    ["queue_control", "select"],
    ["switches", "select"],
    ["running_versions", "select"],
  ],
  act: [
    ["reports", "update"],
    ["report_events", "insert"],
    ["dead_letters", "update"],
    ["queue_control", "update"],
    ["switches", "insert"],
    ["switches", "update"],
  ],
};

async function databaseRights(binding: PlatformBinding, as: As, environment: string): Promise<Outcome> {
  const now = `Let the owner of the platform's tables run what this prints: ops permissions --env ${environment} --part platform-database`;
  return placesOf(binding, as).database(async (database) => {
    const { rows } = await database.query<{ name: string; lacks: readonly string[] }>(
      `select current_user as name, array(
         select lower(wanted.may || ' on ' || wanted.what) from unnest($1::text[], $2::text[]) as wanted (what, may)
          where to_regclass('public.' || wanted.what) is null or not has_table_privilege('public.' || wanted.what, wanted.may)) as lacks`,
      [wanted[as].map(([what]) => what), wanted[as].map(([, may]) => may)],
    );
    const [who] = rows;
    if (who === undefined) return { state: "unknown", says: "gave no answer" };
    return who.lacks.length === 0
      ? { state: "ready", says: `as ${who.name}, with the rights it needs` }
      : { state: "not-ready", says: `${who.name} may not ${who.lacks.join(", ")}`, now };
  });
}

async function redisRights(binding: PlatformBinding, as: As, environment: string): Promise<Outcome> {
  const now = `Let an administrator of Redis type what this prints: ops permissions --env ${environment} --part platform-redis`;
  try {
    return await placesOf(binding, as).redis(async (redis): Promise<Outcome> => {
      await redis.hgetall(`${redisPrefixes.switches}state`);
      await redis.hget(`${redisPrefixes.queue}${reportQueue.name}:meta`, "concurrency");
      try {
        await redis.config("GET", "maxmemory-policy");
      } catch {
        return { state: "ready", says: "its user has the rights it needs" };
      }
      return { state: "warning", says: "its user may do everything, also empty the queue", now };
    });
  } catch (error) {
    if (OpsError.is(error) && error.code === "tool-refused")
      return { state: "not-ready", says: error.summary, now };
    throw error;
  }
}

async function howItIs(binding: PlatformBinding): Promise<Outcome> {
  const look = await cacheReader(binding).look();
  if (look.kind === "silent") return { state: "unknown", says: `did not answer: ${look.reason}` };
  if (look.eviction !== "noeviction")
    return {
      state: "warning",
      says: `Redis ${look.version} may drop reports that wait (${look.eviction})`,
      now: "Set maxmemory-policy noeviction on the Redis that holds the queue",
    };
  return { state: "ready", says: `Redis ${look.version}, ${look.eviction}` };
}

async function answering(binding: PlatformBinding, services: readonly Service[]): Promise<Outcome> {
  const meant = services.filter(
    ({ name }) => name === "worker" || agentNames.some((agent) => agent === name),
  );
  if (meant.length === 0)
    return {
      state: "not-ready",
      says: "the environment's file names neither the worker nor an agent",
      now: "Name them under services, so that it can be seen that a kill switch took effect",
    };
  const seen = await seenBy(binding, meant);
  const silent = meant.filter(({ name }) => !seen.some(({ process }) => process.split(" ")[0] === name));
  return silent.length === 0
    ? { state: "ready", says: `${seen.length} processes say what is off for them` }
    : {
        state: "warning",
        says: `no word from ${silent.map(({ name }) => name).join(", ")}`,
        now: "Look whether their url leads to them from here, and whether they ask for bindings.platform.probeToken",
      };
}
