import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type IncomingMessage, request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { agentNames } from "#platform/contract.ts";
import { type PostgresServer, startPostgres } from "#sandbox/backends/postgres.ts";
import { type RedisServer, startRedis } from "#sandbox/backends/redis.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { redisForTests } from "#test/backends/redis.ts";
import { type Running, run, sha256 } from "../running.ts";

// Every process here is a real one: the API, the workers, the agents, PostgreSQL, Redis.
const key = "key-of-acme-0123456789";
const csv = "date,amount\n2025-01-01,100\n";
const started: Running[] = [];
let postgres: PostgresServer;
let redis: RedisServer;
let root: string;
let api: string;

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), "csrd-pipeline-"));
  [postgres, redis] = await Promise.all([postgresForTests(), redisForTests()]);
  const serve = start("bin/csrd.js", ["serve"]);
  [, api = ""] = await serve.says(/"url":"([^"]+)"/);
  await vi.waitUntil(async () => (await fetch(`${api}/readyz`)).ok, { timeout: 10_000 });
});
afterEach(async () => {
  for (const running of started.splice(1)) await running.end("SIGKILL");
});
afterAll(async () => {
  for (const running of started.splice(0)) await running.end("SIGKILL");
  await Promise.all([postgres?.stop(), redis?.stop()]);
  rmSync(root, { recursive: true, force: true });
});

/** Starts both backends again where they were, with their data and on their ports. */
async function bringBack(): Promise<void> {
  const [before, other] = [postgres, redis];
  const [first, second] = await Promise.all([
    startPostgres({ dir: path.dirname(before.log), port: before.port }),
    startRedis({ dir: path.dirname(other.log), port: other.port }),
  ]);
  postgres = { ...first, stop: () => first.stop().then(() => before.stop()) };
  redis = { ...second, stop: () => second.stop().then(() => other.stop()) };
}

function start(
  script: string,
  args: readonly string[],
  extra: Readonly<Record<string, string>> = {},
): Running {
  const process = run(script, args, {
    CSRD_DATABASE_URL: postgres.url,
    CSRD_REDIS_URL: redis.url,
    CSRD_ARTIFACTS_DIR: root,
    CSRD_PORT: "0",
    CSRD_STATE_DIR: path.join(root, "state"),
    CSRD_API_KEYS: `acme:read+write:${sha256(key)}`,
    CSRD_LOCK_MS: "2000",
    CSRD_STALLED_MS: "1000",
    CSRD_SWEEP_MS: "1000",
    ...extra,
  });
  started.push(process);
  return process;
}

async function startAgents(
  names: readonly string[],
  extra: Readonly<Record<string, string>> = {},
): Promise<{ readonly process: Running; readonly urls: string }> {
  const process = start(fileURLToPath(import.meta.resolve("./serve-small-agents.ts")), names, extra);
  const [urls] = await process.says(/^\w+=http.*(?=\n)/m);
  return { process, urls };
}

async function startWorker(name: string, urls: string): Promise<Running> {
  const worker = start("bin/csrd.js", ["work"], {
    CSRD_INSTANCE: name,
    CSRD_AGENT_URLS: urls,
  });
  await worker.says(/"message":"Worker started"/);
  return worker;
}

async function send(data: string = csv): Promise<string> {
  const response = await fetch(`${api}/api/v1/reports`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ data, company: { name: "Acme" } }),
  });
  expect(response.status).toBe(202);
  return ((await response.json()) as { id: string }).id;
}

async function statusOf(id: string): Promise<any> {
  const response = await fetch(`${api}/api/v1/reports/${id}/status`, {
    headers: { authorization: `Bearer ${key}` },
  });
  return response.json();
}

async function reaches(id: string, status: string): Promise<any> {
  await vi.waitUntil(async () => (await statusOf(id)).status === status, { timeout: 25_000, interval: 50 });
  return statusOf(id);
}

