import type { CloudKind } from "./cloud-kinds.ts";
import type { FaultName } from "./faults.ts";

/** A runbook against a fault that is real: what is broken, what the runbook is told, and where it has to come out. */
export type Drill = {
  readonly runbook: string;
  /** Its own name, within the runbook. */
  readonly name: string;
  readonly fault: FaultName;
  /** Where it is held; on both clouds when left out. */
  readonly on?: CloudKind;
  readonly params?: Readonly<Record<string, string>>;
  /** The check that has to see it; the first that the runbook proves its cure with when left out. */
  readonly seenBy?: string;
  /** The rule of the decision table that it leads to, and how the run ends. */
  readonly rule: string;
  readonly outcome: string;
};

/** Every drill. Each runbook that acts has one; a house test holds them together. */
export const drills: readonly Drill[] = [
  {
    runbook: "platform-down",
    name: "both-killed",
    on: "aws",
    fault: "api-down",
    rule: "out-of-service",
    outcome: "solved",
  },
  {
    runbook: "platform-down",
    name: "one-killed",
    on: "aws",
    fault: "api-one-down",
    seenBy: "api-targets",
    rule: "out-of-service",
    outcome: "solved",
  },
  {
    runbook: "platform-down",
    name: "one-hangs",
    fault: "api-hang",
    seenBy: "api-targets",
    rule: "out-of-service",
    outcome: "solved",
  },
  {
    runbook: "platform-down",
    name: "firewall-closed",
    fault: "firewall-closed",
    rule: "firewall-closed",
    outcome: "escalated",
  },
  {
    runbook: "platform-down",
    name: "bad-deploy",
    on: "aws",
    fault: "bad-deploy",
    rule: "fresh-deploy",
    outcome: "handed-over",
  },
  {
    runbook: "restart-service",
    name: "one-hangs",
    fault: "api-hang",
    seenBy: "api-targets",
    rule: "one-at-a-time",
    outcome: "solved",
  },
  {
    runbook: "scale-service",
    name: "one-more",
    fault: "memory-hog",
    params: { service: "api", units: "+1" },
    seenBy: "memory",
    rule: "add",
    outcome: "solved",
  },
  {
    runbook: "api-500s",
    name: "pool-full",
    fault: "database-pool-full-seen",
    // An instance without a connection is soon out of service; who asks then gets the balancer's own 503, which the API does not count.
    seenBy: "platform-answers",
    rule: "pool",
    outcome: "handed-over",
  },
  {
    runbook: "high-error-rate",
    name: "agent-failing",
    fault: "agent-failing",
    rule: "agent-failing",
    outcome: "solved",
  },
  {
    runbook: "high-latency",
    name: "latency-added",
    fault: "latency-added",
    rule: "database-far",
    outcome: "escalated",
  },
  {
    runbook: "high-latency",
    name: "one-instance-slow",
    fault: "slow-instance",
    rule: "one-slow",
    outcome: "solved",
  },
  {
    runbook: "xbrl-slow",
    name: "one-agent-slow",
    fault: "slow-reporting",
    rule: "one-slow",
    outcome: "solved",
  },
  {
    runbook: "slow-performance",
    name: "slow-reporting",
    fault: "slow-reporting",
    rule: "xbrl",
    outcome: "handed-over",
  },
  { runbook: "high-memory", name: "one-leaks", fault: "memory-hog", rule: "full", outcome: "solved" },
  { runbook: "high-cpu", name: "one-spins", fault: "cpu-hog", rule: "spinning", outcome: "solved" },
  {
    runbook: "rollback",
    name: "bad-deploy",
    on: "aws",
    fault: "bad-deploy",
    rule: "flip-back",
    outcome: "solved",
  },
  {
    runbook: "db-pool-exhaustion",
    name: "leaked-transactions",
    fault: "database-pool-full",
    params: { most: "40" },
    rule: "stuck",
    outcome: "solved",
  },
  {
    runbook: "database-down",
    name: "process-killed",
    on: "aws",
    fault: "database-down",
    rule: "process-down",
    outcome: "solved",
  },
  {
    runbook: "disk-full",
    name: "export-fills-disk",
    on: "aws",
    fault: "disk-full",
    rule: "grow",
    outcome: "solved",
  },
  {
    runbook: "database-down",
    name: "host-frozen",
    on: "aws",
    fault: "database-host-frozen",
    rule: "failover",
    outcome: "solved",
  },
  {
    runbook: "queue-backlog",
    name: "paused",
    fault: "queue-paused",
    params: { resume: "now" },
    rule: "forgotten",
    outcome: "solved",
  },
  {
    runbook: "queue-backlog",
    name: "worker-killed",
    on: "aws",
    fault: "worker-down",
    seenBy: "units",
    rule: "workers-gone",
    outcome: "handed-over",
  },
  {
    runbook: "llm-api-outage",
    name: "one-overloaded",
    fault: "llm-529",
    rule: "falls-back",
    outcome: "solved",
  },
  {
    runbook: "llm-api-outage",
    name: "one-hangs",
    fault: "llm-one-hangs",
    rule: "in-the-way",
    outcome: "solved",
  },
  { runbook: "llm-api-outage", name: "all-down", fault: "llm-down", rule: "out", outcome: "solved" },
  {
    runbook: "llm-api-outage",
    name: "all-hang",
    fault: "llm-hang",
    params: { materiality: "rules" },
    rule: "rules-alone",
    outcome: "solved",
  },
  {
    runbook: "agent-kill-switch",
    name: "without-the-database",
    fault: "database-down",
    params: { scope: "all", incident: "INC-1" },
    seenBy: "platform-answers",
    rule: "off",
    outcome: "solved",
  },
  {
    runbook: "low-data-quality",
    name: "bad-source",
    fault: "bad-data",
    rule: "data-worse",
    outcome: "solved",
  },
  {
    runbook: "compliance-failure",
    name: "bad-source",
    fault: "bad-data",
    rule: "not-compliant",
    outcome: "solved",
  },
  { runbook: "redis-down", name: "killed", on: "aws", fault: "redis-down", rule: "gone", outcome: "solved" },
];

/** Those that can be held on one of the clouds. */
export function drillsOn(cloud: CloudKind): readonly Drill[] {
  return drills.filter(({ on }) => on === undefined || on === cloud);
}
