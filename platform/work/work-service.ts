import type { FastifyInstance } from "fastify";
import { isCodedError } from "#kit/errors.ts";
import { agentList } from "../service/agent-list.ts";
import { breakerGauge } from "../service/breaker.ts";
import { httpServer, listen } from "../service/http-server.ts";
import { openRedis } from "../service/redis.ts";
import type { WorkSettings } from "../service/settings.ts";
import { localSources, sharedSource } from "../service/switch-sources.ts";
import { type WatchedSwitches, watchSwitches } from "../service/switches.ts";
import { untilDone } from "../service/until-done.ts";
import { openDatabase, storageRefused } from "../storage/database.ts";
import { migrate } from "../storage/migrate.ts";
import { startHousekeeping } from "../storage/housekeeping.ts";
import { openFiles, openRecords } from "../storage/open-files.ts";
import { readQueueControl } from "../storage/queue-control.ts";
import { oldestWaiting } from "../storage/reports.ts";
import { readSwitches } from "../storage/switches.ts";
import type { Log } from "../telemetry/log.ts";
import { createMetrics, reportMetrics } from "../telemetry/metrics.ts";
import { watchDatabase } from "../telemetry/watch-database.ts";
import { watchDatabaseServer } from "../telemetry/watch-database-server.ts";
import { watchQueue } from "../telemetry/watch-queue.ts";
import { watchRedis, watchRedisUp } from "../telemetry/watch-redis.ts";
import { agentClient } from "./agent-client.ts";
import { switchGauge } from "./agent-metrics.ts";
import type { ProcessParts } from "./process-report.ts";
import { progressBoard } from "./progress-board.ts";
import { openReportQueue, requireNoEviction } from "./report-queue.ts";
import { keepSweeping } from "./sweep.ts";
import { startWorker } from "./worker.ts";

/** A running worker process. */
export type WorkService = { readonly url: string; readonly app: FastifyInstance; stop(): Promise<void> };

/** Starts a worker: database, queue, sweep, probes and metrics. It refuses a queue that may lose reports. */
export async function workService(settings: WorkSettings, log: Log): Promise<WorkService> {
  const system = log.named("system");
  const quiet = (what: string) => (error: Error) => system.warning(what, { error_message: error.message });
  const name = `csrd-worker/${settings.CSRD_INSTANCE}`;
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
  const board = progressBoard(redis);
  const metrics = createMetrics({
    service: "worker",
    instance: settings.CSRD_INSTANCE,
    version: settings.CSRD_VERSION,
  });
  watchDatabase(metrics.registry, database);
  watchDatabaseServer(metrics.registry, database);
  watchRedis(metrics.registry);
  watchRedisUp(metrics.registry, () => redis.ping());
  watchQueue(metrics.registry, {
    depth: () => queue.depth(),
    oldest: () => oldestWaiting(database),
  });
  const switches = await watchSwitches({
    sources: [...localSources(settings), sharedSource({ database: () => readSwitches(database), redis })],
    ttlMs: settings.CSRD_SWITCHES_TTL_MS,
  });
  switchGauge(metrics.registry, switches);
  const breakers = breakerGauge(metrics.registry);
  const agents = agentClient({
    urls: agentList(settings, (error_message) =>
      log.warning("List of agents cannot be read", { error_message }),
    ),
    // As long as a whole report may take, for its turn and its work together.
    mostMs: settings.CSRD_REPORT_TIMEOUT_MS,
    token: settings.CSRD_INTERNAL_TOKEN,
    tell: (progress) => board.publish(progress),
    onState: (agent, url, state) => {
      breakers(`${agent} ${url}`, state);
      log.warning("Circuit breaker changed", { agent, url, state });
    },
  });
  for (const { agent, url, state } of agents.instances()) breakers(`${agent} ${url}`, state);
  const parts: ProcessParts & { readonly switches: WatchedSwitches } = {
    database,
    queue,
    files: openFiles(settings).files,
    agents,
    switches,
    metrics: reportMetrics(metrics.registry),
    log: log.named("pipeline"),
    worker: settings.CSRD_INSTANCE,
    reportLimitMs: settings.CSRD_REPORT_TIMEOUT_MS,
  };

  let startedUp = false;
  const needs = {
    postgres: async () => database.query("select 1").then(() => undefined),
    redis: async () => redis.ping().then(() => undefined),
    started: async () => (startedUp ? undefined : "still starting"),
  };
  const app = await httpServer({
    gate: { watcherToken: settings.CSRD_PROBE_TOKEN },
    log,
    metrics,
    needs,
    health: async () => {
      const broken = await Promise.all(Object.values(needs).map((ask) => ask().catch(() => "unreachable")));
      const off = switches.all();
      const leftOut = agents.instances().filter(({ state }) => state !== "closed");
      const isWhole = broken.every((says) => says === undefined);
      const status = !isWhole ? "unhealthy" : off.length > 0 || leftOut.length > 0 ? "degraded" : "healthy";
      return {
        status,
        body: {
          status,
          queue: await queue.depth().catch(() => "unreachable"),
          ...(off.length === 0 ? {} : { switched_off: off }),
          ...(leftOut.length === 0
            ? {}
            : { left_out: leftOut.map(({ agent, url, state }) => ({ agent, url, state })) }),
        },
      };
    },
  });
  const stopping = new AbortController();
  let ends: readonly (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    stopping.abort();
    for (const end of ends) await end();
    await app.close();
    await switches.close();
    await board.close();
    await queue.close();
    await database.end();
  };
  try {
    const url = await listen(app, settings.CSRD_HOST, settings.CSRD_PORT);
    await untilDone(log, stopping.signal, async () => {
      await migrate(database);
      await requireNoEviction(redis);
      const { concurrency } = await readQueueControl(database);
      await queue.setGlobalConcurrency(concurrency ?? settings.CSRD_GLOBAL_CONCURRENCY);
    });
    const worker = await startWorker(settings, parts);
    const sweeping = keepSweeping(
      { ...parts, concurrency: settings.CSRD_GLOBAL_CONCURRENCY },
      settings.CSRD_SWEEP_MS,
    );
    const housekeeping = await startHousekeeping(
      { database, log, name, version: settings.CSRD_VERSION },
      { records: openRecords(settings) },
    );
    ends = [() => sweeping.stop(), () => worker.close(settings.CSRD_RELEASE_MS), () => housekeeping.stop()];
    startedUp = true;
    system.info("Worker started", {
      url,
      instance: settings.CSRD_INSTANCE,
      concurrency: settings.CSRD_CONCURRENCY,
    });
    return { url, app, stop };
  } catch (error) {
    await stop();
    throw isCodedError(error) ? error : storageRefused(error);
  }
}