async function eventsOf(
  id: string,
): Promise<readonly { kind: string; agent: string | null; worker: string | null }[]> {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  try {
    const { rows } = await client.query(
      "select kind, agent, detail->>'worker' as worker from report_events where report_id = $1 order by id",
      [id],
    );
    return rows;
  } finally {
    await client.end();
  }
}

async function hasBegun(id: string, agent: string): Promise<void> {
  await vi.waitUntil(
    async () => (await eventsOf(id)).some((event) => event.kind === "agent-started" && event.agent === agent),
    { timeout: 10_000, interval: 20 },
  );
}

/** Works the chain out again from the input alone. */
function expectWholeChain(id: string, acceptedAt: string): void {
  let before = csv + readFileSync(path.join(root, "reports", id, "company.json"), "utf8");
  for (const name of agentNames) {
    const made = readFileSync(path.join(root, "reports", id, "chain", `${name}.json`), "utf8");
    expect(JSON.parse(made)).toEqual({ name, at: acceptedAt, sha256: sha256(before) });
    before = made;
  }
}

function expectOnce(events: readonly { kind: string; agent: string | null }[]): void {
  expect(events.filter((event) => event.kind === "agent-completed").map((event) => event.agent)).toEqual(
    agentNames,
  );
  expect(events.filter((event) => event.kind === "completed")).toHaveLength(1);
}

test("a report goes through six agents over HTTP, in one trace, and is counted", async () => {
  const log = path.join(root, "agents.log");
  const { urls } = await startAgents(agentNames, { CSRD_LOG_FILE: log });
  const worker = await startWorker("w-1", urls);

  const id = await send();
  const status = await reaches(id, "completed");

  expect(status).toMatchObject({ outcome: "ok", stage: "audit" });
  expect(status.stages.map((stage: any) => stage.status)).toEqual(Array.from({ length: 6 }, () => "ok"));
  expectWholeChain(id, status.accepted_at);
  expectOnce(await eventsOf(id));
  const lines = (text: string): any[] =>
    text
      .split("\n")
      .filter((line) => line.includes(id))
      .map((line) => JSON.parse(line));
  const all = [
    ...lines(started[0]?.output() ?? ""),
    ...lines(worker.output()),
    ...lines(readFileSync(log, "utf8")),
  ];
  expect(new Set(all.map((line) => line.logger))).toContain("csrd_platform.agents.calculator_agent");
  expect(new Set(all.map((line) => line.trace_id)).size).toBe(1);
  const [, url = ""] = await worker.says(/"url":"([^"]+)"[^\n]*"Worker started"/);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('csrd_reports_completed_total{outcome="ok"} 1');
  expect(metrics).toContain("csrd_data_quality_score 92.5");
  expect(metrics).toContain("csrd_pipeline_duration_seconds_count 1");
  expect(metrics).toMatch(/csrd_queue_jobs\{state="wait"\} 0/);
});

test("when the worker is killed outright, another one finishes the report and each agent's output is published once", async () => {
  const log = path.join(root, "killed.log");
  const { urls } = await startAgents(agentNames, { CSRD_LOG_FILE: log, SLOW_MS: "500" });
  const first = await startWorker("w-first", urls);
  const id = await send();
  await hasBegun(id, "calculator");

  await first.end("SIGKILL");
  const second = await startWorker("w-second", urls);
  const status = await reaches(id, "completed");

  expectWholeChain(id, status.accepted_at);
  const events = await eventsOf(id);
  expectOnce(events);
  const finishers = events.filter((event) => event.kind === "agent-completed").map((event) => event.worker);
  expect(finishers.slice(0, 2)).toEqual(["w-first", "w-first"]);
  expect(finishers.at(-1)).toBe("w-second");
  expect(second.output()).toContain("Report taken over from a worker that is gone");
  const runs = readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line.includes(id) && line.includes('"Agent started"'))
    .map((line) => JSON.parse(line).context.agent);
  expect(runs).toEqual([
    "IntakeAgent",
    "MaterialityAgent",
    "CalculatorAgent",
    "AggregatorAgent",
    "ReportingAgent",
    "AuditAgent",
  ]);
});

