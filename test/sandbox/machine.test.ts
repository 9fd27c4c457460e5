import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Keeper, startKeeper, startOf } from "#sandbox/keeper.ts";
import { readLogEvents } from "#sandbox/log-events.ts";
import { type Machine, startMachine } from "#sandbox/machine.ts";

/** Says goodbye on SIGTERM, and says its pid in a log line once it would. */
const polite = `
  const say = (message) => console.log(JSON.stringify({ timestamp: new Date().toISOString(), level: "INFO", message }));
  process.on("SIGTERM", () => { say("ended"); process.exit(0); });
  say("started " + process.pid);
  setInterval(() => {}, 1000);`;
const stubborn = `process.on("SIGTERM", () => {}); console.log("started"); setInterval(() => {}, 1000);`;

function folder(): string {
  const dir = mkdtempSync(path.join(tmpdir(), "csrd-machine-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function machineRunning(source: string, graceMs = 300, keeper: Keeper = startKeeper()): Machine {
  const dir = folder();
  const machine = startMachine({
    id: "i-0123456789abcdef0",
    name: "api-1",
    port: 1,
    firewallGroups: [],
    log: path.join(dir, "api-1.log"),
    cwd: dir,
    program: { args: ["-e", source], env: {} },
    tags: {},
    keeper,
    bootDelayMs: 50,
    graceMs,
  });
  onTestFinished(async () => {
    await machine.stop();
    keeper.close();
  });
  return machine;
}

const said = (machine: Machine): string => readFileSync(machine.log, "utf8");
const until = (look: () => unknown) => expect.poll(look, { timeout: 15_000, interval: 20 });

test("a reboot ends the process in good order and starts another one", async () => {
  // Long enough for a busy machine to let it say goodbye.
  const machine = machineRunning(polite, 10_000);
  await until(() => said(machine)).toContain("started");
  const first = machine.pid();

  machine.reboot();
  const meanwhile = machine.state();
  await until(() => machine.state()).toBe("up");
  await until(() => said(machine).match(/started/g)?.length).toBe(2);

  expect(meanwhile).toBe("booting");
  expect(said(machine)).toContain("ended");
  expect(machine.pid()).not.toBe(first);
  const messages = readLogEvents(machine.log, "api-1", 0, Date.now()).map(({ message }) => message);
  expect(messages.map((line) => JSON.parse(line).message)).toEqual([
    `started ${first}`,
    "ended",
    `started ${machine.pid()}`,
  ]);
});

test("a process that ignores SIGTERM, or is suspended, is ended by force on reboot", async () => {
  const machine = machineRunning(stubborn);
  await until(() => said(machine)).toContain("started");
  const first = machine.pid();
  machine.signal("SIGSTOP");

  machine.reboot();
  await until(() => machine.state() === "up" && machine.pid() !== first).toBe(true);

  expect(startOf(first ?? 0)).toBeUndefined();
});

test("a killed process stays dead until it is rebooted", async () => {
  const machine = machineRunning(polite);
  await until(() => said(machine)).toContain("started");

  machine.signal("SIGKILL");
  await until(() => machine.state()).toBe("dead");
  const pid = machine.pid();
  machine.reboot();
  await until(() => machine.state()).toBe("up");

  expect(pid).toBeUndefined();
  expect(machine.pid()).toBeDefined();
});

test("when the supervising process is killed, its machines end with it, also suspended and stubborn ones", async () => {
  const owner = spawn(process.execPath, [path.resolve("test/sandbox/owner-of-three-machines.ts"), folder()], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pids = await new Promise<readonly number[]>((resolve) =>
    owner.stdout.once("data", (line) => resolve(JSON.parse(String(line)))),
  );
  const alive = pids.map((pid) => startOf(pid));

  owner.kill("SIGKILL");
  await until(() => pids.filter((pid) => startOf(pid) !== undefined)).toEqual([]);

  expect(alive.every((started) => started !== undefined)).toBe(true);
  expect(pids).toHaveLength(3);
});
