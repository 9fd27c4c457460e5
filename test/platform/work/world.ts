import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, vi } from "vitest";
import { openRedis } from "#platform/service/redis.ts";
import { type Database, openDatabase } from "#platform/storage/database.ts";
import { leastGrants } from "#platform/storage/grants.ts";
import { migrate } from "#platform/storage/migrate.ts";
import type { Report } from "#platform/storage/report.ts";
import { folderFiles, newReportId } from "#platform/storage/report-files.ts";
import { acceptReport, findAnyReport } from "#platform/storage/reports.ts";
import { openReportQueue, type ReportQueue } from "#platform/work/report-queue.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { redisForTests } from "#test/backends/redis.ts";
import { type Running, run } from "../running.ts";

/** An event of a report as the database has it. */
type Event = {
  readonly kind: string;
  readonly agent: string | null;
  readonly at: Date;
  readonly detail: Readonly<Record<string, unknown>>;
};

/** Database, Redis and files for real workers and agents in processes of their own; reports are accepted as the API does it. */
export type World = {
  readonly database: Database;
  readonly queue: ReportQueue;
  /** As the one who may do anything. */
  readonly redisAdminUrl: string;
  readonly root: string;
  /** The variables that every process gets. */
  readonly env: Readonly<Record<string, string>>;
  accept(tenant: string, data?: string, isQueued?: boolean): Promise<Report>;
  report(id: string): Promise<Report>;
  reaches(id: string, status: Report["status"], withinMs?: number): Promise<Report>;
  events(id: string): Promise<readonly Event[]>;
  hasBegun(id: string, agent: string): Promise<void>;
  start(script: string, args: readonly string[], extra?: Readonly<Record<string, string>>): Running;
  worker(name: string, urls: string, extra?: Readonly<Record<string, string>>): Promise<Running>;
  agents(
    names: readonly string[],
    extra?: Readonly<Record<string, string>>,
    script?: string,
  ): Promise<{ readonly process: Running; readonly urls: string }>;
  csrd(
    ...args: readonly string[]
  ): Promise<{ readonly exit: number; readonly out: string; readonly err: string }>;
  /** Ends the processes that were started. */
  clear(): Promise<void>;
  close(): Promise<void>;
};

/** The address of a role with the rights that `csrd migrate --grants` prints and no others: what the services must be able to live with. */
async function leastRole(database: Database, url: string): Promise<string> {
  await database.query("create role csrd_least login password 'least'");
  for (const sql of leastGrants("csrd_least")) await database.query(sql);
  const own = new URL(url);
  own.username = "csrd_least";
  own.password = "least";
  return own.href;
}

/** Opens such a world; `settings` are variables that its processes get besides. */
export async function openWorld(settings: Readonly<Record<string, string>> = {}): Promise<World> {
  const root = mkdtempSync(path.join(tmpdir(), "csrd-work-"));
  const [postgres, redisServer] = await Promise.all([postgresForTests(), redisForTests()]);
  const database = openDatabase({
    url: postgres.url,
    name: "tests",
    most: 4,
    onError: () => undefined,
  });
  await migrate(database);
  const least = await leastRole(database, postgres.url);
  const redis = await openRedis({ url: redisServer.url, name: "tests", onError: () => undefined });
  await vi.waitUntil(() => redis.status === "ready", { timeout: 15_000 });
  const queue = openReportQueue(redis);
  const files = folderFiles(root);
  const started: Running[] = [];
  const env = {
    CSRD_DATABASE_URL: least,
    CSRD_REDIS_URL: redisServer.url,
    CSRD_ARTIFACTS_DIR: root,
    CSRD_PORT: "0",
    CSRD_STATE_DIR: path.join(root, "state"),
    ...settings,
  };
  const start: World["start"] = (script, args, extra = {}) => {
    const process = run(script, args, { ...env, ...extra });
    started.push(process);
    return process;
  };
  const report = async (id: string): Promise<Report> => {
    const found = await findAnyReport(database, id);
    if (found === undefined) throw new Error(`no report ${id}`);
    return found;
  };
  const events = async (id: string): Promise<readonly Event[]> => {
    const { rows } = await database.query<Event>(
      "select kind, agent, at, detail from report_events where report_id = $1 order by id",
      [id],
    );
    return rows;
  };
  const clear = async (): Promise<void> => {
    await Promise.all(started.splice(0).map((running) => running.end("SIGKILL")));
  };
  return {
    database,
    queue,
    redisAdminUrl: redisServer.adminUrl,
    root,
    env,
    report,
    events,
    start,
    clear,
    accept: async (tenant, data = "date,amount\n2025-01-01,100\n", isQueued = true) => {
      const id = newReportId(new Date());
      const kept = await files.keep(id, Readable.from([data]));
      await files.of(id).write("company.json", "{}");
      const accepted = await acceptReport(database, {
        id,
        owner: tenant,
        company: { name: tenant },
        dataSha256: kept.sha256,
        dataBytes: kept.bytes,
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        idempotency: undefined,
      });
      if (accepted.kind !== "new") throw new Error("not new");
      if (isQueued) await queue.add(accepted.report);
      return accepted.report;
    },
    reaches: async (id, status, withinMs = 25_000) => {
      await vi.waitUntil(async () => (await report(id)).status === status, {
        timeout: withinMs,
        interval: 40,
      });
      return report(id);
    },
    hasBegun: async (id, agent) => {
      const isBegun = async (): Promise<boolean> =>
        (await events(id)).some((event) => event.kind === "agent-started" && event.agent === agent);
      await vi.waitUntil(isBegun, { timeout: 20_000, interval: 20 });
    },
    worker: async (name, urls, extra = {}) => {
      const worker = start("bin/csrd.js", ["work"], {
        CSRD_INSTANCE: name,
        CSRD_AGENT_URLS: urls,
        ...extra,
      });
      await worker.says(/"message":"Worker started"/);
      return worker;
    },
    agents: async (names, extra = {}, script = import.meta.resolve("./serve-small-agents.ts")) => {
      const process = start(fileURLToPath(script), names, extra);
      const [urls] = await process.says(/^\w+=http.*(?=\n)/m);
      return { process, urls };
    },
    csrd: (...args) =>
      new Promise((resolve) => {
        execFile(
          process.execPath,
          ["bin/csrd.js", ...args],
          { env: { PATH: process.env["PATH"], HOME: root, ...env } },
          (error, out, err) => resolve({ exit: error === null ? 0 : Number(error.code), out, err }),
        );
      }),
    close: async () => {
      await clear();
      await queue.close();
      await database.end();
      await Promise.all([postgres.stop(), redisServer.stop()]);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Milliseconds between two moments, printed for the record, and held against a limit. */
export function tookAtMost(what: string, ms: number, most: number): void {
  process.stdout.write(`${what}: ${Math.round(ms)} ms (at most ${most})\n`);
  expect(ms).toBeLessThanOrEqual(most);
}
