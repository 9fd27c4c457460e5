import type { Duration } from "../duration.ts";
import type { Service } from "../ports.ts";

/** One running copy of a service: an instance on AWS, a pod on Kubernetes. */
export type Unit = {
  /** What names it for good: the instance's id, or the pod's name. */
  readonly id: string;
  /** As people know it. */
  readonly name: string;
  readonly state: "starting" | "running" | "stopping" | "stopped" | "failed";
  /** Takes work: healthy behind the balancer, or Ready; where neither looks, its machine is well. */
  readonly ready: boolean;
  /** Why it is not ready, in the platform's own words: `CrashLoopBackOff`, `OOMKilled`, `Target.FailedHealthChecks`. */
  readonly reason: string | undefined;
  readonly startedAt: string | undefined;
  /** How often it was started again by the platform itself; undefined where nobody counts. */
  readonly restarts: number | undefined;
  readonly version: string | undefined;
};

/** What one unit may use. */
export type UnitSize = { readonly cpus: number; readonly memoryBytes: number };

/** How a service runs now, and how it is meant to run. */
export type Workload = {
  /** Sorted by name. */
  readonly units: readonly Unit[];
  readonly desired: number;
  /** Bounds of whoever keeps the number: the group's, the autoscaler's, the environment file's, whichever is narrower. */
  readonly least: number;
  readonly most: number;
  /** Who else moves the number and would take ours back: the autoscaler's name. */
  readonly scaledBy: string | undefined;
  readonly size: UnitSize | undefined;
  /** What names the running configuration: a launch template's version, a Deployment's revision. */
  readonly revision: string | undefined;
};

/** What the platform that runs the units says has happened to them: a scaling activity, an event of Kubernetes. */
export type WorkloadEvent = {
  readonly at: string;
  /** The unit or workload it is about. */
  readonly about: string;
  readonly kind: "normal" | "warning";
  readonly says: string;
};

export interface WorkloadReader {
  /** The service as it runs; throws `tool-refused` when it is not there, `selector-empty` when the file names no units and no workload. */
  describe(service: Service): Promise<Workload>;
  /** Newest last, at most 100. */
  events(service: Service, since: Duration): Promise<readonly WorkloadEvent[]>;
}

/** What became of a wish to change a number. `changed`: it is no longer what it was when that was decided, and nothing was done. */
export type Changed = "accepted" | "changed";

export interface WorkloadAdmin {
  /**
   * Asks for one unit to be started again; returns when the request is accepted. Graceful: the process is told and may finish what it has
   * (a service restart on the machine; an eviction, which a disruption budget may refuse). Forced: the machine is rebooted, the pod deleted.
   */
  restart(service: Service, unit: string, how: "graceful" | "forced"): Promise<void>;
  /** Sets the number of units, only if it still is `from`, and within the workload's own bounds. */
  scale(service: Service, from: number, to: number): Promise<Changed>;
  /** Sets what each unit may use, only if it still is `from`; units are replaced one after the other. Throws `tool-refused` where sizes are not ours to set. */
  resize(service: Service, from: UnitSize, to: UnitSize): Promise<Changed>;
}
