import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Keeper } from "./keeper.ts";
import { type Machine, startMachine } from "./machine.ts";
import { firewallGroups, newInstanceId } from "./names.ts";
import {
  home,
  machineNames,
  programOf,
  serviceOf,
  standsBy,
  type Surroundings,
  versionBefore,
} from "./services.ts";

/** What was deployed before the practice production's version, a week ago. */
const before = { version: versionBefore, days: 7 };

/** Starts every machine of the practice production; each writes its log into the folder's `logs`. */
export function startMachines(dir: string, around: Surroundings, keeper: Keeper): readonly Machine[] {
  const logs = path.join(dir, "logs");
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  return machineNames.map((name) => startOne(name, around.ports[name], logs, around, keeper));
}

/** Starts one more, on a port of its own, as the last deploy left its like. */
export function startMore(
  name: string,
  port: number,
  dir: string,
  around: Surroundings,
  keeper: Keeper,
): Machine {
  return startOne(name, port, path.join(dir, "logs"), around, keeper);
}

/** The machine of that name; where the platform runs in pods, the pod that stands in its place: `api-2` is the API's second one. */
export function machineNamed(machines: readonly Machine[], name: string): Machine | undefined {
  const [, service = name, number = "1"] = /^(.+?)(?:-(\d+))?$/.exec(name) ?? [];
  return (
    machines.find((machine) => machine.name === name) ??
    machines
      .filter((machine) => machine.name.startsWith(`${service}-`))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))[Number(number) - 1]
  );
}

/** True for the machines that take the load balancer's traffic. */
export function isApi({ name }: Machine): boolean {
  return name.startsWith("api-");
}

/** Tags as a deploy leaves them: what runs, what ran before, since when. */
export function deployTags(version: string, previous: string, at: Date): Readonly<Record<string, string>> {
  return {
    "csrd:version": version,
    "csrd:previous-version": previous,
    "csrd:deployed-at": at.toISOString(),
  };
}

/** Gives a machine its first program and tags again, and restarts it when it is gone or ran something else. */
export function restore(machine: Machine): void {
  const { program, tags } = machine.initial;
  machine.signal("SIGCONT");
  const changed = machine.program() !== program;
  machine.setProgram(program);
  machine.setTags(tags);
  if (changed || machine.state() === "dead") machine.reboot();
}

function startOne(name: string, port: number, logs: string, around: Surroundings, keeper: Keeper): Machine {
  const deployed = new Date(Date.now() - before.days * 24 * 3_600_000);
  return startMachine({
    id: newInstanceId(),
    name,
    port,
    firewallGroups: [serviceOf(name) === "api" ? firewallGroups.api : firewallGroups.internal],
    log: path.join(logs, `${name}.log`),
    cwd: home,
    program: programOf(name, port, around),
    tags: {
      "csrd:service": serviceOf(name),
      ...(standsBy(name)
        ? { "csrd:version": before.version }
        : deployTags(around.version, before.version, deployed)),
    },
    keeper,
    bootDelayMs: 1_000,
    graceMs: 8_000,
  });
}
