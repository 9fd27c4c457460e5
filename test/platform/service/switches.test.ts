import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { environmentSource, fileSource } from "#platform/service/switch-sources.ts";
import { type SwitchedOff, type SwitchSource, watchSwitches } from "#platform/service/switches.ts";

const watched = async (sources: readonly SwitchSource[], ttlMs = 10_000) => {
  const switches = await watchSwitches({ sources, ttlMs, everyMs: 20 });
  onTestFinished(() => switches.close());
  return switches;
};
const says = (off: readonly SwitchedOff[]): SwitchSource => ({
  name: "Made up",
  kind: "shared",
  read: async () => off,
});
const off = (scope: SwitchedOff["scope"]): SwitchedOff => ({
  scope,
  reason: "INC-1",
  by: "ops",
  since: "2026-11-21T00:00:00Z",
});

test("any source that says off wins, and all takes every agent with it", async () => {
  const one = await watched([says([]), says([off("calculator")])]);
  const all = await watched([says([off("all")]), says([])]);

  expect(one.off("calculator")).toMatchObject({ reason: "INC-1", by: "ops" });
  expect(one.off("audit")).toBeUndefined();
  expect(all.off("audit")).toMatchObject({ scope: "all" });
  expect(() => all.require("llm")).toThrow(
    "All agents are switched off since 2026-11-21T00:00:00Z by ops: INC-1",
  );
});

test.for([
  [undefined, false],
  ["0", false],
  ["false", false],
  ["1", true],
  ["true", true],
  ["maybe", true],
] as const)("AGENT_SAFE_MODE=%s switches everything off: %s", async ([value, expected]) => {
  const switches = await watched([environmentSource(value)]);

  expect(switches.off("intake") !== undefined).toBe(expected);
});

test("a file says which agents are off while it is there, and a word that is no scope switches everything off", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "csrd-switches-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "switches");
  const switches = await watched([fileSource(file)]);
  expect(switches.all()).toEqual([]);

  writeFileSync(file, "# during INC-7\ncalculator INC-7 wrong factors\n");
  await vi.waitUntil(() => switches.off("calculator") !== undefined, { timeout: 15_000 });
  const only = switches.all();
  writeFileSync(file, "everything please\n");
  await vi.waitUntil(() => switches.off("audit") !== undefined, { timeout: 15_000 });
  const wrong = switches.off("audit");
  rmSync(file);
  await vi.waitUntil(() => switches.all().length === 0, { timeout: 15_000 });

  expect(only).toMatchObject([{ scope: "calculator", reason: "INC-7 wrong factors" }]);
  expect(wrong?.reason).toContain("cannot be understood");
});

test("a shared source that restarts stops nothing; one that stays away longer than its time switches everything off", async () => {
  let away = true;
  const source: SwitchSource = {
    name: "Redis",
    kind: "shared",
    read: async () => {
      if (away) throw new Error("ECONNREFUSED");
      return [];
    },
  };
  const switches = await watched([source], 2_000);
  const changes: number[] = [];
  switches.onChange(() => changes.push(switches.all().length));

  const atFirst = switches.off("all")?.reason;
  away = false;
  await vi.waitUntil(() => switches.off("all") === undefined, { timeout: 15_000 });
  away = true;
  await pause(300);
  const restarting = switches.off("all");
  await vi.waitUntil(() => switches.off("all") !== undefined, { timeout: 5_000 });

  expect(atFirst).toBe("Redis has not been read yet");
  expect(restarting).toBeUndefined();
  expect(switches.off("all")?.reason).toBe("Redis can no longer be read");
  await vi.waitUntil(() => changes.length >= 2, { timeout: 15_000 });
  expect(changes).toEqual([0, 1]);
});

test("a source that hangs counts as one that cannot be read", async () => {
  const hangs: SwitchSource = {
    name: "Redis",
    kind: "shared",
    read: () => new Promise<readonly SwitchedOff[]>(() => undefined),
  };
  const switches = await watched([hangs], 2_000);

  expect(switches.off("audit")?.reason).toBe("Redis has not been read yet");
});

test("who has only just started waits for the first word of its switches, and no longer than it was told to", async () => {
  let isThere = false;
  const late: SwitchSource = {
    name: "Redis",
    kind: "shared",
    read: async () => {
      if (!isThere) throw new Error("nobody has filled it");
      return [];
    },
  };
  const switches = await watched([late]);

  await switches.heard(30);
  const before = switches.off("audit");
  const hearing = switches.heard(10_000);
  isThere = true;
  await hearing;

  expect(before?.reason).toBe("Redis has not been read yet");
  expect(switches.off("audit")).toBeUndefined();
});
