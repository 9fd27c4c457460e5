import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startKeeper } from "#sandbox/keeper.ts";
import { startMachine } from "#sandbox/machine.ts";

// Run by machine.test.ts as a process of its own: starts a polite, a stubborn and a suspended machine, says their pids, and waits.

const [dir = ""] = process.argv.slice(2);
const keeper = startKeeper();
const wait = "setInterval(() => {}, 1000);";
const sources = [wait, `process.on("SIGTERM", () => {}); ${wait}`, wait];
const machines = sources.map((source, index) =>
  startMachine({
    id: `i-${index}`,
    name: `machine-${index}`,
    port: 1,
    firewallGroups: [],
    log: path.join(dir, `${index}.log`),
    cwd: dir,
    program: { args: ["-e", source], env: {} },
    tags: {},
    keeper,
    bootDelayMs: 50,
    graceMs: 300,
  }),
);
await sleep(300);
machines[2]?.signal("SIGSTOP");
process.stdout.write(JSON.stringify(machines.map((machine) => machine.pid())));
await sleep(60_000);