test("a worker told to stop hands its report on and exits 0", async () => {
  const { urls } = await startAgents(agentNames, { SLOW_MS: "300" });
  const first = await startWorker("w-first", urls);
  const id = await send();
  await hasBegun(id, "materiality");

  const exit = await first.end("SIGTERM");
  const between = await eventsOf(id);
  await startWorker("w-second", urls);
  const status = await reaches(id, "completed");

  expect(exit).toBe(0);
  expect(first.output()).toContain("Pipeline handed on");
  expect(between.at(-1)).toMatchObject({ kind: "agent-completed", worker: "w-first" });
  expectWholeChain(id, status.accepted_at);
  expectOnce(await eventsOf(id));
});

test("when an agent is killed in the middle of its work, the report waits, says so, and goes on when the agent is back", async () => {
  const { urls: others } = await startAgents(agentNames.filter((name) => name !== "calculator"));
  const { process: calculator, urls } = await startAgents(["calculator"], { SLOW_MS: "1000" });
  await startWorker("w-1", `${others},${urls}`);
  const id = await send();
  await hasBegun(id, "calculator");

  await calculator.end("SIGKILL");
  const waiting = await reaches(id, "waiting");
  await startAgents(["calculator"], { SMALL_PORT: new URL(urls.slice(urls.indexOf("=") + 1)).port });
  const status = await reaches(id, "completed");

  expect(waiting).toMatchObject({ stage: "calculator", error: { code: "agent-unreachable" } });
  expect(status.error).toBeUndefined();
  expectWholeChain(id, status.accepted_at);
  expectOnce(await eventsOf(id));
});

test("a report survives a queue that has lost its memory", async () => {
  const { urls } = await startAgents(agentNames);
  const id = await send();
  const client = new Redis(redis.adminUrl);
  await client.flushall();
  client.disconnect();

  const worker = await startWorker("w-1", urls);
  const status = await reaches(id, "completed");

  expect(worker.output()).toContain("Report put back into the queue");
  expectWholeChain(id, status.accepted_at);
  expectOnce(await eventsOf(id));
});

test("when PostgreSQL and Redis are killed in the middle of a report and come back, it completes", async () => {
  const { urls } = await startAgents(agentNames, { SLOW_MS: "400" });
  const worker = await startWorker("w-1", urls);
  const id = await send();
  await hasBegun(id, "materiality");

  process.kill(redis.pid, "SIGKILL");
  process.kill(postgres.pid, "SIGKILL");
  await Promise.all([redis.ended, postgres.ended]);
  const during = await fetch(`${api}/readyz`);
  await bringBack();
  const status = await reaches(id, "completed");

  expect(during.status).toBe(503);
  expect(worker.child.exitCode).toBeNull();
  expectWholeChain(id, status.accepted_at);
  expectOnce(await eventsOf(id));
});

test("data that a stage refuses ends the report as failed: told, logged, counted, not repeated", async () => {
  const { urls } = await startAgents(agentNames);
  const worker = await startWorker("w-1", urls);

  const id = await send("please refuse me");
  const status = await reaches(id, "failed");

  expect(status).toMatchObject({
    outcome: "failed",
    stage: "intake",
    error: { code: "stage-failed", message: "The data asked to be refused" },
  });
  const line = worker
    .output()
    .split("\n")
    .find((text) => text.includes("Pipeline failed") && text.includes(id));
  expect(JSON.parse(line ?? "{}")).toMatchObject({
    level: "ERROR",
    logger: "csrd_platform.pipeline",
    context: { report_id: id, error_message: "The data asked to be refused" },
  });
  const [, url = ""] = await worker.says(/"url":"([^"]+)"[^\n]*"Worker started"/);
  expect(await (await fetch(`${url}/metrics`)).text()).toContain(
    'csrd_reports_failed_total{code="stage-failed"} 1',
  );
  expect((await eventsOf(id)).filter((event) => event.kind === "agent-started")).toHaveLength(1);
});

