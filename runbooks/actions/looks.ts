import type { Duration } from "#kit/duration.ts";
import type { Finding, Reading } from "#kit/finding.ts";
import type { Connections, Deploy, Readers, Sample } from "#kit/ports.ts";
import type { Unit } from "#kit/ports/workloads.ts";
import { type AllUse, type UnitUse, whyFull } from "#kit/usage.ts";
import { judgeConnections } from "#rules/connections.ts";
import { explainsOutage } from "#rules/deploy.ts";
import { overLine, shareText } from "#rules/usage.ts";

/** One service as it runs, and why no unit can be added; `full` is undefined when one can. */
export type ServiceSeen = {
  readonly name: string;
  readonly units: readonly Unit[];
  readonly desired: number;
  readonly floor: number;
  readonly full: string | undefined;
};

/** Looks at some services by name, all at once; one that the environment does not have, or whose platform is silent, is left out. */
export async function servicesSeen(
  { workloads, inventory }: Pick<Readers, "workloads" | "inventory">,
  names: readonly string[] = inventory.services.map(({ name }) => name),
): Promise<readonly ServiceSeen[]> {
  const seen = await Promise.all(
    names.map((name) => serviceSeen({ workloads, inventory }, name).catch(() => undefined)),
  );
  return seen.filter((one) => one !== undefined);
}

/** Looks at one service; throws what its platform throws. */
export async function serviceSeen(
  { workloads, inventory }: Pick<Readers, "workloads" | "inventory">,
  name: string,
): Promise<ServiceSeen> {
  const service = inventory.service(name);
  const workload = await workloads.describe(service);
  const { units, desired } = workload;
  return { name, units, desired, floor: service.floor, full: whyFull(service, workload) };
}

/** Units that do not take work, with their services. */
export function unitsOut(
  services: readonly ServiceSeen[],
): readonly { readonly service: string; readonly unit: Unit }[] {
  return services.flatMap(({ name, units }) =>
    units.filter(({ ready }) => !ready).map((unit) => ({ service: name, unit })),
  );
}

/** How services read at a glance: those that are out, or how many there are. */
export function readServices(services: readonly ServiceSeen[]): Reading {
  const out = unitsOut(services);
  const all = services.reduce((sum, { units }) => sum + units.length, 0);
  return out.length === 0
    ? { state: all === 0 ? "note" : "fine", says: `${all} of ${all} units take work` }
    : {
        state: "bad",
        says: `${all - out.length} of ${all} units take work; ${out.map(({ unit }) => `${unit.name} ${unit.reason ?? unit.state}`).join(", ")}`,
      };
}

/** The deploy that explains it: young, and everything that is hit runs it, by the ids of units or machines. */
export function deployBehind(
  deploys: Finding<readonly Deploy[]>,
  hit: readonly string[],
  now: string,
  limit: Duration,
): Deploy | undefined {
  const last = deploys.known ? deploys.value[0] : undefined;
  return last !== undefined && explainsOutage(last, hit, now, limit) ? last : undefined;
}

/** The same where it is a service that is hit. */
export function freshDeploy(
  deploys: Finding<readonly Deploy[]>,
  service: ServiceSeen | undefined,
  now: string,
  limit: Duration,
): Deploy | undefined {
  return deployBehind(deploys, service?.units.map(({ id }) => id) ?? [], now, limit);
}

/** How the last deploy reads at a glance. */
export function readDeploys([last]: readonly Deploy[]): Reading {
  return last === undefined
    ? { state: "fine", says: "no deploy is recorded" }
    : { state: "note", says: `${last.version} since ${last.at.slice(0, 16).replace("T", " ")} UTC` };
}

/** How the database's connections read at a glance. */
export function readConnections({ used, most, sessions }: Connections): Reading {
  const waiting = sessions.filter(({ blockedBy }) => blockedBy.length > 0).length;
  return {
    state: judgeConnections({ used, most }) === "calm" && waiting === 0 ? "fine" : "bad",
    says: `${used} of ${most} connections taken, ${waiting} wait for another`,
  };
}

/** Whether the database holds people up: connections are short, or sessions wait for one another. */
export function isHeldUp(connections: Finding<Connections>, waiting: number): boolean {
  if (waiting >= 1) return true;
  if (!connections.known) return false;
  const { used, most, sessions } = connections.value;
  return (
    judgeConnections({ used, most }) === "exhausted" || sessions.some(({ blockedBy }) => blockedBy.length > 0)
  );
}

/** Units of a service that use nearly all of their CPU; empty when not all of them do, or they could not be seen. */
export function saturated(use: Finding<AllUse>, service: string): readonly UnitUse[] {
  if (!use.known) return [];
  const own = use.value.units.filter((unit) => unit.service === service);
  const over = overLine(use.value, "cpu").filter((unit) => unit.service === service);
  return own.length > 0 && over.length === own.length ? over : [];
}

/** Units and their share of CPU, as people read them. */
export function cpuText(units: readonly UnitUse[]): string {
  return units.map((unit) => shareText(unit, "cpu")).join(", ");
}

/** One label's value beside its number, the largest first. */
export function byLabel(
  samples: readonly Sample[],
  label: string,
): readonly { readonly name: string; readonly value: number }[] {
  return samples
    .flatMap(({ labels, value }) => {
      const name = labels[label];
      return name === undefined || Number.isNaN(value) ? [] : [{ name, value }];
    })
    .toSorted((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1));
}

/** The unit that a metric's instance names: by its name, its id, or an address that begins with either. */
export function unitOf(units: readonly Unit[], instance: string): Unit | undefined {
  return units.find(({ id, name }) =>
    [id, name].some((known) => instance === known || instance.startsWith(`${known}:`)),
  );
}
