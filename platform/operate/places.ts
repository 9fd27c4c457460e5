import type { Redis } from "ioredis";
import { isCodedError } from "#kit/errors.ts";
import { CsrdError } from "../errors.ts";
import { messageOf } from "../service/error-facts.ts";
import {
  type Database,
  isUnreachable,
  openDatabase,
  storageRefused,
  storageUnreachable,
} from "../storage/database.ts";

/** Where a place is, and under which name it sees who asks. */
export type Place = { readonly url: string; readonly name: string };

/** Runs an operator's work on the platform's database. Throws `storage-unreachable` and `storage-refused`. */
export async function onDatabase<T>(
  { url, name }: Place,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = openDatabase({ url, name, most: 4, onError: () => undefined });
  try {
    return await work(database);
  } catch (error) {
    if (isCodedError(error)) throw error;
    if (isUnreachable(error)) throw storageUnreachable(error);
    // A refusal of the database has its five characters; anything else is a defect and is told as one.
    throw isRefusal(error) ? storageRefused(error) : error;
  } finally {
    await database.end();
  }
}

/** Runs an operator's work on the queue's Redis, which must answer within seconds. Throws `queue-unreachable`. */
export async function onRedis<T>({ url, name }: Place, work: (redis: Redis) => Promise<T>): Promise<T> {
  const { openRedis } = await import("../service/redis.ts");
  const redis = await openRedis({ url, name, onError: () => undefined }, 3_000);
  try {
    await ready(redis);
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^[0-9A-Z]{5}$/.test(String(error.code));
}

async function ready(redis: Redis): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  try {
    await Promise.race([
      redis.status === "ready"
        ? undefined
        : new Promise<void>((resolve, reject) => {
            redis.once("ready", resolve);
            redis.once("error", reject);
          }),
      new Promise((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error("no answer within 4 s")), 4_000);
      }),
    ]);
  } catch (cause) {
    redis.disconnect();
    throw new CsrdError("queue-unreachable", {
      summary: `Redis did not answer (${messageOf(cause)}).`,
      hint: "Check that Redis runs and that CSRD_REDIS_URL leads to it from here.",
      cause,
    });
  } finally {
    clearTimeout(timer);
  }
}
