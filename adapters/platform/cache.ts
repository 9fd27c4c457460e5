import type { Redis } from "ioredis";
import { OpsError } from "#kit/errors.ts";
import type { CacheFacts, CacheReader } from "#kit/ports/cache.ts";
import type { PlatformBinding } from "#platform/probe/binding.ts";
import { plainText } from "../foreign-text.ts";
import { addressOf } from "./places.ts";

const patienceMs = 3_000;

/**
 * The platform's Redis as it describes itself: INFO and nothing else. No KEYS, no MONITOR, no SLOWLOG: they block it, or show what is
 * kept there (defect 23 of the manuals).
 */
export function cacheReader(binding: PlatformBinding): CacheReader {
  return {
    async look() {
      const url = await addressOf(binding, "redis", "read");
      const { Redis } = await import("ioredis");
      const redis = new Redis(url, {
        connectionName: "csrd-ops look",
        connectTimeout: patienceMs,
        commandTimeout: patienceMs,
        lazyConnect: true,
        maxRetriesPerRequest: 0,
        retryStrategy: () => null,
        // A server that still loads its file is to say so, not to be waited for.
        enableReadyCheck: false,
        disableClientInfo: true,
      });
      let heard: unknown;
      redis.on("error", (error) => (heard ??= error));
      try {
        const began = performance.now();
        const info = await within(infoOf(redis));
        return factsOf(info, Math.round(performance.now() - began));
      } catch (error) {
        const said = textOf(heard ?? error);
        if (!/WRONGPASS|NOAUTH|NOPERM/.test(said)) return { kind: "silent", reason: plainText(said, 120) };
        throw new OpsError("tool-refused", {
          summary: `The platform's Redis refused: ${plainText(said, 160)}.`,
          hint: "Compare the rights of bindings.platform.redis.read with what this prints: ops permissions --part platform-redis",
        });
      } finally {
        redis.disconnect();
      }
    },
  };
}

async function infoOf(redis: Redis): Promise<string> {
  await redis.connect();
  return redis.info();
}

async function within<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${patienceMs / 1000} s`)), patienceMs);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

function factsOf(info: string, tookMs: number): CacheFacts {
  const fields = new Map(
    info.split(/\r?\n/).flatMap((line) => {
      const at = line.indexOf(":");
      return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
    }),
  );
  const number = (name: string) => Number(fields.get(name) ?? 0);
  const most = number("maxmemory");
  const appendOnly = fields.get("aof_enabled") === "1";
  return {
    kind: "answers",
    tookMs,
    version: plainText(fields.get("redis_version") ?? "", 20),
    upSeconds: number("uptime_in_seconds"),
    role: fields.get("role") === "slave" ? "replica" : "primary",
    loading: fields.get("loading") === "1",
    usedBytes: number("used_memory"),
    mostBytes: most > 0 ? most : undefined,
    eviction: plainText(fields.get("maxmemory_policy") ?? "", 30),
    appendOnly,
    persists:
      fields.get("rdb_last_bgsave_status") !== "err" &&
      (!appendOnly ||
        (fields.get("aof_last_write_status") !== "err" && fields.get("aof_last_bgrewrite_status") !== "err")),
    clients: number("connected_clients"),
  };
}

function textOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return textOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
