import { messageOf } from "#platform/service/error-facts.ts";
import { openRedis } from "#platform/service/redis.ts";
import { redisAclLine } from "#platform/service/redis-acl.ts";
import type { Finding } from "./doctor-looks.ts";

/** The lines by which an administrator of Redis makes the platform's users; each is one command of `redis-cli`. */
export function redisAclLines(): readonly string[] {
  return [
    "# One Redis for everything:",
    redisAclLine("csrd", ["queue", "cache"]),
    "",
    "# Or two, with CSRD_REDIS_CACHE_URL for what may be lost:",
    redisAclLine("csrd-queue", ["queue"]),
    redisAclLine("csrd-cache", ["cache"]),
    "",
    "# In front of CSRD_REDIS_URL: redis://csrd:PASSWORD@host:6379 (database 0). Then: ACL SAVE, or CONFIG REWRITE.",
  ];
}

/** Whether the user in an address may do more than the platform needs; it asks for a setting and changes nothing. */
export async function redisRights(url: string): Promise<Omit<Finding, "what">> {
  const redis = await openRedis({ url, name: "csrd doctor", onError: () => undefined }, 2_000);
  try {
    await new Promise<void>((resolve, reject) => {
      redis.once("ready", resolve);
      redis.once("error", reject);
    });
    await redis.config("GET", "maxmemory-policy");
    return {
      state: "warn",
      says: "its user may do everything, also empty the queue",
      remedy: "Give the platform a user of its own: csrd doctor --redis-acl prints how.",
    };
  } catch (error) {
    const said = messageOf(error);
    if (said.startsWith("NOPERM")) return { state: "ok", says: "its user may do what the platform needs" };
    return {
      state: "warn",
      says: `not known: ${said}`,
      remedy: "Check user and password in CSRD_REDIS_URL.",
    };
  } finally {
    redis.disconnect();
  }
}
