/**
 * What runbooks need from the outside world, in the field's own words. Adapters implement these; `bin/wire.ts` joins them.
 * Readers look and cannot change anything. Operators change things and are handed to actions only.
 */

import type { Duration } from "./duration.ts";
import type { LogAnswer, LogQuestion, SavedLogQuery } from "./log-query.ts";
import type { LinesQuestion, UnitLines } from "./log-units.ts";
import type { AnnouncementReader, Announcer } from "./ports/announcer.ts";
import type { CacheReader } from "./ports/cache.ts";
import type { HostReader } from "./ports/hosts.ts";
import type { Profiler } from "./ports/profiler.ts";
import type { QueueAdmin, QueueReader } from "./ports/queue.ts";
import type { FailoverAdmin, ReplicationReader } from "./ports/replication.ts";
import type { SwitchAdmin, SwitchReader } from "./ports/switches.ts";
import type { VolumeAdmin, VolumeReader } from "./ports/volumes.ts";
import type { WorkloadAdmin, WorkloadReader } from "./ports/workloads.ts";

// ----- What an environment is made of -----

/** One thing that users or other services call; named in the environment file. */
export type Service = {
  readonly name: string;
  /** Base URL as users reach it, through the load balancer. */
  readonly url: string;
  /** Target group (its ARN on AWS) behind which the instances stand. */
  readonly group?: string | undefined;
  /** Listener rule (its ARN on AWS) that splits traffic between target groups, where there are several. */
  readonly rule?: string | undefined;
  /** Every instance that belongs to the service; actions accept no others. */
  readonly instances: readonly string[];
  readonly firewallGroups: readonly string[];
  readonly logGroup?: string | undefined;
  /** TCP port the balancer needs to reach on the instances. */
  readonly port?: number | undefined;
  /** No step may take the healthy count below this. */
  readonly floor: number;
  /** What runs its units and keeps their number: an Auto Scaling group's name on AWS, a Deployment's on Kubernetes. Without one its instances are all there are. */
  readonly workload?: string | undefined;
  /** No step may take the number of its units above this. */
  readonly most?: number | undefined;
};

/** The named, exact targets of an environment. Nothing outside it can be acted on. */
export type Inventory = {
  /** The service of that name; throws `binding-missing` when the environment has none. */
  service(name: string): Service;
  readonly services: readonly Service[];
  /** Address of each vendor's status page, by the vendor's name; what stands there is foreign text. */
  readonly statusPages: Readonly<Record<string, string>>;
  /** The saved question to the logs of that id, as it is shipped; throws `definition-invalid` when there is none. */
  logQuery(id: string): SavedLogQuery;
};

/** Lengths of time that differ between environments: shorter in the sandbox, with the same number of samples. */
export type Times = {
  /** Longest wait for one restarted instance to become healthy. */
  readonly restart: Duration;
  /** Pause between two looks while waiting. */
  readonly poll: Duration;
  /** How long the symptom must stay away before a run counts as solved. */
  readonly steady: Duration;
  /** Longest wait for verification. */
  readonly verify: Duration;
  /** How long a plan stays good. */
  readonly planExpiry: Duration;
  /** Lease of locks and run ownership; renewed at a third of it. */
  readonly lease: Duration;
  /** How long a sticky lock stays after a run that ended badly, when nobody frees it before. */
  readonly stickyLock: Duration;
  /** How long broken glass stands. */
  readonly brokenGlass: Duration;
  /** How long a symptom must last before its alarm sounds. */
  readonly outage: Duration;
  /** A deploy younger than this can explain an outage. */
  readonly freshDeploy: Duration;
  /** A session that holds a transaction open and does nothing for this long is stuck, not slow. */
  readonly stuckTransaction: Duration;
  /** One answer in twenty of the API may take longer than this. */
  readonly slowAnswer: Duration;
  /** One report in twenty may be longer than this in one agent. */
  readonly slowStage: Duration;
  /** One report in twenty may take longer than this as a whole. */
  readonly slowReport: Duration;
  /** A report that has waited longer than this waits in vain, or behind too many. */
  readonly longWait: Duration;
};

