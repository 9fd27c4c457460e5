import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Redis } from "ioredis";
import { Client } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { removePostgres, startPostgres } from "#sandbox/backends/postgres.ts";
import { startRedis } from "#sandbox/backends/redis.ts";

async function firstAnswer(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  try {
    socket.write(text);
    return await new Promise((resolve, reject) => {
      socket.once("data", (data) => resolve(String(data)));
      socket.once("error", reject);
    });
  } finally {
    socket.destroy();
  }
}

function temporaryFolder(): string {
  const dir = mkdtempSync(path.join(tmpdir(), "csrd-backends-"));
  onTestFinished(() => removePostgres(dir));
  return dir;
}

async function valueIn(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query({ text: sql, rowMode: "array" });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

test("PostgreSQL keeps its data and its password over a restart", async () => {
  const dir = temporaryFolder();
  const first = await startPostgres({ dir });
  onTestFinished(() => first.stop());
  await valueIn(first.url, "create table kept as select 42 as answer");
  await first.stop();

  const second = await startPostgres({ dir, port: first.port });
  onTestFinished(() => second.stop());

  expect(second.url).toBe(first.url);
  expect(await valueIn(second.url, "select answer from kept")).toBe(42);
});

test("PostgreSQL comes back after SIGKILL, and a second server on the folder is refused", async () => {
  const dir = temporaryFolder();
  const first = await startPostgres({ dir });
  onTestFinished(() => first.stop());

  await expect(startPostgres({ dir })).rejects.toMatchObject({ code: "sandbox-up" });
  process.kill(first.pid, "SIGKILL");
  await first.ended;
  const second = await startPostgres({ dir });
  onTestFinished(() => second.stop());

  expect(await valueIn(second.url, "select 1")).toBe(1);
});

test("neither server lets anyone in without the password", async () => {
  const postgres = await startPostgres({ dir: temporaryFolder() });
  onTestFinished(() => postgres.stop());
  const redis = await startRedis({ dir: temporaryFolder() });
  onTestFinished(() => redis.stop());

  await expect(valueIn(`postgresql://csrd@127.0.0.1:${postgres.port}/csrd`, "select 1")).rejects.toThrow(
    /password/,
  );
  expect(await firstAnswer(redis.port, "GET key\r\n")).toMatch(/NOAUTH/);
});

test("Redis keeps its data over SIGKILL and never evicts", async () => {
  const dir = temporaryFolder();
  const first = await startRedis({ dir, settings: { appendfsync: "always" } });
  onTestFinished(() => first.stop());
  const client = new Redis(first.adminUrl, { retryStrategy: () => null });
  client.on("error", () => undefined);
  await client.set("kept", "yes");
  process.kill(first.pid, "SIGKILL");
  await first.ended;

  const second = await startRedis({ dir });
  onTestFinished(() => second.stop());
  const again = new Redis(second.adminUrl);
  onTestFinished(() => again.disconnect());

  expect(await again.get("kept")).toBe("yes");
  expect(await again.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
});

test("servers end with the process that started them, even when it is killed outright", async () => {
  const [forPostgres, forRedis] = [temporaryFolder(), temporaryFolder()];
  const script = `
    import { startPostgres } from "#sandbox/backends/postgres.ts";
    import { startRedis } from "#sandbox/backends/redis.ts";
    const postgres = await startPostgres({ dir: ${JSON.stringify(forPostgres)} });
    const redis = await startRedis({ dir: ${JSON.stringify(forRedis)} });
    process.stdout.write(postgres.pid + " " + redis.pid + "\\n");
    setInterval(() => {}, 1000);
  `;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
    cwd: path.join(import.meta.dirname, "../.."),
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void parent.kill("SIGKILL"));
  const line = await new Promise<string>((resolve) =>
    parent.stdout.once("data", (data) => resolve(String(data))),
  );
  const pids = line.trim().split(" ").map(Number);

  parent.kill("SIGKILL");

  expect(pids).toHaveLength(2);
  await expect.poll(() => pids.filter((pid) => runs(pid)), { timeout: 15_000 }).toEqual([]);
});

function runs(pid: number): boolean {
  if (existsSync("/proc")) return existsSync(`/proc/${pid}`);
  try {
    execFileSync("ps", ["-p", String(pid)]);
    return true;
  } catch {
    return false;
  }
}
