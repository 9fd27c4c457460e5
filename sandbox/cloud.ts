/**
 * The practice cloud, as the AWS stand-in serves it: every answer is the state of something real.
 * An instance is a process, a target's health is what the load balancer's own health check saw, a weight moves traffic.
 */

export type CloudInstance = {
  /** `i-` and 17 hex digits. */
  readonly id: string;
  readonly name: string;
  readonly state: "pending" | "running" | "stopping" | "stopped";
  /** The cloud's reachability check: the process answers on its port, is starting, or is gone. */
  readonly check: "ok" | "impaired" | "initializing";
  readonly address: string;
  readonly port: number;
  readonly firewallGroups: readonly string[];
  readonly launchedAt: Date;
  readonly tags: Readonly<Record<string, string>>;
};

/** A group that keeps a number of instances; who is `Pending` has not passed its first checks, who is `Terminating` is being ended. */
export type CloudScalingGroup = {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly desired: number;
  /** Launch template of its instances, and the template's version. */
  readonly template: { readonly name: string; readonly version: string };
  /** What it was told to leave alone, in AWS's words: `ReplaceUnhealthy`. */
  readonly suspended: readonly string[];
  readonly members: readonly {
    readonly instance: string;
    readonly lifecycle: "Pending" | "InService" | "Terminating";
  }[];
  /** Policies that move its number by themselves. */
  readonly policies: readonly { readonly name: string; readonly enabled: boolean }[];
};

/** One thing a group did. */
export type CloudActivity = {
  readonly id: string;
  readonly startedAt: Date;
  readonly endedAt?: Date | undefined;
  readonly status: "InProgress" | "Successful" | "Failed";
  readonly says: string;
  readonly why: string;
};

/** What the agent on a machine sees of it. Sizes in KiB, times in seconds. */
export type CloudHost = {
  readonly cores: number;
  /** In cores, over the time it was looked at. */
  readonly coresUsed: number;
  readonly memory: { readonly total: number; readonly available: number };
  readonly disks: readonly {
    readonly device: string;
    readonly mount: string;
    readonly size: number;
    readonly used: number;
    /** Serial of its volume: `vol` and hex digits. */
    readonly serial?: string | undefined;
  }[];
  readonly processes: readonly {
    readonly pid: number;
    readonly command: string;
    readonly resident: number;
    readonly cores: number;
    readonly age: number;
  }[];
};

export type CloudTarget = {
  readonly instance: string;
  readonly port: number;
  readonly state: "initial" | "healthy" | "unhealthy" | "unused" | "draining";
  /** AWS reason code, for instance `Target.Timeout`, `Target.ResponseCodeMismatch`, `Target.FailedHealthChecks`. */
  readonly reason?: string;
  readonly description?: string;
};

export type CloudWeight = { readonly group: string; readonly weight: number };

export type CloudLogEvent = { readonly stream: string; readonly timestamp: number; readonly message: string };

export type CloudFirewallRule = {
  readonly group: string;
  readonly protocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly cidrs: readonly string[];
};

/** A volume, and what became of the last wish to make it larger. */
export type CloudVolume = {
  readonly id: string;
  readonly sizeGiB: number;
  readonly change: { readonly state: "optimizing" | "completed"; readonly startedAt: Date } | undefined;
};

/** The machines of the database, which can be stopped, and the one route that leads to the primary's. */
export type CloudDatabase = {
  /** Accepts the stop; nothing starts the machine again. */
  stop(id: string): Promise<void>;
  readonly routeTable: string;
  route(): Promise<{ readonly destination: string; readonly instance: string }>;
  replaceRoute(instance: string): Promise<void>;
};

/** What the AWS stand-in asks of the practice production. */
export interface Cloud {
  readonly database?: CloudDatabase;
  readonly volumes?: {
    readonly list: () => readonly CloudVolume[];
    readonly grow: (id: string, sizeGiB: number) => void;
  };
  readonly account: string;
  readonly region: string;
  instances(): Promise<readonly CloudInstance[]>;
  /** Accepts the reboot; the process restarts by itself afterwards. */
  reboot(id: string): Promise<void>;
  scalingGroups(): Promise<readonly CloudScalingGroup[]>;
  /** Accepts the number; instances come and go afterwards. */
  setDesired(group: string, desired: number): Promise<void>;
  /** Newest first. */
  activities(group: string): Promise<readonly CloudActivity[]>;
  /** What the machine's own agent sees; undefined when no agent answers there. */
  lookInto(id: string): Promise<CloudHost | undefined>;
  /** Restarts the platform's unit on the machine in good order; false when no agent answers there. */
  restartUnit(id: string): Promise<boolean>;
  /** ARNs of the target groups. */
  groups(): Promise<readonly string[]>;
  targets(group: string): Promise<readonly CloudTarget[]>;
  /** ARNs of the listener rules. */
  rules(): Promise<readonly string[]>;
  weights(rule: string): Promise<readonly CloudWeight[]>;
  setWeights(rule: string, weights: readonly CloudWeight[]): Promise<void>;
  firewall(): Promise<readonly CloudFirewallRule[]>;
  logGroups(): Promise<readonly string[]>;
  /** In time order. */
  logEvents(group: string, since: number, until: number): Promise<readonly CloudLogEvent[]>;
}
