import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Redis } from "ioredis";
import { type RedisServer, startRedis } from "#sandbox/backends/redis.ts";

/**
 * A real Redis for one test file, in a temporary folder that goes with it. The platform runs as the user that it is to run as in production;
 * when it asked for something that this user may not do, stopping fails and says what, so that every test of the platform tests its rights too.
 */
export async function redisForTests(): Promise<RedisServer> {
  const dir = mkdtempSync(path.join(tmpdir(), "csrd-test-redis-"));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    const server = await startRedis({ dir });
    return {
      ...server,
      stop: async () => {
        const refused = server.alive() ? await refusedCommands(server.adminUrl) : [];
        await server.stop();
        remove();
        process.off("exit", remove);
        if (refused.length > 0)
          throw new Error(
            `Redis refused the platform's user (platform/service/redis-acl.ts): ${refused.join("; ")}`,
          );
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** What the platform's user was refused since the server started or the log was reset. */
export async function refusedCommands(adminUrl: string): Promise<readonly string[]> {
  const admin = new Redis(adminUrl, { retryStrategy: () => null, commandTimeout: 5_000 });
  admin.on("error", () => undefined);
  try {
    const entries = (await admin.call("ACL", "LOG", "100")) as readonly (readonly unknown[])[];
    return entries.flatMap((entry) => {
      const facts = new Map(entry.map((word, index) => [String(word), String(entry[index + 1])] as const));
      const isPlatform = facts.get("username") === "csrd" && facts.get("reason") !== "auth";
      return isPlatform ? [`${facts.get("reason")} ${facts.get("object")} (${facts.get("context")})`] : [];
    });
  } catch {
    return [];
  } finally {
    admin.disconnect();
  }
}
