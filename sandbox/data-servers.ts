import path from "node:path";
import { type PostgresServer, startPostgres } from "./backends/postgres.ts";
import { type RedisServer, startRedis } from "./backends/redis.ts";
import { type DatabaseRoles, databaseRoles } from "./database-roles.ts";
import { type LeakedSessions, leakSessions } from "./leaked-sessions.ts";
import { type Progress, timed } from "./progress.ts";

/** The practice production's real PostgreSQL and real Redis. */
export type DataServers = {
  postgres(): PostgresServer;
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
export async function startDataServers(dir: string, progress: Progress): Promise<DataServers> {
  const postgresDir = path.join(dir, "postgres");
  const redisDir = path.join(dir, "redis");
  const [first, second] = await Promise.allSettled([
    timed(startPostgres({ dir: postgresDir }), ({ port }, ms) =>
      progress("PostgreSQL", `127.0.0.1:${port}`, ms),
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
  let [postgres, redis] = [first.value, second.value];
  const roles = await databaseRoles(postgres);
  let leaked: LeakedSessions | undefined;
  return {
    postgres: () => postgres,
    roles,
    redis: () => redis,
    leak: async () => void (leaked ??= await leakSessions(roles.platform, postgres.url)),
    revive: async () => {
      await leaked?.end();
      leaked = undefined;
      if (!postgres.alive()) postgres = await startPostgres({ dir: postgresDir, port: postgres.port });
      if (!redis.alive()) redis = await startRedis({ dir: redisDir, port: redis.port });
    },
    stop: async () => {
      await leaked?.end();
      await Promise.all([postgres.stop(), redis.stop()]);
    },
  };
}
