import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type RedisServer, startRedis } from "#sandbox/backends/redis.ts";

/** A real Redis for one test file, in a temporary folder that goes with it. */
export async function redisForTests(): Promise<RedisServer> {
  const dir = mkdtempSync(path.join(tmpdir(), "csrd-test-redis-"));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    const server = await startRedis({ dir });
    return {
      ...server,
      stop: async () => {
        await server.stop();
        remove();
        process.off("exit", remove);
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}
