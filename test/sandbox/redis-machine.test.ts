import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Redis } from "ioredis";
import { expect, onTestFinished, test, vi } from "vitest";
import { startRedis } from "#sandbox/backends/redis.ts";
import { redisMachine } from "#sandbox/redis-machine.ts";

test("a killed Redis is seen dead, and a reboot of its machine brings it back with what it held", async () => {
  const dir = mkdtempSync(path.join(tmpdir(), "csrd-redis-machine-"));
  let server = await startRedis({ dir, settings: { appendfsync: "always" } });
  onTestFinished(async () => {
    await machine.stop();
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const machine = redisMachine({
    redis: () => server,
    revive: async () => {
      if (!server.alive()) server = await startRedis({ dir, port: server.port });
    },
  });
  const admin = new Redis(server.adminUrl, { retryStrategy: (times) => Math.min(200, times * 20) });
  admin.on("error", () => undefined);
  onTestFinished(() => admin.disconnect());
  await admin.set("csrd:report_queue:meta", "kept");
  const pid = machine.pid();

  machine.signal("SIGKILL");
  await vi.waitUntil(async () => machine.state() === "dead" && !(await machine.answers?.()), {
    timeout: 15_000,
  });
  machine.reboot();
  machine.reboot();
  const booting = machine.state();
  await vi.waitUntil(async () => machine.state() === "up" && (await machine.answers?.()) === true, {
    timeout: 30_000,
  });

  expect(booting).toBe("booting");
  expect(machine.pid()).not.toBe(pid);
  expect(await admin.get("csrd:report_queue:meta")).toBe("kept");
}, 60_000);
