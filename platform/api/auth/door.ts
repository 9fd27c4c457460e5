import type { FastifyRequest } from "fastify";
import { Counter } from "prom-client";
import { metrics as names } from "../../contract.ts";
import type { GateParts } from "../../service/gate.ts";
import { openRedis } from "../../service/redis.ts";
import { oidcOf } from "../../service/settings/auth.ts";
import type { ServeSettings } from "../../service/settings.ts";
import type { Database } from "../../storage/database.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type { Caller } from "../caller.ts";
import { rateLimits } from "../rate-limits.ts";
import { admission } from "./admission.ts";
import { authenticator } from "./authenticate.ts";
import { keyUse } from "./key-use.ts";
import { tokenCheck } from "./oidc.ts";
import { refusedLogins } from "./refused-logins.ts";

/** Everything between a request and the routes of the API. */
export type Door = {
  readonly gate: GateParts;
  /** The caller that was let in with this request. */
  readonly callerOf: (request: FastifyRequest) => Caller;
  close(): Promise<void>;
};

/** Puts together who is let in: keys of the database and the configuration, tokens, and budgets that all processes share. */
export async function openDoor(
  settings: ServeSettings,
  parts: { readonly database: Database; readonly metrics: Metrics; readonly log: Log },
): Promise<Door> {
  const { database, metrics, log } = parts;
  const security = log.named("security");
  const quiet = (what: string) => (error: Error) => log.warning(what, { error_message: error.message });
  // A request waits for its budget a quarter of a second at most; after that this process counts for itself.
  const redis = await openRedis(
    {
      url: settings.CSRD_REDIS_CACHE_URL ?? settings.CSRD_REDIS_URL,
      name: `csrd-api-limits/${settings.CSRD_INSTANCE}`,
      onError: () => undefined,
    },
    250,
  );
  const oidc = oidcOf(settings);
  const use = keyUse(database, quiet("Use of keys could not be noted"));
  const logins = refusedLogins({ database, metrics, log });
  const reads = settings.CSRD_RATE_LIMIT;
  const entry = admission({
    authenticate: authenticator({
      database,
      bootstrap: settings.CSRD_API_KEYS,
      tokens:
        oidc === undefined
          ? undefined
          : tokenCheck(oidc, (error) =>
              security.warning("Token issuer cannot be asked", { error_message: error.message }),
            ),
      onUse: (id) => use.note(id),
    }),
    limits: rateLimits(redis, quiet("Requests are counted by this process alone")),
    rates: {
      reads,
      uploads: settings.CSRD_RATE_LIMIT_UPLOADS ?? reads,
      tenant: settings.CSRD_RATE_LIMIT_TENANT ?? 3 * reads,
      refused: settings.CSRD_RATE_LIMIT_REFUSED ?? Math.max(30, Math.ceil(reads / 10)),
    },
    refusedLogins: logins,
    rateLimited: new Counter({
      name: names.rateLimited,
      help: "Requests refused because a budget is spent",
      labelNames: ["budget"],
      registers: [metrics.registry],
    }),
  });
  return {
    gate: { admit: entry.admit, watcherToken: settings.CSRD_PROBE_TOKEN },
    callerOf: entry.callerOf,
    close: async () => {
      entry.close();
      await use.close();
      await logins.close();
      redis.disconnect();
    },
  };
}