// ----- Readers -----

/** What came back from one HTTP request: an answer with any status, or silence with its reason. Silence is an answer too. */
export type HttpAnswer =
  | { readonly kind: "answered"; readonly status: number; readonly body: string; readonly tookMs: number }
  | { readonly kind: "silent"; readonly reason: string; readonly tookMs: number };

export interface HttpReader {
  /** GET, from outside, following no redirects; body capped at 64 KiB; never throws for a dead service. */
  get(
    url: string,
    options?: { readonly timeout?: Duration; readonly signal?: AbortSignal },
  ): Promise<HttpAnswer>;
}

/** One machine. `check` is the cloud's own status check of it. */
export type Instance = {
  readonly id: string;
  readonly name: string;
  readonly state: "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated";
  readonly check: "ok" | "impaired" | "initializing" | "insufficient-data" | "not-applicable";
  readonly version?: string;
};

export interface InstanceReader {
  /** Exactly the instances asked for; throws `tool-refused` when one does not exist, `selector-empty` for an empty list. */
  describe(ids: readonly string[]): Promise<readonly Instance[]>;
}

/** One instance as the load balancer sees it. */
export type Target = {
  readonly instance: string;
  readonly port: number;
  readonly health: "initial" | "healthy" | "unhealthy" | "unused" | "draining" | "unavailable";
  /** The balancer's reason in its own words, when not healthy. */
  readonly reason?: string;
};

/** Share of traffic of one target group behind a rule. */
export type Weight = { readonly group: string; readonly weight: number };

export interface BalancerReader {
  targets(group: string): Promise<readonly Target[]>;
  weights(rule: string): Promise<readonly Weight[]>;
}

/** Who may reach which ports. */
export type FirewallRule = {
  readonly group: string;
  readonly protocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly sources: readonly string[];
};

export interface FirewallReader {
  /** Ingress rules of the groups. */
  ingress(groups: readonly string[]): Promise<readonly FirewallRule[]>;
}

export type LogLine = {
  readonly at: string;
  readonly level: string;
  readonly message: string;
  readonly source: string;
};

/**
 * The lines of the platform, wherever they are kept. A group is the `logGroup` of a service, or empty where its file names none: what keeps all
 * lines in one place takes no notice of it, what is divided by it throws `tool-refused`. No group is never silence.
 */
export interface LogReader {
  /** Lines at ERROR or above, newest last, at most `limit`, over all instances of the group. */
  errors(
    group: string,
    options: { readonly since: Duration; readonly limit: number },
  ): Promise<readonly LogLine[]>;
  /**
   * Asks a saved query of a group's lines. What cannot be searched within the time is given as far as it came, and the answer says
   * that it is incomplete; throws `tool-unreachable` and `tool-refused`.
   */
  query(group: string, question: LogQuestion, within: Duration): Promise<LogAnswer>;
  /**
   * The lines of every unit of these services, those of units that are gone included where they are kept. What could not be searched, a unit
   * that does not answer say, is named in `incomplete`; throws only when nothing could be: `tool-unreachable`, `tool-refused`, and
   * `selector-empty` for no service. `everyone` are all services of the environment: whose a unit is, is told from among them.
   */
  lines(
    services: readonly Service[],
    question: LinesQuestion,
    everyone: readonly Service[],
  ): Promise<UnitLines>;
}

/** One change of what runs. */
export type Deploy = {
  readonly version: string;
  readonly previous?: string;
  readonly at: string;
  readonly instances: readonly string[];
};

export interface DeployReader {
  /** Newest first. Empty when nothing is known to have been deployed. On Kubernetes the Deployment is named, on AWS the instances. */
  recent(instances: readonly string[], workload?: string): Promise<readonly Deploy[]>;
}

/** One series and its value now; NaN and infinities are told as they are. */
export type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

