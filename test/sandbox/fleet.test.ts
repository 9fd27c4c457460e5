import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createFleet, type Fleet } from "#sandbox/fleet.ts";
import { type Keeper, startKeeper, startOf } from "#sandbox/keeper.ts";
import { lookIntoMachine } from "#sandbox/machine-host.ts";
import { type Machine, startMachine } from "#sandbox/machine.ts";
import { newInstanceId } from "#sandbox/names.ts";

const idle =
  "process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000); console.log('started');";
const until = (look: () => unknown) => expect.poll(look, { timeout: 30_000, interval: 20 });

let keeper: Keeper;
let dir: string;
let told: string[];
let fleet: Fleet;
let source: string;

function machineNamed(name: string): Machine {
  return startMachine({
    id: newInstanceId(),
    name,
    port: 1,
    firewallGroups: [],
    log: path.join(dir, `${name}.log`),
    cwd: dir,
    program: { args: ["-e", source], env: {} },
    tags: {},
    keeper,
    bootDelayMs: 10,
    graceMs: 10_000,
  });
}

beforeEach(() => {
  keeper = startKeeper();
  dir = mkdtempSync(path.join(tmpdir(), "csrd-fleet-"));
  told = [];
  source = idle;
  fleet = createFleet({
    first: ["api-1", "api-2", "standby-1", "worker", "audit"].map(machineNamed),
    start: async (_service, name) => machineNamed(name),
    untilReady: async (machine) => {
      while (!readFileSync(machine.log, "utf8").includes("started")) {
        if (machine.state() === "dead") throw new Error("it ended");
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    join: (machine) => void told.push(`join ${machine.name}`),
    leave: (machine) => void told.push(`leave ${machine.name}`),
    gone: (machine) => void told.push(`gone ${machine.name}`),
  });
  onTestFinished(async () => {
    await fleet.stop();
    keeper.close();
    rmSync(dir, { recursive: true, force: true });
  });
});

const group = (name: string) => fleet.groups().find((one) => one.name === name);
const names = () => fleet.machines().map(({ name }) => name);
const inService = (name: string) =>
  group(name)?.members.filter(({ lifecycle }) => lifecycle === "InService").length;

describe("a fleet", () => {
  test("has a group for each service, with the machines of the first day and never fewer", () => {
    expect(group("csrd-api")).toMatchObject({ least: 2, desired: 2, most: 4 });
    expect(group("csrd-worker")).toMatchObject({ least: 1, desired: 1, most: 4 });
    expect(group("csrd-api")?.members).toHaveLength(2);
  });

  test("starts real processes under free names, tells of them once they work, and ends the newest first", async () => {
    fleet.setDesired("csrd-audit", 3);
    expect(group("csrd-audit")?.desired).toBe(3);
    await until(() => inService("csrd-audit")).toBe(3);
    const pids = fleet.machines().map((machine) => machine.pid());
    expect(names().slice(-2)).toEqual(["audit-2", "audit-3"]);
    expect(pids.every((pid) => pid !== undefined && startOf(pid) !== undefined)).toBe(true);

    fleet.setDesired("csrd-audit", 2);
    await until(() => names().includes("audit-3")).toBe(false);

    expect(told).toEqual(["join audit-2", "join audit-3", "leave audit-3", "gone audit-3"]);
    expect(startOf(pids.at(-1) ?? 0)).toBeUndefined();
    expect(fleet.activities("csrd-audit").map(({ says }) => says.replace(/i-\w+/, "i"))).toEqual([
      "Terminating EC2 instance: i",
      "Launching a new EC2 instance: i",
      "Launching a new EC2 instance: i",
    ]);
    expect(fleet.logs().map(({ name }) => name)).toContain("audit-3");
  });

  test("ends what was added and keeps the first when everything is put back", async () => {
    fleet.setDesired("csrd-api", 4);
    fleet.setDesired("csrd-worker", 2);
    await until(() => inService("csrd-api")).toBe(4);

    await fleet.reset();

    expect(names()).toEqual(["api-1", "api-2", "standby-1", "worker", "audit"]);
  });

  test("tells the truth about one that does not start, and tries again", async () => {
    source = "process.exit(1)";
    fleet.setDesired("csrd-worker", 2);
    await until(() => fleet.activities("csrd-worker").some(({ status }) => status === "Failed")).toBe(true);
    expect(inService("csrd-worker")).toBe(1);

    source = idle;

    await until(() => inService("csrd-worker")).toBe(2);
  });

  test.runIf(process.platform === "linux")(
    "lets its agents see what a machine's processes really use",
    async () => {
      source =
        "const held = Buffer.alloc(64 * 1024 * 1024, 1); const end = Date.now() + 60_000; while (Date.now() < end && held[0] === 1);";
      const busy = machineNamed("busy");
      onTestFinished(() => void busy.signal("SIGKILL"));
      await until(() => busy.pid()).toBeDefined();
      const size = { cpus: 2, memoryMiB: 2_048 };
      const disks = [{ folder: dir, mount: "/", device: "/dev/nvme0n1p1" }];
      const look = () => lookIntoMachine(busy.pid(), size, disks);
      const deadline = Date.now() + 30_000;
      let seen = await look();
      while (seen.memory.total - seen.memory.available < 64 * 1024 && Date.now() < deadline)
        seen = await look();

      expect(seen.processes[0]).toMatchObject({ pid: busy.pid(), command: expect.stringMatching(/./) });
      expect(seen.memory.total - seen.memory.available).toBeGreaterThan(64 * 1024);
      expect(seen.coresUsed).toBeGreaterThan(0);
      expect(seen.disks[0]?.size).toBeGreaterThan(0);
      expect((await lookIntoMachine(undefined, size, disks)).processes).toEqual([]);
    },
  );
});
