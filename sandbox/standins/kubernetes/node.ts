/** What a pod of the practice cluster is made from. */
export type PodPlan = {
  readonly name: string;
  readonly namespace: string;
  readonly deployment: string;
  readonly container: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Where the template says more than that, such as settings of the container. */
  readonly env: Readonly<Record<string, string>>;
  readonly limits: { readonly cpus: number | undefined; readonly memoryBytes: number | undefined };
};

/** How a pod's process is. */
export type ProcessState =
  | { readonly kind: "creating" }
  | { readonly kind: "running"; readonly since: Date }
  | {
      readonly kind: "ended";
      readonly since: Date;
      readonly at: Date;
      readonly code: number;
      readonly reason: "Error" | "OOMKilled" | "Completed";
    };

/** One pod's process, as it really runs. */
export type PodProcess = {
  readonly ip: string;
  readonly port: number;
  readonly state: () => ProcessState;
  /** Its readiness probe's answer. */
  readonly ready: () => boolean;
  /** In cores and bytes; undefined while nobody has measured. */
  readonly usage: () => { readonly cpus: number; readonly memoryBytes: number } | undefined;
  readonly disk?: () => { readonly usedBytes: number; readonly capacityBytes: number };
  /** Rows with the time at which they were taken in; `previous` those before its last start. */
  readonly log: (which: "current" | "previous") => readonly { readonly at: Date; readonly text: string }[];
  /** Starts it again in place, after it ended. */
  readonly restart: () => void;
  /** Ends it for good, in good order. */
  readonly stop: () => Promise<void>;
};

/** The one machine of the practice cluster: it runs pods as processes. */
export interface PracticeNode {
  readonly name: string;
  start(pod: PodPlan): PodProcess;
}
