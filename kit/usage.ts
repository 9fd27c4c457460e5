import type { Host, HostProcess } from "./ports/hosts.ts";
import type { Workload } from "./ports/workloads.ts";
import type { Readers, Service } from "./ports.ts";

/** What one unit of a service uses, and how much room its service has. */
export type UnitUse = Pick<Host, "memory" | "cpu"> & {
  readonly service: string;
  readonly id: string;
  readonly name: string;
  readonly ready: boolean;
  /** The largest by memory first, at most five. */
  readonly processes: readonly HostProcess[];
};

/** How a service stands beside what its units use. */
export type ServiceRoom = {
  readonly name: string;
  readonly ready: number;
  readonly desired: number;
  readonly floor: number;
  /** Why no unit can be added; undefined when one can. */
  readonly full: string | undefined;
};

/** What was seen of all units of an environment, and which could not be looked into. */
export type AllUse = {
  readonly units: readonly UnitUse[];
  readonly services: readonly ServiceRoom[];
  /** Names of units and services that nobody could look into. */
  readonly silent: readonly string[];
};

const mostProcesses = 5;

/** Looks into every unit of every service at once. What does not answer is named, never taken for calm. */
export async function usageEverywhere({
  workloads,
  hosts,
  inventory,
}: Pick<Readers, "workloads" | "hosts" | "inventory">): Promise<AllUse> {
  const seen = await Promise.all(
    inventory.services.map((service) => usageOf(service, { workloads, hosts }).catch(() => unseen(service))),
  );
  return {
    units: seen.flatMap(({ units }) => units).toSorted((a, b) => a.name.localeCompare(b.name)),
    services: seen.flatMap(({ services }) => services),
    silent: seen.flatMap(({ silent }) => silent).toSorted((a, b) => a.localeCompare(b)),
  };
}

async function usageOf(
  service: Service,
  { workloads, hosts }: Pick<Readers, "workloads" | "hosts">,
): Promise<AllUse> {
  const workload = await workloads.describe(service);
  const { units, desired } = workload;
  const looked = await Promise.all(
    units.map(async ({ id, name, ready }): Promise<UnitUse | string> => {
      try {
        const { memory, cpu, processes } = await hosts.look(service, id);
        return {
          service: service.name,
          id,
          name,
          ready,
          memory,
          cpu,
          processes: processes.slice(0, mostProcesses),
        };
      } catch {
        return name;
      }
    }),
  );
  return {
    units: looked.filter((one) => typeof one !== "string"),
    silent: looked.filter((one) => typeof one === "string"),
    services: [
      {
        name: service.name,
        ready: units.filter((unit) => unit.ready).length,
        desired,
        floor: service.floor,
        full: whyFull(service, workload),
      },
    ],
  };
}

/** Why no unit can be added to a service as it runs; undefined when one can. */
export function whyFull(
  service: Pick<Service, "workload" | "most">,
  { desired, most, scaledBy }: Pick<Workload, "desired" | "most" | "scaledBy">,
): string | undefined {
  if (service.workload === undefined) return "nothing keeps its number";
  if (scaledBy !== undefined) return `${scaledBy} keeps its number`;
  const limit = Math.min(most, service.most ?? most);
  return desired >= limit ? `${desired} of at most ${limit} are there` : undefined;
}

function unseen({ name }: Service): AllUse {
  return { units: [], services: [], silent: [name] };
}
