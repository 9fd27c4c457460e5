import { z } from "zod";
import { defineAction } from "#kit";
import { OpsError } from "#kit/errors.ts";
import type { Host } from "#kit/ports/hosts.ts";
import type { Unit, Workload } from "#kit/ports/workloads.ts";
import type { Readers } from "#kit/ports.ts";
import { resourceLines, shareOf } from "#rules/resources.ts";

/** One unit of a service, by its own id and the name people know it by. */
const OneUnit = z.strictObject({
  service: z.string(),
  id: z.string(),
  name: z.string(),
  how: z.enum(["graceful", "forced"]),
  /**
   * What must still be so when its turn comes; otherwise it is left alone. `unreached`: somebody has proof that nobody reaches what it runs, so
   * it is not in service, however well its machine is.
   */
  only: z.enum(["whatever", "unreached", "out-of-service", "memory", "cpu"]),
});

type OneUnit = z.infer<typeof OneUnit>;
type Looking = Pick<Readers, "workloads" | "hosts" | "inventory">;

/**
 * Restarts one unit and waits until as many take work as before, the unit itself or its successor among them: a pod comes back under another
 * name, an instance under its own. Refused when too few would be left in service.
 * Source: csrd-production-runbook "Restarting Services"; csrd-operations-manual "Runbook: Platform Down", step 5, done one unit at a time.
 */
export const restartUnit = defineAction({
  title: "Restart one unit",
  input: OneUnit,
  risk: "disruptive",
  label: ({ name, how }) => (how === "forced" ? `Restart ${name} by force` : `Restart ${name}`),
  preview: ({ id, name, how, only }) =>
    `${how === "forced" ? "reboot or delete" : "tell"} ${name === id ? name : `${name} (${id})`} ${how === "forced" ? "without asking its processes" : "to finish what it has and start anew"}, then wait until it takes work again${only === "whatever" || only === "unreached" ? "" : `; left alone when ${leftWhen[only]} by then`}`,
  targets: ({ name }) => [name],
  within: "restart",
  async before(input, { workloads, hosts, inventory }) {
    const { unit, workload, host } = await look(input, { workloads, hosts, inventory });
    return {
      left: leaveIt(input, unit, host),
      ready: readyIn(workload),
      unit: unit === undefined ? undefined : markOf(unit, host),
    };
  },
  async run({ service: name, id, how, only }, { workloadAdmin, readers: { workloads, inventory }, before }) {
    if (before.left !== undefined) return;
    const service = inventory.service(name);
    const workload = await workloads.describe(service);
    const unit = workload.units.find((one) => one.id === id);
    if (unit === undefined) return;
    const left = readyIn(workload) - 1;
    if (unit.ready && only !== "unreached" && left < service.floor)
      throw new OpsError("guard-refused", {
        summary: `Restarting ${unit.name} would leave ${left} of ${name} in service, ${service.floor} must remain.`,
        hint: "Bring back what is out of service, or add a unit first.",
      });
    await workloadAdmin.restart(service, id, how);
  },
  async confirm(input, before, { workloads, hosts, inventory }) {
    if (before.left !== undefined) return { met: true, saw: `${input.name} is left alone: ${before.left}` };
    const { unit, workload, host } = await look(input, { workloads, hosts, inventory });
    const ready = readyIn(workload);
    const counts = `${before.ready} → ${ready} of ${workload.desired} in service`;
    if (!isNew(before.unit, unit, host)) return { met: false, saw: `${input.name} has not begun to restart` };
    if (unit !== undefined)
      return unit.ready
        ? { met: true, saw: `${input.name} takes work, ${counts}` }
        : {
            met: false,
            saw: `${input.name} ${unit.state}${unit.reason === undefined ? "" : ` (${unit.reason})`}`,
          };
    const wanted = Math.min(before.ready + (before.unit?.ready === true ? 0 : 1), workload.desired);
    return ready >= wanted
      ? { met: true, saw: `${input.name} is replaced, ${counts}` }
      : { met: false, saw: `${input.name} is gone, its successor does not take work yet: ${counts}` };
  },
  async settle(input, before, { workloads, hosts, inventory }) {
    if (before.left !== undefined) return { outcome: "done", because: `it was left alone: ${before.left}` };
    const { unit, host } = await look(input, { workloads, hosts, inventory });
    if (isNew(before.unit, unit, host))
      return {
        outcome: "done",
        because: unit === undefined ? `${input.name} is gone` : `${input.name} was started anew`,
      };
    if (unit?.state === "starting" || unit?.state === "stopping")
      return { outcome: "done", because: `${input.name} is ${unit.state}` };
    return { outcome: "not-done", because: `${input.name} runs as it did before` };
  },
});

