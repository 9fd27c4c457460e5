import type { Identity } from "#kit/identity.ts";
import { planDigest, type Plan, type PlannedStep } from "#kit/plan.ts";
import type { RunEvent } from "#kit/timeline.ts";

export const lena: Identity = { name: "lena", host: "ops-1", via: "terminal" };
export const omar: Identity = { name: "omar", host: "ops-2", via: "terminal" };

/** An event and the time of day it happened. */
export type Told = readonly (readonly [string, RunEvent])[];

const environment = { name: "production", account: "acme-csrd", region: "eu-central-1" };
const params = { service: "api" };

/** The alert and the question: someone asked for the run. */
export const asked: Told = [
  [
    "03:12:04",
    {
      type: "run.asked",
      runbook: "platform-down",
      title: "Platform down",
      summary: "Users cannot reach the API. Find out why and bring it back without making it worse.",
      severity: "P0",
      content: "c0ffee",
      environment,
      tier: "production",
      params,
      by: lena,
      reason: "page from PagerDuty",
      alert: {
        name: "ApiUnreachable",
        since: "2026-11-21T03:04:10.000Z",
        summary: "API unreachable from outside",
      },
      lock: "production/deploy",
      withinMs: 1_800_000,
      afterwards: ["Write the post-mortem within two working days", "Check that the alert fired in time"],
      vitals: ["healthy", "5xx"],
      planOnly: false,
    },
  ],
];

const probes = [
  { name: "outside", ask: "Does the API answer from outside?", optional: false },
  { name: "targets", ask: "What does the load balancer see?", optional: false },
  { name: "instances", ask: "Are the instances running?", optional: false },
  { name: "firewall", ask: "Does the firewall let the balancer in?", optional: false },
  { name: "errors", ask: "What do the logs say?", optional: true },
  { name: "deploys", ask: "Was anything deployed?", optional: true },
] as const;

/** Six questions, five answers. */
export const looked: Told = [
  ["03:12:04", { type: "look.started", probes, again: false }],
  [
    "03:12:05",
    {
      type: "probe.answered",
      ...named("outside"),
      again: false,
      finding: {
        known: true,
        reading: { state: "bad", says: "no answer in 5 s; 503 from the balancer" },
        value: {},
      },
      tookMs: 310,
    },
  ],
  [
    "03:12:05",
    {
      type: "probe.answered",
      ...named("targets"),
      again: false,
      finding: {
        known: true,
        reading: { state: "bad", says: "0 of 2 targets healthy: api-1 and api-2 fail /readyz" },
        value: {},
      },
      tookMs: 420,
    },
  ],
  [
    "03:12:05",
    {
      type: "probe.answered",
      ...named("instances"),
      again: false,
      finding: { known: true, reading: { state: "fine", says: "2 of 2 running" }, value: {} },
      tookMs: 500,
    },
  ],
  [
    "03:12:05",
    {
      type: "probe.answered",
      ...named("firewall"),
      again: false,
      finding: { known: true, reading: { state: "fine", says: "port 8000 open to the balancer" }, value: {} },
      tookMs: 505,
    },
  ],
  [
    "03:12:06",
    {
      type: "probe.answered",
      ...named("deploys"),
      again: false,
      finding: {
        known: true,
        reading: { state: "note", says: "last deploy 1.4.2, 6 d ago" },
        value: {},
      },
      tookMs: 700,
    },
  ],
  [
    "03:12:07",
    {
      type: "probe.answered",
      ...named("errors"),
      again: false,
      finding: { known: false, reason: "the log service did not answer in 2 s" },
      tookMs: 2_001,
    },
  ],
];

function named(name: (typeof probes)[number]["name"]) {
  const found = probes.find((probe) => probe.name === name) ?? probes[0];
  return { probe: found.name, ask: found.ask, optional: found.optional };
}

const restart = (key: string, target: string): PlannedStep => ({
  kind: "step",
  action: "restart",
  input: { instance: target },
  key,
  title: `Restart ${target}`,
  risk: "disruptive",
  preview: `reboot ${target}, then wait until the load balancer calls it healthy`,
  targets: [target],
  undoable: false,
  withinMs: 120_000,
});

