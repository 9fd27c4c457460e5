import multipart from "@fastify/multipart";
import type { FastifyInstance } from "fastify";
import { agentList } from "../service/agent-list.ts";
import { httpServer, listen } from "../service/http-server.ts";
import { messageOf } from "../service/error-facts.ts";
import { Problem } from "../service/problem.ts";
import { joined, within } from "../service/patience.ts";
import { openRedis } from "../service/redis.ts";
import type { ServeSettings } from "../service/settings.ts";
import { openDatabase } from "../storage/database.ts";
import { startHousekeeping } from "../storage/housekeeping.ts";
import { migrate } from "../storage/migrate.ts";
import { openFiles } from "../storage/open-files.ts";
import type { Log } from "../telemetry/log.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { watchDatabase } from "../telemetry/watch-database.ts";
import { watchDatabaseServer } from "../telemetry/watch-database-server.ts";
import { watchRedis, watchRedisUp } from "../telemetry/watch-redis.ts";
import { readResources } from "../telemetry/resources.ts";
import { progressBoard } from "../work/progress-board.ts";
import { openReportQueue } from "../work/report-queue.ts";
import { remembered } from "../service/remembered.ts";
import { untilDone } from "../service/until-done.ts";
import { lookAtModels } from "./llm-health.ts";
import { healthBody, lookAtAgents, lookAtExternal, watchAgents } from "./health.ts";
import { openDoor } from "./auth/door.ts";
import { addArtifactRoutes } from "./artifact-routes.ts";
import { addDocumentRoutes } from "./document-routes.ts";
import { eventFeed } from "./event-feed.ts";
import { addEventRoutes } from "./event-routes.ts";
import { addLineageRoutes } from "./lineage-routes.ts";
import { type OpenApi, openApi } from "./openapi.ts";
import { reportDesk } from "./report-desk.ts";
import { addKeyRoutes } from "./key-routes.ts";
import { addReportRoutes } from "./report-routes.ts";
import { seats } from "./seats.ts";
import { uploadGate } from "./upload-gate.ts";
import { keepClearing } from "./upload-remains.ts";
import { mostFiles } from "./upload.ts";

/** A running API process. */
export type ApiService = {
  readonly url: string;
  readonly app: FastifyInstance;
  /** Says that it is not ready any more, and goes on answering until a balancer has had the time to notice. */
  drain(): Promise<void>;
  /** Takes no new connections, ends what is in hand, and lets go of database and queue. */
  stop(): Promise<void>;
};

/** Milliseconds for uploads in hand once we stop; what is still coming then is refused as a whole. */
const uploadGraceMs = 12_000;

async function works(ask: () => Promise<string | undefined>): Promise<boolean> {
  return within(2_000, ask(), "no answer").then(
    (says) => says === undefined,
    () => false,
  );
}

