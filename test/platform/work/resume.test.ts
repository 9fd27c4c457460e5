import { setTimeout as pause } from "node:timers/promises";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { agentNames } from "#platform/contract.ts";
import { openWorld, tookAtMost, type World } from "./world.ts";

// At the settings that a worker has when nobody sets any.
let world: World;
beforeAll(async () => {
  world = await openWorld();
}, 120_000);
afterAll(() => world?.close());

test("a killed worker's report, and a killed agent's, go on within twenty seconds at default settings", async () => {
  const others = agentNames.filter((name) => name !== "calculator");
  const [{ urls }, slow] = await Promise.all([
    world.agents(others),
    world.agents(["calculator"], { SLOW_MS: "30000" }),
  ]);
  const port = new URL(slow.urls.slice("calculator=".length)).port;
  const first = await world.worker("w-first", `${urls},${slow.urls}`);
  const { id } = await world.accept("acme");
  await world.hasBegun(id, "calculator");
  const startsOf = async (agent: string) =>
    (await world.events(id)).filter((event) => event.kind === "agent-started" && event.agent === agent);
  await world.worker("w-second", `${urls},${slow.urls}`);
  const startsBefore = (await world.events(id)).filter((event) => event.kind === "agent-started").length;

  const killedAt = Date.now();
  await first.end("SIGKILL");
  const later = async () =>
    (await world.events(id)).filter((event) => event.kind === "agent-started")[startsBefore];
  await vi.waitUntil(async () => (await later()) !== undefined, { timeout: 40_000 });
  const taken = await later();
  expect(taken?.detail["worker"]).toBe("w-second");
  tookAtMost(
    "a dead worker's report was taken over after",
    (taken?.at.getTime() ?? Infinity) - killedAt,
    20_000,
  );
  await world.hasBegun(id, "calculator");
  await slow.process.end("SIGKILL");
  const before = (await startsOf("calculator")).length;
  await pause(500);
  const backAt = Date.now();
  await world.agents(["calculator"], { SMALL_PORT: port });
  const status = await world.reaches(id, "completed", 40_000);
  const again = (await startsOf("calculator"))[before]?.at.getTime() ?? backAt;

  tookAtMost("a dead agent's report went on, from the start of the new one, after", again - backAt, 20_000);
  expect(status.outcome).toBe("ok");
  const completed = (await world.events(id)).filter((event) => event.kind === "agent-completed");
  expect(completed.map((event) => event.agent)).toEqual(agentNames);
}, 180_000);

test("nothing of ours can delete the queue", () => {
  const root = path.join(import.meta.dirname, "../../..");
  const sources = ["platform", "bin"].flatMap((room) =>
    readdirSync(path.join(root, room), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => path.join(room, name)),
  );
  const deleting = sources.filter((name) =>
    /\.(obliterate|drain|flushall|flushdb|unlink)\(|"(flushall|flushdb)"|call\("(del|unlink)"/i.test(
      readFileSync(path.join(root, name), "utf8"),
    ),
  );

  expect(sources.length).toBeGreaterThan(200);
  // The API's own drain, and BullMQ's `drain` in none.
  expect(deleting.filter((name) => /queue|redis|work\//.test(name))).toEqual([]);
});
