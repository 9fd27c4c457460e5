import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { EnvironmentFile } from "#kit/environment.ts";
import {
  sandboxBreak,
  sandboxDown,
  sandboxInbox,
  sandboxMend,
  sandboxStatus,
  sandboxUp,
} from "#sandbox/client.ts";
import { readUpFile } from "#sandbox/up-file.ts";
import { processesOf } from "./processes-of.ts";

const onLinux = process.platform === "linux";

function temporaryFolder(): string {
  const dir = mkdtempSync(path.join(tmpdir(), "csrd-sandbox-"));
  chmodSync(dir, 0o711);
  return dir;
}

const up = (dir: string) => sandboxUp({ dir, lifetime: "attached", onMessage: () => undefined });
const notWell = async (dir: string) =>
  (await sandboxStatus(dir)).rows.filter(({ state }) => state !== "done").map(({ name }) => name);

describe("a practice production that is up", () => {
  const dir = temporaryFolder();
  const outside = async (): Promise<number> => {
    const file = EnvironmentFile.parse(parse(readFileSync(path.join(dir, "environment.yaml"), "utf8")));
    return (await fetch(`${file.services[0]?.url}/readyz`)).status;
  };

  beforeAll(() => up(dir));
  afterAll(async () => {
    await sandboxDown(dir).catch(() => undefined);
    rmSync(dir, { recursive: true, force: true });
  });

  test("has every process ready, with a pid, a port and memory", async () => {
    const { rows, broken } = await sandboxStatus(dir);

    expect(rows.filter(({ state }) => state !== "done")).toEqual([]);
    expect(rows.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["api-1", "api-2", "worker", "audit"]),
    );
    expect(rows.every(({ pid, port, memoryMiB }) => pid && port && memoryMiB)).toBe(true);
    expect(broken).toEqual([]);
    expect(await outside()).toBe(200);
    expect(await sandboxInbox(dir)).toMatchObject({
      slack: expect.arrayContaining([expect.objectContaining({ name: "incidents" })]),
      pagerduty: [],
    });
  });

  test("refuses a second one in its folder", async () => {
    await expect(up(dir)).rejects.toMatchObject({ code: "sandbox-up", exit: 2 });
  });

  test("keeps its token and its secrets to its owner, and answers nobody without the token", async () => {
    const url = readUpFile(dir)?.control?.url;

    const answer = await fetch(`${url}/status`, { headers: { authorization: "Bearer guess" } });

    expect(answer.status).toBe(401);
    expect(await answer.text()).toBe("{}");
  });

  test("refuses a fault it does not have, by name", async () => {
    await expect(sandboxBreak(dir, "../status")).rejects.toMatchObject({ code: "usage", exit: 2 });
  });

  test.for([
    ["api-down", ["load balancer", "api-1", "api-2"], 503],
    ["bad-deploy", ["load balancer", "api-1", "api-2"], 503],
    ["firewall-closed", ["load balancer", "api-1", "api-2"], 503],
    ["redis-down", ["worker", "redis"], 200],
  ] as const)("%s breaks what it says, and mending undoes it", async ([fault, wrong, status]) => {
    await sandboxBreak(dir, fault);
    await expect.poll(() => notWell(dir), { timeout: 20_000 }).toEqual(expect.arrayContaining([...wrong]));
    await expect.poll(outside, { timeout: 20_000 }).toBe(status);

    const mended = await sandboxMend(dir);

    expect(mended).toEqual([fault]);
    expect(await notWell(dir)).toEqual([]);
    expect(await outside()).toBe(200);
  });

  test.runIf(onLinux)("down ends everything and takes environment, token and secrets away", async () => {
    const before = processesOf(dir).length;

    await sandboxDown(dir);

    expect(before).toBeGreaterThan(10);
    expect(processesOf(dir)).toEqual([]);
    expect(
      ["up.json", "environment.yaml", "secrets"].filter((name) => existsSync(path.join(dir, name))),
    ).toEqual([]);
    await expect(sandboxStatus(dir)).rejects.toMatchObject({ code: "sandbox-down", exit: 2 });
  });
});

describe.runIf(onLinux)("whatever ends a practice production, no process is left", () => {
  test("SIGKILL of the supervisor", async () => {
    const dir = temporaryFolder();
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    await up(dir);
    await sandboxBreak(dir, "api-hang");

    process.kill(readUpFile(dir)?.supervisor.pid ?? Number.NaN, "SIGKILL");

    await expect.poll(() => processesOf(dir), { timeout: 20_000 }).toEqual([]);
  });

  test("Ctrl-C while the demo is starting it", async () => {
    const folder = temporaryFolder();
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const demo = spawn(process.execPath, [path.resolve("sandbox/demo.js")], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    demo.stdout.on("data", (text) => (said += String(text)));
    await expect.poll(() => said, { timeout: 30_000 }).toContain("PostgreSQL     127.0.0.1");
    const during = processesOf(folder).length;

    demo.kill("SIGINT");
    const code = await new Promise((resolve) => demo.once("exit", resolve));

    expect(during).toBeGreaterThan(3);
    expect(code).toBe(130);
    expect(processesOf(folder)).toEqual([]);
  });
});
