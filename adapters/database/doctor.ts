import type { Outcome, ReadinessProbe } from "#kit/readiness.ts";
import type { PortsUsed } from "#kit/uses.ts";
import { lookAtClock } from "../postgres/clock.ts";
import { type Database, openDatabase } from "../postgres/database.ts";
import { platformDatabase } from "../postgres/fault.ts";
import { parseDatabaseBinding } from "./binding.ts";
import { openPlatformDatabase } from "./reader.ts";

/** Whether the platform's database can be looked at and acted on; nothing is ended. */
export function databaseProbes(
  binding: unknown,
  uses: PortsUsed,
  environment: string,
): readonly ReadinessProbe[] {
  const look = (as: "read" | "act", work: (database: Database) => Promise<Outcome>) => async () => {
    const database = openPlatformDatabase(parseDatabaseBinding(binding), as);
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  };
  const now = `Let an administrator run what this prints: ops permissions --env ${environment} --part database`;
  return [
    ...(uses.readers.has("database")
      ? [
          {
            id: "database.read",
            what: "Platform's database, looking",
            needs: { ports: ["database"] },
            look: look("read", (database) => rights(database, ["pg_read_all_stats"], now)),
          },
          {
            id: "database.clock",
            what: "Platform's database, clock",
            needs: { ports: ["database"] },
            look: look("read", lookAtClock),
          },
        ]
      : []),
    ...(uses.readers.has("replication") ? serverProbes(binding) : []),
    ...(uses.operators.has("databaseAdmin")
      ? [
          {
            id: "database.act",
            what: "Platform's database, ending sessions",
            needs: { ports: ["databaseAdmin"] },
            look: look("act", (database) =>
              rights(database, ["pg_read_all_stats", "pg_signal_backend"], now),
            ),
          },
        ]
      : []),
  ];
}

/** Each server at its own address, and whether the acting role may promote it; a server that is switched off is news, not a fault. */
function serverProbes(binding: unknown): readonly ReadinessProbe[] {
  const { servers, tls, timeout } = parseDatabaseBinding(binding);
  return servers.map(({ name, act, instance }) => ({
    id: `database.server.${name}`,
    what: `Platform's database, ${name}`,
    needs: { ports: ["replication", "failover"] },
    async look() {
      const database = openDatabase({ url: act, tls, timeout }, platformDatabase("act"));
      try {
        const [row] = await database.transact("say what it allows", (ask) =>
          ask<{ standby: boolean; may: boolean }>(
            "select pg_is_in_recovery() as standby, has_function_privilege('pg_promote(boolean, integer)', 'execute') as may",
          ),
        );
        const is = row?.standby === true ? "a replica" : "the primary";
        if (row?.may !== true)
          return {
            state: "not-ready",
            says: `${is}; the acting role may not promote it`,
            now: "Let an administrator run what this prints: ops permissions --part database",
          };
        return instance === undefined
          ? {
              state: "ready",
              says: `${is}; nobody here can stop its machine, so nothing is promoted by itself`,
            }
          : { state: "ready", says: `${is}, on ${instance}; the acting role may promote it` };
      } finally {
        await database.close();
      }
    },
  }));
}

async function rights(database: Database, wanted: readonly string[], now: string): Promise<Outcome> {
  return database.transact("say what it allows", async (ask) => {
    const [who] = await ask<{
      name: string;
      version: string;
      administrator: boolean;
      lacks: readonly string[];
    }>(
      `select current_user as name, current_setting('server_version') as version,
         (select rolsuper from pg_roles where rolname = current_user) as administrator,
         array(select role from unnest($1::text[]) as role where not pg_has_role(current_user, role, 'usage')) as lacks`,
      [wanted],
    );
    if (who === undefined) return { state: "unknown", says: "gave no answer" };
    const as = `PostgreSQL ${who.version} as ${who.name}`;
    if (who.lacks.length > 0)
      return { state: "not-ready", says: `${as}: is no member of ${who.lacks.join(", ")}`, now };
    if (who.administrator)
      return { state: "ready", says: `${as}, an administrator, which is more than it needs` };
    return { state: "ready", says: `${as}, ${wanted.join(" and ")}` };
  });
}
