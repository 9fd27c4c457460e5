import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { agentNames } from "#platform/contract.ts";
import { folderArtifacts } from "#platform/pipeline/folder-artifacts.ts";
import { runPipeline } from "#platform/pipeline/run.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import type { RedisServer } from "#sandbox/backends/redis.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { redisForTests } from "#test/backends/redis.ts";
import { type Running, run, sha256 } from "../running.ts";

// The shipped sample, through the real agents, each in a process of its own.
const sample = path.join(import.meta.dirname, "../../../data/samples/vesterlund-instrumenter");
const dataFiles = ["esg_data.csv", "disclosures.json", "activities.csv"];
const key = "key-of-acme-0123456789";
const headers = { authorization: `Bearer ${key}` };
const started: Running[] = [];
let postgres: PostgresServer;
let redis: RedisServer;
let root: string;

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), "csrd-real-"));
  [postgres, redis] = await Promise.all([postgresForTests(), redisForTests()]);
});
afterAll(async () => {
  for (const process of started) await process.end("SIGKILL");
  await Promise.all([postgres?.stop(), redis?.stop()]);
  rmSync(root, { recursive: true, force: true });
});

async function start(args: readonly string[], urls: string): Promise<string> {
  const process = run("bin/csrd.js", args, {
    CSRD_DATABASE_URL: postgres.url,
    CSRD_REDIS_URL: redis.url,
    CSRD_ARTIFACTS_DIR: path.join(root, "artifacts"),
    CSRD_STATE_DIR: path.join(root, "state"),
    CSRD_PORT: "0",
    CSRD_AGENT_URLS: urls,
    CSRD_API_KEYS: `acme:read+write:${sha256(key)}`,
  });
  started.push(process);
  const [, url = ""] = await process.says(/"url":"([^"]+)".*started"/);
  return url;
}

test("a whole statement comes out of eight processes with the same bytes as out of one", {
  timeout: 120_000,
}, async () => {
  const urls: string[] = [];
  for (const name of agentNames) urls.push(`${name}=${await start(["agent", name], "")}`);
  const api = await start(["serve"], urls.join(","));
  await start(["work"], urls.join(","));
  const form = new FormData();
  for (const name of dataFiles) form.append("data", new Blob([readFileSync(path.join(sample, name))]), name);
  form.set("company", new Blob([readFileSync(path.join(sample, "company.json"))]), "company.json");

  const sent = await fetch(`${api}/api/v1/reports`, { method: "POST", headers, body: form });
  const where = `${api}${sent.headers.get("location")}`;
  const look = async (): Promise<any> => (await fetch(where, { headers })).json();
  await vi.waitUntil(async () => (await look()).finished_at !== undefined, {
    timeout: 80_000,
    interval: 100,
  });
  const report = await look();
  const health = await (await fetch(`${api}/health`)).json();

  expect(report).toMatchObject({ status: "completed" });
  expect(report.stages.map((stage: any) => stage.agent)).toEqual(agentNames);
  expect(health).toMatchObject({ status: "healthy", checks: { agents: { status: "healthy" } } });
  const served = path.join(root, "artifacts", "reports", report.id);
  const folder = path.join(root, "alone");
  const now = new Date(report.accepted_at);
  const names = [...dataFiles.map((name) => `inputs/${name}`), "company.json"];
  const inputs = Object.fromEntries(names.map((name) => [name, path.join(served, name)]));
  const alone = await runPipeline({
    reportId: report.id,
    artifacts: folderArtifacts({ folder, inputs }),
    now: () => now,
    log: () => undefined,
  });
  expect(report.outcome).toBe(alone.status);
  const made = alone.stages.flatMap((stage) => stage.result.wrote);
  expect(made.length).toBeGreaterThanOrEqual(agentNames.length);
  const different = made.filter(
    (name) => !readFileSync(path.join(served, name)).equals(readFileSync(path.join(folder, name))),
  );
  expect(different).toEqual([]);
  for (const name of names)
    expect(
      readFileSync(path.join(served, name)).equals(readFileSync(path.join(sample, path.basename(name)))),
    ).toBe(true);
});
