import type { Redis, RedisOptions } from "ioredis";

/** What every connection to Redis is told: where, under which name `CLIENT LIST` shows it, and who hears of its failures. */
export type RedisConnection = {
  readonly url: string;
  readonly name: string;
  readonly onError: (error: Error) => void;
};

/** Reconnects for as long as the process lives, at most two seconds apart. */
const retryStrategy = (times: number): number => Math.min(2_000, 50 * times);

/**
 * The one place where the platform connects to Redis. For commands that fail at once rather than wait for Redis to come back:
 * connecting takes at most 3 s, a command `commandTimeout` ms (5 s), and nothing is kept for later while the connection is gone.
 * TLS is the address's scheme: `rediss://` checks the server's certificate and name against the system's authorities (and NODE_EXTRA_CA_CERTS).
 */
export async function openRedis(
  { url, name, onError }: RedisConnection,
  commandTimeout = 5_000,
): Promise<Redis> {
  return open(url, onError, {
    connectionName: name,
    connectTimeout: 3_000,
    commandTimeout,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    retryStrategy,
  });
}

/** For one who waits by trade (a worker's blocking pop, a subscriber): it waits through an outage and goes on afterwards. */
export async function openWaitingRedis({ url, name, onError }: RedisConnection): Promise<Redis> {
  return open(url, onError, {
    connectionName: name,
    connectTimeout: 3_000,
    maxRetriesPerRequest: null,
    retryStrategy,
  });
}

async function open(
  url: string,
  onError: RedisConnection["onError"],
  options: Omit<RedisOptions, "replyMapping">,
): Promise<Redis> {
  const { Redis } = await import("ioredis");
  // Who asks is told by the connection's name; CLIENT SETINFO is unknown to Redis 7.0, and so is a right to it.
  const redis = new Redis(url, { ...options, disableClientInfo: true });
  // A connection that is lost is opened again; without a listener it would end the process.
  redis.on("error", onError);
  return redis;
}
