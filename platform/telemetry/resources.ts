import { readFile, statfs } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";

/** How much of this machine (or container) is in use, whole percent. */
export type Resources = {
  readonly cpuUsage: number;
  readonly memoryUsage: number;
  readonly diskUsage: number;
  readonly memoryFreeBytes: number;
  readonly diskFreeBytes: number;
};

/** Looks at CPU, memory, and the disk that holds `dir`. CPU is what was used since the last look, of what could be used. */
export async function readResources(dir: string): Promise<Resources> {
  const limit = process.constrainedMemory();
  const total = limit > 0 && limit < totalmem() ? limit : totalmem();
  const free = Math.min(process.availableMemory(), total);
  const [disk, cpu] = await Promise.all([statfs(dir), cpuShare()]);
  const used = disk.blocks - disk.bfree;
  return {
    cpuUsage: percent(cpu),
    memoryUsage: percent(1 - free / total),
    // As df counts it: what is kept for the administrator is nobody's to use.
    diskUsage: percent(used + disk.bavail === 0 ? 1 : used / (used + disk.bavail)),
    memoryFreeBytes: free,
    diskFreeBytes: disk.bavail * disk.bsize,
  };
}

function percent(share: number): number {
  return Math.max(0, Math.min(100, Math.round(share * 100)));
}

/** Seconds of CPU used so far, and the moment; of the container where it has a limit of its own, else of the machine. */
type Used = { readonly used: number; readonly could: number };

/** Two looks closer together than this say the same. */
const leastMs = 500;
let before: { readonly at: number; readonly used: Used } | undefined;
let latest: Promise<number> | undefined;

/** Share of the CPU in use since the look before; the first look takes a tenth of a second to have something to compare with. */
function cpuShare(): Promise<number> {
  if (latest !== undefined && before !== undefined && performance.now() - before.at < leastMs) return latest;
  latest = (async () => {
    if (before === undefined) {
      before = { at: performance.now(), used: await cpuUsed() };
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const earlier = before.used;
    const now = await cpuUsed();
    before = { at: performance.now(), used: now };
    return now.could > earlier.could ? (now.used - earlier.used) / (now.could - earlier.could) : 0;
  })();
  return latest;
}

async function cpuUsed(): Promise<Used> {
  return (await containerCpu()) ?? machineCpu();
}

function machineCpu(): Used {
  let [used, could] = [0, 0];
  for (const { times } of cpus()) {
    const busy = times.user + times.nice + times.sys + times.irq;
    used += busy / 1000;
    could += (busy + times.idle) / 1000;
  }
  return { used, could };
}

/** CPU of a container that may use only a part of its machine (cgroup v2); undefined where there is no such limit. */
async function containerCpu(): Promise<Used | undefined> {
  try {
    const [limit, stat] = await Promise.all([
      readFile("/sys/fs/cgroup/cpu.max", "utf8"),
      readFile("/sys/fs/cgroup/cpu.stat", "utf8"),
    ]);
    const [quota, period] = limit.trim().split(" ").map(Number);
    const used = /^usage_usec (\d+)/m.exec(stat)?.[1];
    if (quota === undefined || period === undefined || Number.isNaN(quota) || used === undefined)
      return undefined;
    const cores = Math.min(quota / period, availableParallelism());
    return { used: Number(used) / 1e6, could: (performance.now() / 1000) * cores };
  } catch {
    return undefined;
  }
}

/**
 * Healthy unless memory or disk runs out: 95 % used and little left in absolute terms, so that a large disk is not called full early.
 * A busy CPU alone is work being done; latency tells when it hurts.
 */
export function judgeResources(resources: Resources): "healthy" | "unhealthy" {
  const memoryGone = resources.memoryUsage >= 95 && resources.memoryFreeBytes < 512 * 2 ** 20;
  const diskGone = resources.diskUsage >= 95 && resources.diskFreeBytes < 2 * 2 ** 30;
  return memoryGone || diskGone ? "unhealthy" : "healthy";
}
