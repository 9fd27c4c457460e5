import type { Unit } from "#kit/ports/workloads.ts";
import { plainText } from "../foreign-text.ts";
import { mainContainer, tagOf } from "./deployment.ts";
import type { ContainerStatus, Pod } from "./objects.ts";

/** A pod as a unit: ready as its own Ready condition says, with the reason a person would look for first. */
export function unitOf(pod: Pod, workload: string): Unit {
  const { metadata, spec, status } = pod;
  const containers = status.containerStatuses ?? [];
  const main = mainContainer(containers, metadata.annotations, workload);
  const image = mainContainer(spec.containers, metadata.annotations, workload)?.image;
  const version = tagOf(image) ?? metadata.labels?.["app.kubernetes.io/version"];
  const ready = isReady(pod);
  const startedAt = main?.state?.running?.startedAt ?? status.startTime ?? undefined;
  return {
    id: metadata.name,
    name: metadata.name,
    state: stateOf(pod),
    ready,
    reason: ready ? undefined : plainText(reasonOf(pod), 120),
    startedAt: startedAt === undefined ? undefined : instant(startedAt),
    restarts: main === undefined ? undefined : containers.reduce((sum, one) => sum + one.restartCount, 0),
    version: version === undefined ? undefined : plainText(version, 80),
  };
}

/** Takes work: its Ready condition is true and it is not being deleted. */
function isReady({ metadata, status }: Pod): boolean {
  return (
    !isSet(metadata.deletionTimestamp) &&
    status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") === true
  );
}

function stateOf({ metadata, status }: Pod): Unit["state"] {
  if (isSet(metadata.deletionTimestamp)) return "stopping";
  if (status.phase === "Failed" || status.phase === "Unknown") return "failed";
  if (status.phase === "Succeeded") return "stopped";
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  if (containers.some(isBroken)) return "failed";
  return status.phase === "Running" && containers.every(({ state }) => isSet(state?.running))
    ? "running"
    : "starting";
}

/** Reasons of waiting that do not go away by waiting. */
const stuck = new Set([
  "CrashLoopBackOff",
  "ImagePullBackOff",
  "ErrImagePull",
  "InvalidImageName",
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
]);

function isBroken({ state }: ContainerStatus): boolean {
  if (isSet(state?.terminated)) return state?.terminated?.exitCode !== 0;
  return stuck.has(state?.waiting?.reason ?? "");
}

/** Why a pod takes no work: what happened to a container says more than the condition that follows from it. */
export function reasonOf({ metadata, status }: Pod): string {
  if (isSet(metadata.deletionTimestamp)) return "Terminating";
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  for (const { state, lastState } of containers) {
    const before = lastState?.terminated?.reason;
    const waiting = state?.waiting?.reason;
    if (isSet(waiting))
      return waiting === "CrashLoopBackOff" && isSet(before) ? `${waiting} (${before})` : waiting;
    if (isSet(state?.terminated))
      return state?.terminated?.reason ?? `exit code ${state?.terminated?.exitCode ?? "?"}`;
  }
  if (isSet(status.reason)) return status.reason;
  const unmet = ["PodScheduled", "Initialized", "ContainersReady", "Ready"]
    .map((type) => status.conditions?.find((one) => one.type === type))
    .find((condition) => condition?.status === "False");
  // A container that was killed and started again is not ready yet: what ended it is what matters.
  const ended = containers.map(({ lastState }) => lastState?.terminated?.reason).find(isSet);
  if (unmet?.type === "ContainersReady" && isSet(ended)) return `${unmet.reason ?? unmet.type} (${ended})`;
  return unmet?.reason ?? "NotReady";
}

/** An instant as the kit writes it; a server writes whole seconds. */
export function instant(text: string): string {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? new Date(0).toISOString() : at.toISOString();
}

function isSet<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
