import { readFileSync } from "node:fs";

/** Resident memory (MB) and processor time (ms) of a process so far; undefined when it is gone, or where there is no /proc. */
export function usageOf(
  pid: number | undefined,
): { readonly rssMb: number; readonly cpuMs: number } | undefined {
  if (pid === undefined) return undefined;
  try {
    // User and system time, in hundredths of a second, behind the name in brackets.
    const times = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    const kib = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    return { rssMb: (kib * 1024) / 1e6, cpuMs: (Number(times[11]) + Number(times[12])) * 10 };
  } catch {
    return undefined;
  }
}