const steps: readonly PlannedStep[] = [restart("1", "api-1"), restart("2", "api-2")];

/** Two restarts, one at a time. */
export const thePlan: Plan = {
  digest: planDigest({ runbook: "platform-down", content: "c0ffee", environment, params, steps }),
  steps,
  leavesAlone: ["redis", "queue", "database", "agents"],
  madeAt: "2026-11-21T03:12:07.000Z",
  expiresAt: "2026-11-21T03:27:07.000Z",
  strictest: "disruptive",
};

const need = {
  count: 1,
  requesterMay: false,
  strength: "environment",
  rule: "rules/approval.yaml: production, disruptive",
} as const;

/** Decided, planned. */
export const planned: Told = [
  [
    "03:12:07",
    {
      type: "run.decided",
      decision: "plan",
      rule: "all-targets-down",
      because: "every target fails its health check while the instances run and nothing was deployed",
      tookMs: 3_100,
    },
  ],
  ["03:12:07", { type: "plan.made", plan: thePlan, need }],
];

export const waiting: Told = [
  [
    "03:12:07",
    {
      type: "approval.asked",
      digest: thePlan.digest,
      need,
      expiresAt: thePlan.expiresAt,
      ifSilent: "nothing is done and the on-call lead is paged",
    },
  ],
];

/** Approved, looked again, locked. */
export const approved: Told = [
  ["03:14:58", { type: "approval.given", digest: thePlan.digest, by: omar, lookedAgain: "same" }],
  [
    "03:14:59",
    { type: "lock.taken", lock: "production/deploy", fence: 7, until: "2026-11-21T03:45:00.000Z" },
  ],
  ["03:15:00", { type: "plan.checked", same: true, differences: [] }],
  ["03:15:00", { type: "vital.sampled", label: "healthy", value: 0, of: 2, floor: 0 }],
  ["03:15:00", { type: "vital.sampled", label: "5xx", value: 30, unit: "/min" }],
];

const started = (key: string, target: string): RunEvent => ({
  type: "step.started",
  key,
  title: `Restart ${target}`,
  attempt: 1,
  before: { bootedAt: "2026-11-15" },
  withinMs: 120_000,
});

export const firstStarted: Told = [
  ["03:15:00", started("1", "api-1")],
  ["03:15:12", { type: "step.saw", key: "1", saw: "api-1: process up, /readyz 503" }],
];

export const firstDone: Told = [
  ...firstStarted,
  ["03:15:38", { type: "vital.sampled", label: "healthy", value: 1, of: 2, floor: 0 }],
  ["03:15:38", { type: "vital.sampled", label: "5xx", value: 12, unit: "/min" }],
  ["03:15:38", { type: "step.done", key: "1", effect: "healthy 0 → 1", tookMs: 38_100 }],
];

export const secondStarted: Told = [
  ["03:15:38", started("2", "api-2")],
  ["03:15:50", { type: "step.saw", key: "2", saw: "api-2: process up, /readyz 503" }],
];

export const secondDone: Told = [
  ...secondStarted,
  ["03:16:20", { type: "vital.sampled", label: "healthy", value: 2, of: 2, floor: 0 }],
  ["03:16:20", { type: "vital.sampled", label: "5xx", value: 0, unit: "/min" }],
  ["03:16:20", { type: "step.done", key: "2", effect: "healthy 1 → 2", tookMs: 42_000 }],
];

const check = { id: "api-answers", title: "The API answers from outside" };

export const proving: Told = [
  ["03:16:20", { type: "verify.started", checks: [check], withinMs: 600_000, steadyMs: 300_000 }],
  [
    "03:16:21",
    { type: "verify.sampled", check: check.id, health: { state: "healthy", says: "200 in 80 ms" } },
  ],
];

export const proven: Told = [
  ...proving,
  [
    "03:21:21",
    { type: "verify.held", checks: [check.id], steadyMs: 300_000, says: "200 in 80 ms; 5xx 0/min" },
  ],
  ["03:21:21", { type: "lock.released", lock: "production/deploy" }],
];

export const ended = (time: string, event: Omit<Extract<RunEvent, { type: "run.ended" }>, "type">): Told => [
  [time, { type: "run.ended", ...event }],
];