test("a worker refuses a Redis that may drop reports", async () => {
  const client = new Redis(redis.adminUrl);
  onTestFinished(async () => {
    await client.config("SET", "maxmemory-policy", "noeviction");
    client.disconnect();
  });
  await client.config("SET", "maxmemory-policy", "allkeys-lru");

  const worker = start("bin/csrd.js", ["work"]);
  const exit = await new Promise((resolve) => worker.child.once("exit", resolve));

  expect(exit).not.toBe(0);
  expect(worker.output()).toContain("Redis is set to allkeys-lru and may drop reports that wait.");
  expect(worker.output()).toMatch(/"level":"CRITICAL".*"logger":"csrd_platform.\w+".*"code":"queue-evicts"/);
});

test.for([
  [
    "serve",
    { CSRD_REDIS_URL: "redis.internal" },
    "settings-invalid",
    "CSRD_REDIS_URL must be a redis:// or rediss:// URL.",
  ],
  ["work", { CSRD_DATABASE_URL: "" }, "settings-invalid", "CSRD_DATABASE_URL must be a postgresql:// URL."],
  [
    "agent intake",
    { CSRD_ARTIFACTS_DIR: "" },
    "settings-invalid",
    "CSRD_ARTIFACTS_DIR or CSRD_FILES_URL must be set.",
  ],
] as const)(
  "csrd %s with wrong settings ends with the sentence, on stderr and in its log",
  async ([command, wrong, code, says]) => {
    const log = path.join(root, `${command.replace(" ", "-")}.log`);

    const process = start("bin/csrd.js", command.split(" "), { ...wrong, CSRD_LOG_FILE: log });
    const exit = await new Promise((resolve) => process.child.once("exit", resolve));

    expect(exit).toBe(1);
    expect(process.output()).toContain(`${says}\n`);
    expect(JSON.parse(readFileSync(log, "utf8"))).toMatchObject({
      level: "CRITICAL",
      context: { code, error_message: says },
    });
  },
);

test("the API told to stop finishes the upload it is receiving", async () => {
  const serve = start("bin/csrd.js", ["serve"]);
  const [, url = ""] = await serve.says(/"url":"([^"]+)"/);
  await vi.waitUntil(async () => (await fetch(`${url}/readyz`)).ok, { timeout: 10_000 });
  const body = JSON.stringify({ data: csv, company: { name: "Acme" } });
  const request = httpRequest(`${url}/api/v1/reports`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
      "content-length": body.length,
    },
  });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", (response) => resolve(response.resume()));
    request.once("error", reject);
  });
  request.write(body.slice(0, 10));
  // The server has the request in hand once it has answered one that was sent after it.
  await fetch(`${url}/livez`);

  const ended = serve.end("SIGTERM");
  await serve.says(/"message":"Stopping"/);
  request.end(body.slice(10));

  expect((await answer).statusCode).toBe(202);
  expect((await answer).headers.connection).toBe("close");
  expect(await ended).toBe(0);
});

test("a port that is taken is told, and the process ends", async () => {
  const process = start("bin/csrd.js", ["serve"], { CSRD_PORT: new URL(api).port });

  const exit = await new Promise((resolve) => process.child.once("exit", resolve));

  expect(exit).toBe(1);
  expect(process.output()).toContain(`Port ${new URL(api).port} on 127.0.0.1 is taken.`);
});

test("a wrong database password is told, and the worker ends", async () => {
  const url = new URL(postgres.url);
  url.password = "wrong-password";

  const process = start("bin/csrd.js", ["work"], { CSRD_DATABASE_URL: url.href });
  const exit = await new Promise((resolve) => process.child.once("exit", resolve));

  expect(exit).toBe(1);
  expect(process.output()).toContain("The database refused: password authentication failed");
  expect(process.output()).not.toContain("wrong-password");
});
