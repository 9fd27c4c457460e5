import { OpsError } from "#kit/errors.ts";
import type { Service } from "#kit/ports.ts";
import type {
  Unit,
  UnitSize,
  Workload,
  WorkloadAdmin,
  WorkloadEvent,
  WorkloadReader,
} from "#kit/ports/workloads.ts";
import { noAnswer, type Room } from "./room.ts";

/** One unit of the fake world; what is set to be at `readyAt` is starting until then. */
export type FakeUnit = { -readonly [Key in keyof Unit]: Unit[Key] } & {
  readyAt?: number;
  /** A restart does not help it. */
  stuck?: boolean;
};

/** One service as it runs. */
export type FakeWorkload = { -readonly [Key in keyof Omit<Workload, "units">]: Workload[Key] } & {
  units: FakeUnit[];
  /** The group says yes to a new number and never gets there: no capacity, no quota. */
  noCapacity?: boolean;
  /** A unit that is restarted is replaced by one of another name, as a pod is. */
  replaces?: boolean;
};

/** A service that runs outside of these workloads, on machines of its own. */
export type FakeFleet = {
  readonly name: string;
  readonly units: () => readonly Unit[];
  readonly restart: (unit: string, how: "graceful" | "forced") => void;
};

/** Services by name. "silent": whoever runs them does not answer. */
export type FakeWorkloads = {
  services: Map<string, FakeWorkload> | "silent";
  readonly events: WorkloadEvent[];
  /** How long a unit takes from its start until it is ready. */
  startMs: number;
};

/** A service of so many units, all ready. */
export function fakeWorkload(name: string, count: number, more: Partial<FakeWorkload> = {}): FakeWorkload {
  return {
    units: Array.from({ length: count }, (_, index) => fakeUnit(`${name}-${index + 1}`)),
    desired: count,
    least: 1,
    most: Math.max(count * 3, 4),
    scaledBy: undefined,
    size: { cpus: 1, memoryBytes: 2 * 1024 ** 3 },
    revision: "7",
    ...more,
  };
}

/** Has a service run so, where whoever runs them answers at all. */
export function runService(
  { workloads }: { readonly workloads: FakeWorkloads },
  ...[name, ...how]: Parameters<typeof fakeWorkload>
): void {
  if (workloads.services !== "silent") workloads.services.set(name, fakeWorkload(name, ...how));
}

/** One unit that works. */
export function fakeUnit(name: string, more: Partial<FakeUnit> = {}): FakeUnit {
  return {
    id: `u-${name}`,
    name,
    state: "running",
    ready: true,
    reason: undefined,
    startedAt: "2026-11-20T03:00:00.000Z",
    restarts: 0,
    version: "0.1.0",
    ...more,
  };
}

/** The part of the world that runs units: what is restarted, added or taken away is seen in what is read next. */
export function workloadsPart(
  fake: FakeWorkloads,
  { clock, act }: Room,
  /** The service on machines of its own, and what becomes of what a unit used when it starts anew. */
  { fleet, forget }: { readonly fleet: FakeFleet; readonly forget: (unit: string) => void },
): { readonly reader: WorkloadReader; readonly admin: WorkloadAdmin } {
  const now = () => clock.now().getTime();
  const workloadOf = ({ name }: Service): FakeWorkload => {
    if (fake.services === "silent") throw noAnswer("The platform that runs the units");
    const found = fake.services.get(name);
    if (found !== undefined) return found;
    throw new OpsError("tool-refused", { summary: `Nothing runs ${name}.`, hint: "Check the inventory." });
  };
  const settle = (workload: FakeWorkload): void => {
    for (const unit of workload.units)
      if (unit.readyAt !== undefined && now() >= unit.readyAt)
        Object.assign(unit, { state: "running", ready: true, reason: undefined, readyAt: undefined });
  };
  const start = (unit: FakeUnit): void => {
    if (unit.stuck === true) return;
    forget(unit.id);
    Object.assign(unit, {
      state: "starting",
      ready: false,
      reason: "starting",
      startedAt: clock.now().toISOString(),
      readyAt: now() + fake.startMs,
    });
  };
  const replace = ({ units }: FakeWorkload, name: string, old: FakeUnit): void => {
    if (old.stuck === true) return;
    const numbers = units.map((unit) => Number(/\d+$/.exec(unit.name)?.[0] ?? 0));
    const next = fakeUnit(`${name}-${Math.max(...numbers) + 1}`);
    units.splice(units.indexOf(old), 1, next);
    start(next);
  };
  return {
    reader: {
      async describe(service) {
        if (service.name === fleet.name && fake.services !== "silent")
          return asWorkload(fleet.units(), service);
        const workload = workloadOf(service);
        settle(workload);
        const { desired, least, most, scaledBy, size, revision } = workload;
        const units = workload.units.map(plainUnit).toSorted((a, b) => a.name.localeCompare(b.name));
        return { units, desired, least, most, scaledBy, size, revision };
      },
      async events() {
        if (fake.services === "silent") throw noAnswer("The platform that runs the units");
        return [...fake.events];
      },
    },
    admin: {
      async restart(service, id, how) {
        if (service.name === fleet.name) return fleet.restart(id, how);
        const workload = workloadOf(service);
        const unit = workload.units.find((one) => one.id === id);
        if (unit === undefined)
          throw new OpsError("tool-refused", { summary: `There is no unit ${id}.`, hint: "Look again." });
        act(`restart ${unit.name}${how === "forced" ? " by force" : ""}`, () =>
          workload.replaces === true ? replace(workload, service.name, unit) : start(unit),
        );
      },
      async scale(service, from, to) {
        const workload = workloadOf(service);
        if (workload.desired !== from) return "changed";
        act(`scale ${service.name} ${from} to ${to}`, () => {
          workload.desired = to;
          if (workload.noCapacity === true) return;
          while (workload.units.length > to) workload.units.pop();
          for (let at = workload.units.length + 1; at <= to; at += 1) {
            const unit = fakeUnit(`${service.name}-${at}`);
            workload.units.push(unit);
            start(unit);
          }
        });
        return "accepted";
      },
      async resize(service, from, to) {
        const workload = workloadOf(service);
        if (!sameSize(workload.size, from)) return "changed";
        act(`resize ${service.name} to ${to.cpus} cpus, ${to.memoryBytes} bytes`, () => {
          workload.size = to;
          for (const unit of workload.units) start(unit);
        });
        return "accepted";
      },
    },
  };
}

/** A service of a fixed number of machines, as whoever describes workloads sees it. */
function asWorkload(units: readonly Unit[], { most }: Service): Workload {
  const count = units.length;
  return {
    units,
    desired: count,
    least: count,
    most: Math.min(most ?? count, count),
    scaledBy: undefined,
    size: undefined,
    revision: undefined,
  };
}

function plainUnit({ id, name, state, ready, reason, startedAt, restarts, version }: FakeUnit): Unit {
  return { id, name, state, ready, reason, startedAt, restarts, version };
}

function sameSize(a: UnitSize | undefined, b: UnitSize): boolean {
  return a?.cpus === b.cpus && a.memoryBytes === b.memoryBytes;
}
