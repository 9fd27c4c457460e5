/** Shares of what a unit may use, from which a person should know and from which something has to be done. */
type Lines = { readonly warn: number; readonly critical: number };

/**
 * Lines by resource. Source: clo-operations-manual "Alert Configuration" (CPU 70 % and 85 %, memory 80 % and 95 %); csrd-operations-manual
 * "Runbook: High Memory Usage", "Memory usage >95% for >5 min".
 */
export const resourceLines: Readonly<Record<"memory" | "cpu", Lines>> = {
  memory: { warn: 0.8, critical: 0.95 },
  cpu: { warn: 0.7, critical: 0.85 },
};

/** What of a unit these judgements need to know. */
export type Usage = {
  readonly memory: { readonly usedBytes: number; readonly limitBytes: number };
  readonly cpu: { readonly used: number; readonly limit: number };
};

/** Share in use, 0 to 1 and above; a limit of nothing is all used. */
export function shareOf({ memory, cpu }: Usage, resource: "memory" | "cpu"): number {
  const [used, limit] = resource === "memory" ? [memory.usedBytes, memory.limitBytes] : [cpu.used, cpu.limit];
  return limit > 0 ? used / limit : 1;
}

/** Judges a share of a resource. */
export function judgeShare(share: number, resource: "memory" | "cpu"): "calm" | "high" | "critical" {
  const { warn, critical } = resourceLines[resource];
  if (share >= critical) return "critical";
  return share >= warn ? "high" : "calm";
}

/** One look at a process's memory. */
export type MemorySample = { readonly at: string; readonly bytes: number };

/** Bytes per minute by which it grows, as the least-squares line through the samples says; undefined for fewer than three, or within no time. */
export function growthPerMinute(samples: readonly MemorySample[]): number | undefined {
  if (samples.length < 3) return undefined;
  const minutes = samples.map(({ at }) => Date.parse(at) / 60_000);
  const meanX = mean(minutes);
  const meanY = mean(samples.map(({ bytes }) => bytes));
  const spread = minutes.reduce((sum, x) => sum + (x - meanX) ** 2, 0);
  if (spread === 0) return undefined;
  const together = samples.reduce(
    (sum, { bytes }, at) => sum + ((minutes[at] ?? 0) - meanX) * (bytes - meanY),
    0,
  );
  return together / spread;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}
