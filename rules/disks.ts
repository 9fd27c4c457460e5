import { degraded, healthy, unhealthy } from "#kit";
import type { Health } from "#kit/check.ts";
import type { AllDisks, SeenDisk } from "#kit/disks.ts";
import type { Disk } from "#kit/ports/hosts.ts";
import type { DatabaseServer, ReplicationSlot } from "#kit/ports/replication.ts";

/** Shares of a disk. Source: clo-operations-manual "Alert Configuration", Disk_Usage 80 % and 90 %; csrd-production-runbook "Critical Alerts", <5 % free. */
export const diskLines = { warn: 0.8, critical: 0.9, page: 0.95 } as const;

/** Bytes kept for a replica that does not come for them, from which on somebody has to say whether it ever will. */
const forgottenBytes = 1024 ** 3;

const gib = 1024 ** 3;

/** Share in use, 0 to 1; a disk of no size is full. */
export function fullness({ usedBytes, sizeBytes }: Pick<SeenDisk, "usedBytes" | "sizeBytes">): number {
  return sizeBytes > 0 ? usedBytes / sizeBytes : 1;
}

/** Disks over the critical line, the fullest first. */
export function fullDisks({ disks }: AllDisks): readonly SeenDisk[] {
  return disks.filter((disk) => fullness(disk) >= diskLines.critical);
}

/** A disk and its share as people read it: "/var/lib/csrd of worker 97 %". */
export function diskText({ mount, units, ...disk }: SeenDisk): string {
  const [first = "?", ...more] = units;
  return `${mount} of ${first}${more.length === 0 ? "" : ` and ${more.length} more`} ${Math.floor(fullness(disk) * 100)} %`;
}

/** Judges what all disks hold: unhealthy when one is over its line, unknown when none could be seen. */
export function judgeDisks(all: AllDisks): Health {
  const says = readDisks(all);
  const [fullest] = all.disks;
  if (fullest === undefined) return { state: "unknown", says };
  const share = fullness(fullest);
  if (share >= diskLines.critical) return unhealthy(says);
  return share >= diskLines.warn ? degraded(says) : healthy(says);
}

/** How all this reads at a glance. */
export function readDisks(all: AllDisks): string {
  const { disks, silent } = all;
  const full = fullDisks(all);
  const [fullest] = disks;
  const seen =
    fullest === undefined
      ? "no disk was seen"
      : full.length > 0
        ? `${full.length} of ${disks.length} disks: ${full.map(diskText).join(", ")}`
        : `${disks.length} disks, fullest: ${diskText(fullest)}`;
  return silent.length === 0 ? seen : `${seen}; not seen: ${silent.join(", ")}`;
}

/** The size that makes a disk two thirds full, in whole GiB: enough for the week, and not twice as dear. */
export function roomySize({ usedBytes, sizeBytes }: Pick<SeenDisk, "usedBytes" | "sizeBytes">): number {
  const wanted = Math.max(usedBytes * 1.5, sizeBytes * 1.25);
  return Math.ceil(wanted / gib) * gib;
}

/** Slots that keep much for somebody who does not come for it; the largest first. */
export function forgottenSlots(
  servers: readonly DatabaseServer[],
): readonly (ReplicationSlot & { readonly server: string })[] {
  return servers
    .flatMap(({ name, slots }) => slots.map((slot) => ({ ...slot, server: name })))
    .filter(({ active, keptBytes }) => !active && keptBytes >= forgottenBytes)
    .toSorted((a, b) => b.keptBytes - a.keptBytes || a.name.localeCompare(b.name));
}

/** The disks under the database's servers, `units` naming the server; the fullest first. */
export type DataDisks = AllDisks;

/** Mounts that are named for PostgreSQL's data or its log. */
const dataMount = /postgres|pgsql|pgdata|pg_?wal/i;

/** Of a machine's disks those that the database is on: the ones named for it, or all where none is. */
export function dataDisksOf(disks: readonly Disk[]): readonly Disk[] {
  const own = disks.filter(({ mount }) => dataMount.test(mount));
  return own.length > 0 ? own : disks;
}

/**
 * Disks on which a database server can no longer write: a twentieth that is kept for the administrator is not there for PostgreSQL, which
 * then neither goes on nor starts again.
 */
export function dataFull({ disks }: DataDisks): readonly SeenDisk[] {
  return disks.filter((disk) => fullness(disk) >= diskLines.page);
}