const Count = z.int().min(0).max(1_000);

/**
 * Sets the number of a service's units from what it is to another, and waits until they are there; undo sets the old number back. Nothing is
 * done when somebody else has changed it meanwhile.
 * Source: csrd-production-runbook "Scaling Services" and csrd-operations-manual "Runbook: High Memory Usage", whose absolute numbers ignore what is there.
 */
export const scaleUnits = defineAction({
  title: "Set the number of units",
  input: z.strictObject({ service: z.string(), from: Count, to: Count }),
  risk: "reversible",
  label: ({ service, from, to }) =>
    to > from ? `Add ${to - from} to ${service}` : `Take ${from - to} from ${service}`,
  preview: ({ service, from, to }) =>
    `${service}: ${from} become ${to} units, only if it is ${from} then; wait until ${to} ${to > from ? "take work" : "are left"}`,
  targets: ({ service }) => [service],
  // A new machine takes longer than one that is there already.
  within: "verify",
  async before({ service }, { workloads, inventory }) {
    const workload = await workloads.describe(inventory.service(service));
    return { desired: workload.desired, ready: readyIn(workload) };
  },
  async run({ service: name, from, to }, { workloadAdmin, readers: { workloads, inventory } }) {
    const service = inventory.service(name);
    const workload = await workloads.describe(service);
    if (workload.desired === to) return;
    const left = readyIn(workload) - (from - to);
    if (to < from && left < service.floor)
      throw new OpsError("guard-refused", {
        summary: `Taking ${from - to} from ${name} would leave ${left} in service, ${service.floor} must remain.`,
        hint: "Bring back what is out of service first.",
      });
    if (workload.desired === from && (await workloadAdmin.scale(service, from, to)) === "accepted") return;
    throw new OpsError("guard-refused", {
      summary: `${name} is no longer meant to be ${from}; somebody else has changed it.`,
      hint: "Nothing was done. Look again, then plan anew.",
    });
  },
  async confirm({ service, from, to }, _before, { workloads, inventory }) {
    const workload = await workloads.describe(inventory.service(service));
    const saw = `${readyIn(workload)} of ${workload.desired} in service`;
    if (workload.desired !== to)
      return {
        met: false,
        saw,
        ...(workload.desired === from
          ? {}
          : { hopeless: `Somebody set ${service} to ${workload.desired} meanwhile.` }),
      };
    const there = to > from ? readyIn(workload) >= to : workload.units.length <= to;
    return { met: there, saw };
  },
  async settle({ service, from, to }, _before, { workloads, inventory }) {
    const { desired } = await workloads.describe(inventory.service(service));
    if (desired === to) return { outcome: "done", because: `${service} is meant to be ${to}` };
    return desired === from
      ? { outcome: "not-done", because: `${service} is still meant to be ${from}` }
      : { outcome: "unknown", because: `somebody set ${service} to ${desired}` };
  },
  undo: ({ service, from, to }) => [
    { kind: "step", action: "scale", input: { service, from: to, to: from } },
  ],
});

const Size = z.strictObject({ cpus: z.number().positive(), memoryBytes: z.int().positive() });

/**
 * Sets what each unit of a service may use; they are replaced one after the other by whoever runs them. Undo sets the old size back.
 * Source: csrd-production-runbook "Scaling Services", "Scale agent vertically".
 */
export const resizeUnits = defineAction({
  title: "Set what each unit may use",
  input: z.strictObject({ service: z.string(), from: Size, to: Size }),
  risk: "disruptive",
  label: ({ service, to }) => `Resize ${service} to ${sizeText(to)}`,
  preview: ({ service, from, to }) =>
    `${service}: each unit may use ${sizeText(to)} instead of ${sizeText(from)}; all are replaced, one after the other`,
  targets: ({ service }) => [service],
  within: "verify",
  async before({ service }, { workloads, inventory }) {
    const workload = await workloads.describe(inventory.service(service));
    return { size: workload.size, ready: readyIn(workload), lives: workload.units.map(lifeOf) };
  },
  async run({ service: name, from, to }, { workloadAdmin, readers: { workloads, inventory } }) {
    const service = inventory.service(name);
    const { size } = await workloads.describe(service);
    if (sameSize(size, to)) return;
    if (sameSize(size, from) && (await workloadAdmin.resize(service, from, to)) === "accepted") return;
    throw new OpsError("guard-refused", {
      summary: `Each unit of ${name} no longer has ${sizeText(from)}; somebody else has changed it.`,
      hint: "Nothing was done. Look again, then plan anew.",
    });
  },
  // What a size is set to is true at once; that units have it, when none of those that were there is left.
  async confirm({ service, to }, before, { workloads, inventory }) {
    const workload = await workloads.describe(inventory.service(service));
    const ready = readyIn(workload);
    const left = sameSize(before.size, to)
      ? 0
      : workload.units.filter((unit) => before.lives.includes(lifeOf(unit))).length;
    return {
      met:
        sameSize(workload.size, to) &&
        left === 0 &&
        ready >= workload.desired &&
        workload.units.length <= workload.desired,
      saw: `${ready} of ${workload.desired} in service, ${left === 0 ? "" : `${left} not replaced yet, `}each may use ${workload.size === undefined ? "?" : sizeText(workload.size)}`,
    };
  },
  async settle({ service, from, to }, _before, { workloads, inventory }) {
    const { size } = await workloads.describe(inventory.service(service));
    if (sameSize(size, to)) return { outcome: "done", because: `each unit may use ${sizeText(to)}` };
    return sameSize(size, from)
      ? { outcome: "not-done", because: `each unit may still use ${sizeText(from)}` }
      : { outcome: "unknown", because: "somebody set another size" };
  },
  undo: ({ service, from, to }) => [
    { kind: "step", action: "resize", input: { service, from: to, to: from } },
  ],
});

