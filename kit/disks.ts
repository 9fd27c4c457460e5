import type { Disk } from "./ports/hosts.ts";
import type { Readers, Service } from "./ports.ts";

/** One file system, and every unit that sees it. */
export type SeenDisk = Disk & {
  /** Names of the units, sorted. */
  readonly units: readonly string[];
};

/** The file systems of all units of an environment, the fullest first, and which units could not be looked into. */
export type AllDisks = { readonly disks: readonly SeenDisk[]; readonly silent: readonly string[] };

/** Looks into every unit of every service at once. A volume that several units see is one disk; what does not answer is named, never taken for empty. */
export async function disksEverywhere({
  workloads,
  hosts,
  inventory,
}: Pick<Readers, "workloads" | "hosts" | "inventory">): Promise<AllDisks> {
  const seen = await Promise.all(
    inventory.services.map((service) => disksOf(service, { workloads, hosts }).catch(() => [service.name])),
  );
  const found = new Map<string, SeenDisk>();
  const silent: string[] = [];
  for (const one of seen.flat())
    if (typeof one === "string") silent.push(one);
    else {
      const key = one.disk.volume ?? `${one.unit} ${one.disk.mount}`;
      const known = found.get(key);
      const units = [...(known?.units ?? []), one.unit].toSorted((a, b) => a.localeCompare(b));
      // Of two looks at the same disk, the fuller is the one to act on.
      const fuller = known !== undefined && known.usedBytes > one.disk.usedBytes ? known : one.disk;
      found.set(key, { ...fuller, units });
    }
  return {
    disks: [...found.values()].toSorted(
      (a, b) =>
        b.usedBytes / b.sizeBytes - a.usedBytes / a.sizeBytes ||
        (a.volume ?? a.mount).localeCompare(b.volume ?? b.mount),
    ),
    silent: silent.toSorted((a, b) => a.localeCompare(b)),
  };
}

async function disksOf(
  service: Service,
  { workloads, hosts }: Pick<Readers, "workloads" | "hosts">,
): Promise<readonly (string | { readonly unit: string; readonly disk: Disk })[]> {
  const { units } = await workloads.describe(service);
  const each = await Promise.all(
    units.map(async ({ id, name }) => {
      try {
        return (await hosts.look(service, id)).disks.map((disk) => ({ unit: name, disk }));
      } catch {
        return [name];
      }
    }),
  );
  return each.flat();
}
