import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, vi } from "vitest";
import { type ApiService, apiService } from "#platform/api/api-service.ts";
import { serveSettings } from "#platform/service/settings.ts";
import { type Database, openDatabase } from "#platform/storage/database.ts";
import { createLog } from "#platform/telemetry/log.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import type { RedisServer } from "#sandbox/backends/redis.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { redisForTests } from "#test/backends/redis.ts";
import { sha256 } from "../running.ts";

/** The keys of two tenants, and one that may only read. */
export const keys = {
  acme: "key-of-acme-0123456789",
  other: "key-of-other-0123456789",
  reader: "key-of-reader-0123456789",
};
export const csv = "date,activity,amount,unit\n2025-01-01,natural gas,100,kWh\n";
export const company = { name: "Acme GmbH", country: "DE" };

/** What an answer was. */
export type Answer = { status: number; headers: Headers; json: any; text: string };

/** A running API with its backends, for the tests of one file. */
export type Serving = {
  readonly api: ApiService;
  readonly postgres: PostgresServer;
  readonly redis: RedisServer;
  readonly database: Database;
  readonly root: string;
  /** Everything logged so far. */
  readonly lines: readonly string[];
  /** Settings of such an API; also for a process of its own. */
  readonly environment: (extra?: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
  /** Another API over the same backends, ready. */
  readonly start: (extra?: Readonly<Record<string, string>>) => Promise<ApiService>;
  readonly call: (
    method: string,
    where: string,
    parts?: { key?: string; headers?: Record<string, string>; body?: FormData | string },
  ) => Promise<Answer>;
  /** Sends a report and gives its id. */
  readonly send: (key?: string) => Promise<string>;
};

/** Starts Postgres, Redis and an API before the tests of a file, and stops them after. */
export function servingApi(extra: Readonly<Record<string, string>> = {}): () => Serving {
  let serving: Serving | undefined;
  const lines: string[] = [];
  beforeAll(async () => {
    const root = mkdtempSync(path.join(tmpdir(), "csrd-api-"));
    const [postgres, redis] = await Promise.all([postgresForTests(), redisForTests()]);
    const database = openDatabase({
      url: postgres.url,
      name: "test",
      most: 3,
      onError: () => undefined,
    });
    const environment: Serving["environment"] = (more = {}) => ({
      CSRD_DATABASE_URL: postgres.url,
      CSRD_REDIS_URL: redis.url,
      CSRD_ARTIFACTS_DIR: root,
      CSRD_PORT: "0",
      CSRD_RATE_LIMIT: "10000",
      CSRD_UPLOAD_LIMIT_MB: "1",
      CSRD_DISK_RESERVE_MB: "1",
      CSRD_API_KEYS: [
        `acme:read+write:${sha256(keys.acme)}`,
        `other:read+write:${sha256(keys.other)}`,
        `acme:read:${sha256(keys.reader)}`,
      ].join(","),
      ...extra,
      ...more,
    });
    const start: Serving["start"] = async (more) => {
      const service = await apiService(
        serveSettings(environment(more)),
        createLog("api", { level: "INFO", to: { write: (line) => void lines.push(line) } }),
      );
      await vi.waitUntil(async () => (await fetch(`${service.url}/readyz`)).status === 200, {
        timeout: 20_000,
      });
      return service;
    };
    const api = await start();
    const call: Serving["call"] = async (method, where, { key = keys.acme, headers = {}, body } = {}) => {
      const response = await fetch(where.startsWith("http") ? where : `${api.url}${where}`, {
        method,
        headers: { ...(key === "" ? {} : { authorization: `Bearer ${key}` }), ...headers },
        ...(body === undefined ? {} : { body }),
      });
      const text = await response.text();
      const isJson = (response.headers.get("content-type") ?? "").includes("json") && text !== "";
      return {
        status: response.status,
        headers: response.headers,
        text,
        json: isJson ? JSON.parse(text) : undefined,
      };
    };
    const send: Serving["send"] = async (key = keys.acme) => {
      const sent = await call("POST", "/api/v1/reports", { key, body: form() });
      if (sent.status !== 202) throw new Error(`not accepted: ${sent.text}`);
      return sent.json.id;
    };
    serving = { api, postgres, redis, database, root, lines, environment, start, call, send };
  });
  afterAll(async () => {
    if (serving === undefined) return;
    await serving.api.stop();
    await serving.database.end();
    await Promise.all([serving.postgres.stop(), serving.redis.stop()]);
    rmSync(serving.root, { recursive: true, force: true });
  });
  return () => {
    if (serving === undefined) throw new Error("the API has not been started");
    return serving;
  };
}

/** A report as a form. */
export function form(data: string = csv, about: unknown = company): FormData {
  const body = new FormData();
  body.set("data", new Blob([data], { type: "text/csv" }), "data.csv");
  body.set("company", new Blob([JSON.stringify(about)], { type: "application/json" }), "company.json");
  return body;
}
