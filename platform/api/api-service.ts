import multipart from "@fastify/multipart";
import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance } from "fastify";
import { httpServer, listen } from "../service/http-server.ts";
import { messageOf } from "../service/error-facts.ts";
import { openRedis } from "../service/redis.ts";
import type { ServeSettings } from "../service/settings.ts";
import { openDatabase } from "../storage/database.ts";
import { migrate } from "../storage/migrate.ts";
import { openFiles } from "../storage/open-files.ts";
import type { Log } from "../telemetry/log.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { watchDatabase } from "../telemetry/watch-database.ts";
import { watchRedis } from "../telemetry/watch-redis.ts";
import { readResources } from "../telemetry/resources.ts";
import { openReportQueue } from "../work/report-queue.ts";
import { remembered } from "../service/remembered.ts";
import { untilDone } from "../service/until-done.ts";
import { healthBody, lookAtAgents, lookAtExternal } from "./health.ts";
import { callerOf, requireKey } from "./keys.ts";
import { addReportRoutes } from "./report-routes.ts";
import { mostFiles } from "./upload.ts";

/** A running API process. */
export type ApiService = { readonly url: string; readonly app: FastifyInstance; stop(): Promise<void> };

async function works(ask: () => Promise<string | undefined>): Promise<boolean> {
  return ask().then(
    (says) => says === undefined,
    () => false,
  );
}

/** Starts the API. It listens at once; until database and schema are there, `/readyz` says what is missing. */
export async function apiService(settings: ServeSettings, log: Log): Promise<ApiService> {
  const quiet = (what: string) => (error: Error) => log.warning(what, { error_message: error.message });
  const name = `csrd-api/${settings.CSRD_INSTANCE}`;
  const { files, disk } = openFiles(settings);
  const database = openDatabase({
    url: settings.CSRD_DATABASE_URL,
    name,
    most: settings.CSRD_DATABASE_POOL,
    onError: quiet("Database connection lost"),
  });
  const redis = await openRedis({
    url: settings.CSRD_REDIS_URL,
    name,
    onError: quiet("Redis connection lost"),
  });
  const queue = openReportQueue(redis);
  const metrics = createMetrics({
    service: "api",
    instance: settings.CSRD_INSTANCE,
    version: settings.CSRD_VERSION,
    disk,
  });
  watchDatabase(metrics.registry, database);
  watchRedis(metrics.registry);

  let schemaReady = false;
  const needs = {
    postgres: async () =>
      database.query("select 1").then(() => (schemaReady ? undefined : "schema not ready")),
    redis: async () => redis.ping().then(() => undefined),
  };
  const app = await httpServer({
    log,
    metrics,
    needs,
    bodyLimit: 8 * 1024 * 1024,
    health: remembered(1_000, async () => {
      const [agents, filesUp, postgres, queueUp, llm, xbrlValidator, resources] = await Promise.all([
        lookAtAgents(settings.CSRD_AGENT_URLS),
        files.accessible(),
        works(needs.postgres),
        works(needs.redis),
        lookAtExternal(settings.CSRD_LLM_URL),
        lookAtExternal(settings.CSRD_XBRL_VALIDATOR_URL),
        readResources(disk),
      ]);
      const body = healthBody(
        {
          agents,
          // A report comes in through files, database and queue; it goes out through files and database.
          inputStorage: filesUp && postgres && queueUp,
          outputStorage: filesUp && postgres,
          llm,
          xbrlValidator,
          resources,
        },
        settings.CSRD_VERSION,
        new Date(),
      );
      return { status: body.status, body };
    }),
  });

  await app.register(async (api) => {
    await api.register(rateLimit, {
      max: settings.CSRD_RATE_LIMIT,
      timeWindow: 60_000,
      keyGenerator: (request) => {
        const known = callerOf(settings.CSRD_API_KEYS, request.headers);
        return typeof known === "string" ? `address:${request.ip}` : `owner:${known.owner}`;
      },
    });
    const uploadLimitBytes = settings.CSRD_UPLOAD_LIMIT_MB * 1024 * 1024;
    await api.register(multipart, {
      // One of each kind more than is taken, so that what is too much is refused with a sentence.
      limits: {
        files: mostFiles + 2,
        fields: 2,
        parts: mostFiles + 4,
        fileSize: uploadLimitBytes,
        fieldSize: 256 * 1024,
      },
    });
    const ownerOf = requireKey(api, settings.CSRD_API_KEYS, (request, reason) => {
      metrics.authFailures.inc({ reason });
      log.named("security").warning("Request refused", { request_id: request.id, reason, client: request.ip });
    });
    addReportRoutes(api, {
      database,
      queue,
      files,
      uploadLimitBytes,
      log: log.named("api.reports"),
      ownerOf,
    });
  });

  const stopping = new AbortController();
  let preparing: Promise<void> = Promise.resolve();
  const stop = async (): Promise<void> => {
    stopping.abort();
    await preparing.catch(() => undefined);
    await app.close();
    await queue.close();
    await database.end();
  };
  const url = await listen(app, settings.CSRD_HOST, settings.CSRD_PORT).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  log.info("API started", { url, instance: settings.CSRD_INSTANCE, version: settings.CSRD_VERSION });
  if (settings.CSRD_API_KEYS.length === 0)
    log.warning("No API key is configured: every report request is refused", {});

  preparing = untilDone(log, stopping.signal, async () => {
    const applied = await migrate(database);
    if (applied.length > 0) log.info("Database schema updated", { applied });
    schemaReady = true;
  });
  preparing.catch((error: unknown) => {
    log.critical("Database schema could not be prepared", { error_message: messageOf(error) });
  });
  return { url, app, stop };
}
