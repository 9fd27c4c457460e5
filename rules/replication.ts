import type { DatabaseServer, Replication } from "#kit/ports/replication.ts";

/**
 * How much of what was committed may be lost in a failover without asking a person, in KiB of the database's log. Replication does not wait
 * for the replica, so a little is always possible. Source: Patroni documentation, maximum_lag_on_failover, 1 MiB.
 */
export const mostLostKiB = 1024;

/** Servers of the platform's data that take writes now; two of them are two truths. */
export function writersOf({ servers, systemId }: Replication): readonly DatabaseServer[] {
  return servers.filter((one) => one.role === "primary" && one.systemId === systemId);
}

/** The server that is, or was until now, the primary: where the address leads, or else the only one that follows nobody. */
export function primaryOf({ servers, leadsTo }: Replication): DatabaseServer | undefined {
  const led = servers.find(({ name }) => name === leadsTo);
  if (led !== undefined) return led;
  const leaders = servers.filter(({ role }) => role !== "replica");
  return leaders.length === 1 ? leaders[0] : undefined;
}

/** The replica that has received the most of the platform's own data; by name where two have the same. */
export function bestReplica({ servers, systemId }: Replication): DatabaseServer | undefined {
  return servers
    .filter((one) => one.role === "replica" && one.systemId !== undefined && one.systemId === systemId)
    .toSorted((a, b) => (b.position ?? 0) - (a.position ?? 0) || a.name.localeCompare(b.name))[0];
}

/** Servers that answer and hold other data than the platform's. */
export function strangersOf({ servers, systemId }: Replication): readonly DatabaseServer[] {
  return servers.filter((one) => one.systemId !== undefined && one.systemId !== systemId);
}

/** Bytes of the primary's log that a replica has not received, as far as anybody knows how far the primary came; undefined when nobody does. */
export function lossOf(replica: DatabaseServer, lastKnown: number | undefined): number | undefined {
  if (lastKnown === undefined || replica.position === undefined) return undefined;
  return Math.max(0, lastKnown - replica.position);
}
