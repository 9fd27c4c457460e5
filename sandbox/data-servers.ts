import path from "node:path";
import type { PostgresServer } from "./backends/postgres.ts";
import { type RedisServer, startRedis } from "./backends/redis.ts";
import { type DatabaseMachines, startDatabaseMachines } from "./database-machines.ts";
import { type DatabaseRoles, databaseRoles } from "./database-roles.ts";
import { type LeakedSessions, leakSessions } from "./leaked-sessions.ts";
import { type Progress, timed } from "./progress.ts";

/** The practice production's real PostgreSQL and real Redis. */
export type DataServers = {
  /** The server that the platform's address leads to now. */
  postgres(): PostgresServer;
  /** The machines under it, and the address; \`roles\` go by the address. */
  readonly machines: DatabaseMachines;
  /** As whom the platform, and those who look after it, go to the database. */
  readonly roles: DatabaseRoles;
  redis(): RedisServer;
  /** Leaves every connection that the platform may have in the middle of somebody's transaction. */
  leak(): Promise<void>;
  /** Ends what was leaked, and starts again, with its data and on its port, whichever of the two is gone. */
  revive(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts both at once; when one does not start, the other is stopped again. */
export async function startDataServers(
  dir: string,
  progress: Progress,
  withStandby = false,
): Promise<DataServers> {
  const redisDir = path.join(dir, "redis");
  const [first, second] = await Promise.allSettled([
    timed(startDatabaseMachines(dir, withStandby), ({ port }, ms) =>
      progress("PostgreSQL", `127.0.0.1:${port}${withStandby ? ", with a standby" : ""}`, ms),
    ),
    timed(startRedis({ dir: redisDir }), ({ port }, ms) =>
      progress("Redis", `127.0.0.1:${port}, append-only, no eviction`, ms),
    ),
  ]);
  if (first.status === "rejected") {
    if (second.status === "fulfilled") await second.value.stop();
    throw first.reason;
  }
  if (second.status === "rejected") {
    await first.value.stop();
    throw second.reason;
  }
  const machines = first.value;
  let redis = second.value;
  const roles = await databaseRoles({ url: machines.primary().url, port: machines.port });
  let leaked: LeakedSessions | undefined;
  return {
    postgres: () => machines.primary(),
    machines,
    roles,
    redis: () => redis,
    leak: async () => void (leaked ??= await leakSessions(roles.platform, machines.primary().url)),
    revive: async () => {
      await leaked?.end();
      leaked = undefined;
      await machines.revive();
      if (!redis.alive()) redis = await startRedis({ dir: redisDir, port: redis.port });
    },
    stop: async () => {
      await leaked?.end();
      await Promise.all([machines.stop(), redis.stop()]);
    },
  };
}
