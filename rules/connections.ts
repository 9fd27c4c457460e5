/** How much of the database's connections is taken. */
export type ConnectionsTaken = { readonly used: number; readonly most: number };

/**
 * From which share a person should know, and from which it is an outage in the making. Source: awesome-prometheus-alerts, "PostgreSQL too many
 * connections" (80 %); clo-operations-manual "Database_Connections" warns at 15 and 18 of its pool of 20, which is 75 % and 90 %.
 */
const connectionShares = { warn: 0.8, critical: 0.9 } as const;

/** Judges the share of connections taken. */
export function judgeConnections({ used, most }: ConnectionsTaken): "calm" | "high" | "exhausted" {
  if (most <= 0) return "exhausted";
  const share = used / most;
  if (share >= connectionShares.critical) return "exhausted";
  return share >= connectionShares.warn ? "high" : "calm";
}
