import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { vi } from "vitest";
import { type ApiService, apiService } from "#platform/api/api-service.ts";
import { createKey, type KeyRecord } from "#platform/api/auth/key-store.ts";
import type { Scope } from "#platform/api/caller.ts";
import { serveSettings } from "#platform/service/settings.ts";
import { type Database, openDatabase } from "#platform/storage/database.ts";
import { migrate } from "#platform/storage/migrate.ts";
import { createLog, type Log } from "#platform/telemetry/log.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import type { RedisServer } from "#sandbox/backends/redis.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { redisForTests } from "#test/backends/redis.ts";

/** A key made for a test, with the only copy of it. */
export type Held = { readonly record: KeyRecord; readonly key: string };

/** Real backends with the schema, and as many API processes' insides as a test wants. */
export type World = {
  readonly postgres: PostgresServer;
  readonly redis: RedisServer;
  readonly database: Database;
  readonly root: string;
  readonly log: Log;
  /** Every line logged so far. */
  readonly lines: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  api(extra?: Readonly<Record<string, string>>): Promise<ApiService>;
  key(tenant: string, scopes: readonly Scope[], expiresAt?: Date): Promise<Held>;
  stop(): Promise<void>;
};

/** Starts a world; limits are out of the way unless a test asks for some. */
export async function startWorld(): Promise<World> {
  const root = mkdtempSync(path.join(tmpdir(), "csrd-auth-"));
  const [postgres, redis] = await Promise.all([postgresForTests(), redisForTests()]);
  const database = openDatabase({ url: postgres.url, name: "test", most: 4, onError: () => undefined });
  await migrate(database);
  const lines: string[] = [];
  const log = createLog("api", { level: "INFO", to: { write: (line) => void lines.push(line) } });
  const services: ApiService[] = [];
  const environment = {
    CSRD_DATABASE_URL: postgres.url,
    CSRD_REDIS_URL: redis.url,
    CSRD_ARTIFACTS_DIR: root,
    CSRD_PORT: "0",
    CSRD_RATE_LIMIT: "100000",
  };
  return {
    postgres,
    redis,
    database,
    root,
    log,
    lines,
    environment,
    api: async (extra = {}) => {
      const service = await apiService(serveSettings({ ...environment, ...extra }), log);
      services.push(service);
      await vi.waitUntil(async () => (await fetch(`${service.url}/readyz`)).status === 200, {
        timeout: 20_000,
      });
      return service;
    },
    key: async (tenant, scopes, expiresAt) => {
      const made = await createKey(
        database,
        { tenant, name: "for a test", scopes, expiresAt },
        { actor: "test" },
      );
      if (made === undefined) throw new TypeError("a new tenant has room for a key");
      return made;
    },
    stop: async () => {
      await Promise.all(services.map((service) => service.stop()));
      await database.end();
      await Promise.all([postgres.stop(), redis.stop()]);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** A request whose headers are plain names and values. */
export type Asking = Omit<RequestInit, "headers"> & { readonly headers?: Readonly<Record<string, string>> };

/** Prints a figure that a test has measured. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Asks as somebody; without a key as nobody. */
export async function ask(
  url: string,
  key?: string,
  init: Asking = {},
): Promise<{
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: any;
}> {
  const response = await fetch(url, {
    ...init,
    headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...init.headers },
  });
  const text = await response.text();
  const isJson = (response.headers.get("content-type") ?? "").includes("json") && text !== "";
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : undefined,
  };
}

/** A report as JSON. */
export function reportBody(company = "Acme GmbH"): Asking {
  return {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      company: { name: company, country: "DE" },
      data: "date,activity,amount,unit\n2025-01-01,natural gas,100,kWh\n",
    }),
  };
}