export interface MetricsReader {
  /**
   * What a PromQL expression gives at this moment; no series is an empty list, never a zero. Expressions are written in definitions,
   * with nothing in them that came from outside. Throws `tool-unreachable`, and `tool-refused` for an expression that is none.
   */
  query(expression: string): Promise<readonly Sample[]>;
}

/** What names one session of the database server for good: a process id alone is used again. */
type SessionName = {
  readonly pid: number;
  /** When it was opened, to the microsecond, in UTC. */
  readonly startedAt: string;
};

/** One session of a client at the platform's database, as the server itself lists it. */
export type Session = SessionName & {
  readonly application: string;
  readonly user: string;
  readonly state: "active" | "idle" | "idle in transaction" | "other";
  /** Seconds in this state. */
  readonly stateFor: number;
  /** Seconds since its transaction began; undefined outside of one. */
  readonly transactionFor: number | undefined;
  /** What it waits for, in the server's words: "Lock/transactionid". */
  readonly waitsFor: string | undefined;
  /** Process ids of the sessions that hold what it waits for. */
  readonly blockedBy: readonly number[];
  /** Why it may not be ended by this tool, whatever it does; undefined when it may. */
  readonly protected: string | undefined;
};

/** The sessions of the database, and how many its users may have. */
export type Connections = {
  readonly sessions: readonly Session[];
  /** Connections open to the platform's users: the server's, less what it keeps for administrators, or the users' own limit where that is lower. */
  readonly most: number;
  /** Connections taken, counted against that limit. */
  readonly used: number;
};

export interface DatabaseReader {
  /** Every client session at the platform's database server; throws `tool-unreachable` when it does not answer. */
  connections(): Promise<Connections>;
}

/** Everything a probe, a check or a `confirm` may use. Nothing in it changes anything. */
export interface Readers {
  readonly http: HttpReader;
  readonly instances: InstanceReader;
  readonly balancer: BalancerReader;
  readonly firewall: FirewallReader;
  readonly logs: LogReader;
  readonly deploys: DeployReader;
  readonly database: DatabaseReader;
  readonly metrics: MetricsReader;
  readonly workloads: WorkloadReader;
  readonly hosts: HostReader;
  readonly queue: QueueReader;
  readonly cache: CacheReader;
  readonly switches: SwitchReader;
  readonly announcements: AnnouncementReader;
  readonly replication: ReplicationReader;
  readonly volumes: VolumeReader;
  readonly inventory: Inventory;
  readonly times: Times;
}

// ----- Operators -----

export interface InstanceAdmin {
  /** Asks for a reboot of one instance. Returns when the request is accepted, not when the instance is back. */
  reboot(id: string): Promise<void>;
}

export interface BalancerAdmin {
  /** Sets the whole split of a rule at once. */
  setWeights(rule: string, weights: readonly Weight[]): Promise<void>;
}

/** What became of the wish to end a session. `changed`: it is there, and no longer what it was when that was decided. */
type SessionEnd = "ended" | "gone" | "changed";

export interface DatabaseAdmin {
  /**
   * Ends one session that still holds a transaction open and has done nothing in it for `stuckFor`. The server checks all of it
   * again in the same statement: who it is, that it is the same session, that it is stuck, that it may be ended.
   */
  endStuck(session: SessionName, stuckFor: Duration): Promise<SessionEnd>;
}

/** Everything an action may use to change something. */
export interface Operators {
  readonly instanceAdmin: InstanceAdmin;
  readonly balancerAdmin: BalancerAdmin;
  readonly databaseAdmin: DatabaseAdmin;
  readonly workloadAdmin: WorkloadAdmin;
  readonly queueAdmin: QueueAdmin;
  readonly switchAdmin: SwitchAdmin;
  readonly announcer: Announcer;
  readonly profiler: Profiler;
  readonly failover: FailoverAdmin;
  readonly volumeAdmin: VolumeAdmin;
}
