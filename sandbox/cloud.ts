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

/** What the AWS stand-in asks of the practice production. */
export interface Cloud {
  readonly account: string;
  readonly region: string;
  instances(): Promise<readonly CloudInstance[]>;
  /** Accepts the reboot; the process restarts by itself afterwards. */
  reboot(id: string): Promise<void>;
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
