import type { Redis } from "ioredis";
import { isCodedError, OpsError } from "#kit/errors.ts";
import { onDatabase, onRedis } from "#platform/operate/places.ts";
import type { SwitchPlaces } from "#platform/operate/switches.ts";
import type { PlatformBinding } from "#platform/probe/binding.ts";
import type { Database } from "#platform/storage/database.ts";
import { openReportQueue, type ReportQueue } from "#platform/work/report-queue.ts";
import { plainText } from "../foreign-text.ts";
import { readSecret } from "../secret.ts";

/** With which of the binding's two addresses a place is reached. */
export type As = "read" | "act";

/** The name by which database and Redis see this tool. */
const name = "csrd-ops queue";

/** The platform's database and its Redis, each opened for one piece of work; every error that leaves is one of ours. */
export type Places = SwitchPlaces & {
  /** Both at once; neither is touched before both have answered. */
  readonly both: <T>(
    work: (places: {
      readonly database: Database;
      readonly redis: Redis;
      readonly queue: ReportQueue;
    }) => Promise<T>,
  ) => Promise<T>;
};

/** The places of an environment, with the addresses that look or those that act. */
export function placesOf(binding: PlatformBinding, as: As): Places {
  const database: Places["database"] = async (work) =>
    said("database", as, async () =>
      onDatabase({ url: await addressOf(binding, "database", as), name }, work),
    );
  const redis: Places["redis"] = async (work) =>
    said("redis", as, async () => onRedis({ url: await addressOf(binding, "redis", as), name }, work));
  return {
    database,
    redis,
    both: (work) =>
      database(async (opened) => {
        await opened.query("select 1");
        return redis(async (connection) => {
          const queue = openReportQueue(connection);
          try {
            return await work({ database: opened, redis: connection, queue });
          } finally {
            await queue.close();
          }
        });
      }),
  };
}

/** The address, password included; it goes to the driver and nowhere else. Throws `binding-missing`. */
export async function addressOf(
  binding: PlatformBinding,
  place: "database" | "redis",
  as: As,
): Promise<string> {
  const reference = binding[place]?.[as];
  if (reference !== undefined) return (await readSecret(reference)).reveal();
  throw new OpsError("binding-missing", {
    summary: `This environment's file does not say where the platform's ${place === "redis" ? "Redis" : "database"} is.`,
    hint: `Add bindings.platform.${place} with read and act to it; ops permissions --part platform-${place} prints the rights.`,
  });
}

/** The platform's own sentences are for its operators; here they name the environment's file instead of settings. */
async function said<T>(place: "database" | "redis", as: As, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw told(error, place, as);
  }
}

function told(error: unknown, place: "database" | "redis", as: As): unknown {
  if (OpsError.is(error)) return error;
  const text = error instanceof Error ? error.message : String(error);
  const what = place === "redis" ? "The platform's Redis" : "The platform's database";
  const setting = `bindings.platform.${place}.${as}`;
  const code = isCodedError(error) ? error.code : "";
  if (/NOPERM|WRONGPASS|NOAUTH/.test(text) || code === "storage-refused")
    return new OpsError("tool-refused", {
      summary: `${what} refused: ${plainText(causeOf(error), 200)}.`,
      hint: `Compare the rights of ${setting} with what this prints: ops permissions --part platform-${place}`,
    });
  if (code === "storage-unreachable" || code === "queue-unreachable" || isSilence(text))
    return new OpsError("tool-unreachable", {
      summary: `${what} did not answer (${plainText(causeOf(error), 120)}).`,
      hint: `Look whether it runs, and whether ${setting} leads to it from here.`,
    });
  if (isCodedError(error)) return new OpsError("tool-refused", { summary: error.summary, hint: error.hint });
  return error;
}

/** What the driver said, under the platform's sentence. */
function causeOf(error: unknown): string {
  const cause: unknown = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (cause instanceof AggregateError && cause.errors.length > 0) return String(cause.errors[0]);
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replace(/\.$/, "");
}

/** How ioredis says that it heard nothing. */
function isSilence(text: string): boolean {
  return /Command timed out|Connection is closed|max retries|ECONN|ETIMEDOUT|isn't writeable/i.test(text);
}
