import type { Instance as ScalingInstance } from "@aws-sdk/client-auto-scaling";
import type { Instance as VendorInstance, InstanceStatus } from "@aws-sdk/client-ec2";
import type { Target } from "#kit/ports.ts";
import type { Unit } from "#kit/ports/workloads.ts";
import { plainText } from "../foreign-text.ts";
import { tag, versionTag, worst } from "./instances.ts";

/** All that is known of one instance of a service, each part as its own service told it. */
export type Sighting = {
  readonly id: string;
  /** Where a group keeps it. */
  readonly member: ScalingInstance | undefined;
  /** Undefined while EC2 has not heard of it yet. */
  readonly instance: VendorInstance | undefined;
  readonly status: InstanceStatus | undefined;
  /** Undefined when no balancer looks; empty when it does not know the instance. */
  readonly targets: readonly Target[] | undefined;
};

/** One instance as a unit of its service. */
export function toUnit(sighting: Sighting): Unit {
  const { id, instance } = sighting;
  const ready = isReady(sighting);
  const version = instance === undefined ? undefined : tag(instance, versionTag);
  return {
    id,
    name: plainText((instance === undefined ? undefined : tag(instance, "Name")) ?? id, 80),
    state: stateOf(sighting, ready),
    ready,
    reason: ready ? undefined : reasonOf(sighting),
    startedAt: instance?.LaunchTime?.toISOString(),
    restarts: undefined,
    version: version === undefined ? undefined : plainText(version, 80),
  };
}

/** Sorted by name. Instances of a group often share one name; those are told apart by their ids. */
export function inOrder(units: readonly Unit[]): readonly Unit[] {
  const often = (name: string) => units.filter((unit) => unit.name === name).length > 1;
  return units
    .map((unit) => (often(unit.name) ? { ...unit, name: `${unit.name} ${unit.id}` } : unit))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function stateOf({ member, instance, status }: Sighting, ready: boolean): Unit["state"] {
  const cycle = member?.LifecycleState ?? "InService";
  if (cycle.startsWith("Terminat") || cycle.startsWith("Detach")) return "stopping";
  const state = instance?.State?.Name;
  if (cycle.startsWith("Pending") || state === undefined || state === "pending") return "starting";
  if (state === "stopping" || state === "shutting-down") return "stopping";
  if (state === "stopped") return "stopped";
  if (state === "terminated") return "failed";
  return !ready && worst(status) === "initializing" ? "starting" : "running";
}

function isReady({ member, instance, status, targets }: Sighting): boolean {
  if (instance?.State?.Name !== "running") return false;
  if (member !== undefined && member.LifecycleState !== "InService") return false;
  if (targets !== undefined) return targets.length > 0 && targets.every(({ health }) => health === "healthy");
  return worst(status) === "ok" && member?.HealthStatus !== "Unhealthy";
}

function reasonOf({ member, instance, status, targets }: Sighting): string {
  const cycle = member?.LifecycleState;
  if (cycle !== undefined && cycle !== "InService") return plainText(cycle, 80);
  const state = instance?.State?.Name;
  if (state === undefined) return "EC2 does not know it yet";
  if (state !== "running") return plainText(instance?.StateReason?.Message ?? state, 200);
  if (targets !== undefined) {
    const sick = targets.find(({ health }) => health !== "healthy");
    return sick === undefined
      ? "not registered with the target group"
      : plainText(sick.reason ?? sick.health, 200);
  }
  if (worst(status) !== "ok") return `status check: ${worst(status)}`;
  return "the Auto Scaling group has marked it unhealthy";
}
