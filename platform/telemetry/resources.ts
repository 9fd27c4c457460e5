import { statfs } from "node:fs/promises";
import { availableParallelism, loadavg, totalmem } from "node:os";

/** How much of this machine (or container) is in use, whole percent. */
export type Resources = {
  readonly cpuUsage: number;
  readonly memoryUsage: number;
  readonly diskUsage: number;
  readonly memoryFreeBytes: number;
  readonly diskFreeBytes: number;
};

/** Looks at CPU (load of the last minute per core), memory, and the disk that holds `dir`. */
export async function readResources(dir: string): Promise<Resources> {
  const limit = process.constrainedMemory();
  const total = limit > 0 && limit < totalmem() ? limit : totalmem();
  const free = Math.min(process.availableMemory(), total);
  const disk = await statfs(dir);
  return {
    cpuUsage: percent((loadavg()[0] ?? 0) / availableParallelism()),
    memoryUsage: percent(1 - free / total),
    diskUsage: percent(1 - disk.bavail / disk.blocks),
    memoryFreeBytes: free,
    diskFreeBytes: disk.bavail * disk.bsize,
  };
}

function percent(share: number): number {
  return Math.max(0, Math.min(100, Math.round(share * 100)));
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