/** A size as people say it: "2 cores, 4 GiB". */
export function sizeText({ cpus, memoryBytes }: z.infer<typeof Size>): string {
  return `${cpus} ${cpus === 1 ? "core" : "cores"}, ${Math.round((memoryBytes / 1024 ** 3) * 100) / 100} GiB`;
}

/** How many units of a service take work. */
export function readyIn({ units }: Pick<Workload, "units">): number {
  return units.filter((unit) => unit.ready).length;
}

/** One life of one unit: started anew, it is another. */
function lifeOf({ id, startedAt }: Unit): string {
  return `${id} ${startedAt ?? ""}`;
}

function sameSize(a: z.infer<typeof Size> | undefined, b: z.infer<typeof Size>): boolean {
  return a?.cpus === b.cpus && a.memoryBytes === b.memoryBytes;
}

const leftWhen = {
  "out-of-service": "it takes work",
  memory: "its memory is below the line",
  cpu: "its CPU is below the line",
} as const;

/** Why the unit is not restarted any more; undefined when it still is to be. */
function leaveIt({ only }: OneUnit, unit: Unit | undefined, host: Host | undefined): string | undefined {
  if (unit === undefined) return only === "out-of-service" ? undefined : "it is there no more";
  if (only === "out-of-service") return unit.ready ? "it takes work" : undefined;
  if (only === "whatever" || only === "unreached" || host === undefined) return undefined;
  const share = shareOf(host, only);
  return share < resourceLines[only].critical ? `${only} is at ${Math.round(share * 100)} %` : undefined;
}

/** What tells a unit, or the process in it, from a later one of the same name. */
type Mark = {
  readonly ready: boolean;
  readonly startedAt: string | undefined;
  readonly restarts: number | undefined;
  /** Its largest process, and when that was started, in milliseconds. */
  readonly largest: { readonly pid: number; readonly startedMs: number } | undefined;
};

function markOf({ ready, startedAt, restarts }: Unit, host: Host | undefined): Mark {
  const [first] = host?.processes ?? [];
  return {
    ready,
    startedAt,
    restarts,
    largest:
      host === undefined || first === undefined
        ? undefined
        : { pid: first.pid, startedMs: startedMs(host, first.ageSeconds) },
  };
}

/** Ages are told in whole seconds, and two looks are not equally quick. */
const sameStartMs = 5_000;

/** True when the unit is gone, or another life of it runs, or what was out takes work. */
function isNew(before: Mark | undefined, unit: Unit | undefined, host: Host | undefined): boolean {
  if (before === undefined || unit === undefined || (!before.ready && unit.ready)) return true;
  if (unit.startedAt !== before.startedAt || unit.restarts !== before.restarts) return true;
  const { largest } = before;
  if (largest === undefined || host === undefined || host.processes.length === 0) return false;
  return !host.processes.some(
    ({ pid, ageSeconds }) =>
      pid === largest.pid && Math.abs(startedMs(host, ageSeconds) - largest.startedMs) < sameStartMs,
  );
}

function startedMs({ at }: Host, ageSeconds: number): number {
  return Date.parse(at) - ageSeconds * 1_000;
}

/** The unit as it is now, and what it uses where somebody there answers. */
async function look({ service: name, id }: OneUnit, { workloads, hosts, inventory }: Looking) {
  const service = inventory.service(name);
  const [workload, host] = await Promise.all([
    workloads.describe(service),
    hosts.look(service, id).catch(() => undefined),
  ]);
  return { workload, unit: workload.units.find((one) => one.id === id), host };
}
