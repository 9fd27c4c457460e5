import { readdirSync, readFileSync, statfsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { CloudHost } from "./cloud.ts";

/** Ticks of processor time in a second, and bytes of a page, as Linux has them on every machine the practice production runs on. */
const ticks = 100;
const page = 4_096;
const sampleMs = 300;

/** What a practice machine has: processors and memory of its type, although the host under it has more. */
export type MachineSize = { readonly cpus: number; readonly memoryMiB: number };

/** A disk that is mounted on a machine: where it really is, and as what the machine sees it. */
export type MachineDisk = {
  readonly folder: string;
  readonly mount: string;
  readonly device: string;
  readonly serial?: string | undefined;
  /** Its size and what is used of it, in KiB, where that is not simply what the folder's file system says. */
  readonly measure?: () => { readonly size: number; readonly used: number };
};

type Seen = {
  readonly pid: number;
  readonly group: number;
  readonly command: string;
  readonly used: number;
  readonly resident: number;
  readonly started: number;
};

/**
 * What the agent on a machine would see: the processes of its group, as the kernel counts them, against the size of the machine;
 * file systems as they really are. Only on Linux.
 */
export async function lookIntoMachine(
  group: number | undefined,
  { cpus, memoryMiB }: MachineSize,
  disks: readonly MachineDisk[],
): Promise<CloudHost> {
  const before = new Map(groupOf(group).map((one) => [`${one.pid} ${one.started}`, one.used]));
  const from = performance.now();
  await sleep(sampleMs);
  const seconds = (performance.now() - from) / 1_000;
  const up = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  const processes = groupOf(group)
    .map(({ pid, command, used, resident, started }) => ({
      pid,
      command,
      resident: (resident * page) / 1024,
      cores: Math.max(0, used - (before.get(`${pid} ${started}`) ?? 0)) / ticks / seconds,
      age: Math.max(0, Math.round(up - started / ticks)),
    }))
    .sort((a, b) => b.resident - a.resident)
    .slice(0, 32);
  const total = memoryMiB * 1024;
  const taken = processes.reduce((sum, { resident }) => sum + resident, 0);
  return {
    cores: cpus,
    coresUsed: Math.min(
      cpus,
      processes.reduce((sum, { cores }) => sum + cores, 0),
    ),
    memory: { total, available: Math.max(0, Math.round(total - taken)) },
    disks: disks.map(({ folder, mount, device, serial, measure }) => {
      if (measure !== undefined) return { device, mount, ...measure(), serial };
      const { bsize, blocks, bfree } = statfsSync(folder);
      const kib = (count: number) => Math.round((count * bsize) / 1024);
      return { device, mount, size: kib(blocks), used: kib(blocks - bfree), serial };
    }),
    processes,
  };
}

/** The processes of a group now, without the one it is named after. Only on Linux. */
export function othersOfGroup(group: number): readonly number[] {
  return groupOf(group)
    .map(({ pid }) => pid)
    .filter((pid) => pid !== group);
}

/** Milliseconds of processor time that processes have had so far; those that ended count no more. Only on Linux. */
export function processorMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ((seen(String(pid))?.used ?? 0) * 1_000) / ticks, 0);
}

/** Every process of a group now; none without a group. */
function groupOf(group: number | undefined): readonly Seen[] {
  if (group === undefined) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => seen(pid) ?? [])
    .filter((one) => one.group === group);
}

/** One process as the kernel counts it; undefined when it has ended. */
function seen(pid: string): Seen | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const shut = text.lastIndexOf(")");
    const fields = text.slice(shut + 2).split(" ");
    const at = (index: number) => Number(fields[index]);
    if (fields[0] === "Z") return undefined;
    const command = text.slice(text.indexOf("(") + 1, shut);
    const used = at(11) + at(12);
    return { pid: Number(pid), group: at(2), command, used, started: at(19), resident: at(21) };
  } catch {
    // It ended while we looked.
    return undefined;
  }
}