/** Starts the API. It listens at once; until database and schema are there, `/readyz` says what is missing. */
export async function apiService(settings: ServeSettings, log: Log): Promise<ApiService> {
  const system = log.named("system");
  const quiet = (what: string) => (error: Error) => system.warning(what, { error_message: error.message });
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
  watchDatabaseServer(metrics.registry, database);
  watchRedis(metrics.registry);
  watchRedisUp(metrics.registry, () => redis.ping());

  let schemaReady = false;
  const needs = {
    postgres: joined(async () =>
      database.query("select 1").then(() => (schemaReady ? undefined : "schema not ready")),
    ),
    redis: joined(async () => redis.ping().then(() => undefined)),
  };
  const draining = new AbortController();
  const stopping = new AbortController();
  const board = progressBoard(redis);
  const feed = eventFeed(database, log.named("api.events"));
  const uploadLimitBytes = settings.CSRD_UPLOAD_LIMIT_MB * 1024 * 1024;
  const gate = uploadGate({
    seats: seats("uploads", { each: settings.CSRD_UPLOADS_PER_TENANT, all: settings.CSRD_UPLOADS }),
    mostBytes: uploadLimitBytes + 1024 * 1024,
    leastRate: settings.CSRD_UPLOAD_LEAST_RATE,
    disk:
      settings.CSRD_ARTIFACTS_DIR === undefined
        ? undefined
        : { folder: disk, reserve: settings.CSRD_DISK_RESERVE_MB * 1024 * 1024 },
  });
  let document: () => OpenApi = () => {
    throw new TypeError("the routes are not there yet");
  };
  const agentWatch = watchAgents(log.named("system"));
  const agentsNow = agentList(settings, (error_message) =>
    log.named("system").warning("List of agents cannot be read", { error_message }),
  );
  const door = await openDoor(settings, { database, metrics, log });
  const app = await httpServer({
    gate: door.gate,
    trustedProxies: settings.CSRD_TRUSTED_PROXIES,
    log,
    metrics,
    needs: { postgres: needs.postgres },
    // Without Redis reports are accepted and everything is answered: no reason to take all processes away at once.
    wants: { redis: needs.redis },
    bodyLimit: 8 * 1024 * 1024,
    // A large upload may take its time, as long as it keeps to the least rate.
    requestTimeout: 1_800_000,
    connections: settings.CSRD_CONNECTIONS,
    draining: draining.signal,
    first: async (server) => {
      document = await openApi(server, { version: settings.CSRD_VERSION, issuer: settings.CSRD_OIDC_ISSUER });
    },
    health: remembered(1_000, async () => {
      const [agents, filesUp, postgres, queueUp, llm, xbrlValidator, resources] = await Promise.all([
        lookAtAgents(agentsNow(), settings.CSRD_PROBE_TOKEN, agentWatch.saw),
        files.accessible(),
        works(needs.postgres),
        works(needs.redis),
        lookAtModels(agentsNow().materiality, settings.CSRD_PROBE_TOKEN).then(
          (seen) => seen ?? lookAtExternal(settings.CSRD_LLM_URL),
        ),
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

  let uploadsEnd: () => Promise<void> = async () => undefined;
  await app.register(async (api) => {
    await api.register(multipart, {
      // One of each kind more than is taken, so that what is too much is refused with a sentence.
      limits: {
        files: mostFiles + 2,
        fields: 2,
        parts: mostFiles + 4,
        // What is over the limit is seen, and refused at once, where it is counted.
        fileSize: uploadLimitBytes + 1,
        fieldSize: 256 * 1024,
      },
    });
    const desk = reportDesk(database, door.callerOf);
    uploadsEnd = addReportRoutes(api, {
      database,
      queue,
      files,
      desk,
      gate,
      uploadLimitBytes,
      log: log.named("api.reports"),
    });
    addKeyRoutes(api, { database, desk });
    addArtifactRoutes(api, { desk, database, files });
    addLineageRoutes(api, { desk, database });
    addEventRoutes(api, {
      desk,
      feed,
      board,
      seats: seats("event streams", {
        each: settings.CSRD_EVENT_STREAMS_PER_TENANT,
        all: settings.CSRD_EVENT_STREAMS,
      }),
      stopping: stopping.signal,
    });
  });
  addDocumentRoutes(app, () => document());

  let preparing: Promise<void> = Promise.resolve();
  let clearing: { stop(): Promise<void> } | undefined;
  let housekeeping: Awaited<ReturnType<typeof startHousekeeping>> | undefined;
  const drain = async (): Promise<void> => {
    draining.abort();
    await new Promise((resolve) => setTimeout(resolve, settings.CSRD_DRAIN_MS));
  };
  const stop = async (): Promise<void> => {
    draining.abort();
    stopping.abort();
    const tooLong = setTimeout(
      () => gate.refuseAll(new Problem("unavailable", "This server stops; nothing was kept, send it again.")),
      uploadGraceMs,
    );
    await preparing.catch(() => undefined);
    await app.close();
    clearTimeout(tooLong);
    // What was refused in the middle takes its files away after its answer, and asks the database first.
    await uploadsEnd();
    feed.close();
    await clearing?.stop();
    await housekeeping?.stop();
    await board.close();
    await queue.close();
    await door.close();
    await database.end();
  };
  const url = await listen(app, settings.CSRD_HOST, settings.CSRD_PORT).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  system.info("API started", { url, instance: settings.CSRD_INSTANCE, version: settings.CSRD_VERSION });
  if (settings.CSRD_API_KEYS.length === 0)
    log.warning("No API key is configured: every report request is refused", {});

  preparing = untilDone(log, stopping.signal, async () => {
    const applied = await migrate(database);
    if (applied.length > 0) system.info("Database schema updated", { applied });
    schemaReady = true;
    clearing = keepClearing({ database, files, log });
    housekeeping = await startHousekeeping({ database, log, name, version: settings.CSRD_VERSION });
  });
  preparing.catch((error: unknown) => {
    system.critical("Database schema could not be prepared", { error_message: messageOf(error) });
  });
  return { url, app, drain, stop };
}
