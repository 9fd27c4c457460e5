import type { PodProcess, ProcessState } from "./node.ts";

/** What the node keeps of a pod between two looks. */
export type Kept = {
  readonly container: string;
  readonly image: string;
  readonly startTime: string;
  restarts: number;
  /** How its process ended the last time it did. */
  last: Extract<ProcessState, { kind: "ended" }> | undefined;
  /** Until when it is not started again. */
  waitUntil: number;
};

const instant = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`;

/** A pod's status as the API has it; source: Kubernetes API reference, "PodStatus". */
export function podStatus(process: PodProcess, kept: Kept, nowMs: number): Readonly<Record<string, unknown>> {
  const state = process.state();
  const ready = state.kind === "running" && process.ready();
  const is = (value: boolean) => (value ? "True" : "False");
  const unready = {
    reason: "ContainersNotReady",
    message: `containers with unready status: [${kept.container}]`,
  };
  const condition = (type: string, value: boolean, why: object = {}) => ({
    type,
    status: is(value),
    lastProbeTime: null,
    ...(value ? {} : why),
  });
  return {
    phase: state.kind === "creating" ? "Pending" : "Running",
    conditions: [
      condition("PodScheduled", true),
      condition("Initialized", true),
      condition("ContainersReady", ready, unready),
      condition("Ready", ready, unready),
    ],
    hostIP: "10.0.0.1",
    podIP: process.ip,
    podIPs: [{ ip: process.ip }],
    startTime: kept.startTime,
    qosClass: "Burstable",
    containerStatuses: [
      {
        name: kept.container,
        image: kept.image,
        imageID: "",
        ready,
        started: state.kind === "running",
        restartCount: kept.restarts,
        state: containerState(state, kept, nowMs),
        lastState: kept.last === undefined ? {} : { terminated: terminated(kept.last) },
      },
    ],
  };
}

function containerState(state: ProcessState, kept: Kept, nowMs: number): object {
  if (state.kind === "creating") return { waiting: { reason: "ContainerCreating" } };
  if (state.kind === "running") return { running: { startedAt: instant(state.since) } };
  if (nowMs >= kept.waitUntil) return { terminated: terminated(state) };
  const seconds = Math.max(1, Math.round((kept.waitUntil - state.at.getTime()) / 1_000));
  return {
    waiting: {
      reason: "CrashLoopBackOff",
      message: `back-off ${seconds}s restarting failed container=${kept.container}`,
    },
  };
}

function terminated({ code, reason, since, at }: Extract<ProcessState, { kind: "ended" }>): object {
  return { exitCode: code, reason, startedAt: instant(since), finishedAt: instant(at) };
}
