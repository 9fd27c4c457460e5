import { writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { machineNamed } from "#sandbox/machines.ts";
import type { Production } from "#sandbox/production.ts";
import { untilReady } from "#sandbox/readiness.ts";
import { instanceType } from "#sandbox/standins/aws/ec2.ts";

/** Of the memory of a practice machine: over the line from which somebody is called, and short of what it has. */
const share = 0.965;

/** What each kind of hog is told. */
const wishes: Readonly<Record<"memory" | "cpu", Readonly<Record<string, string>>>> = {
  memory: { SANDBOX_HOG_MIB: String(Math.round(instanceType.memoryMiB * share)) },
  cpu: { SANDBOX_HOG_CORES: String(instanceType.cpus) },
};

/**
 * Starts one machine's process again with a hog inside, and waits until it serves. The next start is without one, and mending takes the hog's
 * settings away.
 */
export async function feed(
  { dir, machines }: Production,
  name: string,
  kind: "memory" | "cpu",
): Promise<void> {
  const machine = machineNamed(machines, name);
  if (machine === undefined) return;
  const mark = path.join(dir, `hog-${name}`);
  writeFileSync(mark, "", { mode: 0o600 });
  const { args, env } = machine.initial.program;
  machine.setProgram({
    args: ["--import", path.join(import.meta.dirname, `${kind}.ts`), ...args],
    env: { ...env, SANDBOX_HOG: mark, ...wishes[kind] },
  });
  machine.reboot();
  while (machine.state() === "booting") await sleep(50);
  await untilReady(machine);
}
