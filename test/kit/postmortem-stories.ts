import type { Identity } from "#kit/identity.ts";
import type { Plan, PlannedStep } from "#kit/plan.ts";
import type { ApprovalNeed, RunEvent } from "#kit/timeline.ts";
import { journalOf } from "#test/scenarios/runs/journal.ts";
import * as told from "#test/scenarios/runs/platform-down.ts";
import { lena, omar } from "#test/scenarios/runs/platform-down.ts";

export const ana: Identity = { name: "ana", host: "ops-3", via: "slack" };

type Told = readonly (readonly [string, RunEvent])[];

const need: ApprovalNeed = {
  count: 2,
  requesterMay: false,
  strength: "target",
  rule: "rules/approval.yaml: production, destructive",
};

const common = { risk: "disruptive", preview: "as it says", undoable: true, withinMs: 120_000 } as const;

function step(key: string, title: string, more: Partial<PlannedStep> = {}): PlannedStep {
  return {
    kind: "step",
    action: "restart",
    input: {},
    key,
    title,
    targets: [title],
    ...common,
    ...more,
  } as PlannedStep;
}

function planOf(digest: string, steps: readonly PlannedStep[]): Plan {
  return {
    digest: digest.padEnd(64, "0"),
    steps,
    leavesAlone: ["database"],
    madeAt: "2026-11-21T03:12:07.000Z",
    expiresAt: "2026-11-21T03:27:07.000Z",
    strictest: "disruptive",
  };
}

const decided: Told = [
  [
    "03:12:07",
    {
      type: "run.decided",
      decision: "plan",
      rule: "all-targets-down",
      because: "every target fails",
      tookMs: 3_000,
    },
  ],
];

const started = (key: string, title: string): RunEvent => ({
  type: "step.started",
  key,
  title,
  attempt: 1,
  before: { load: 3 },
  withinMs: 120_000,
});

const lock = {
  type: "lock.taken",
  lock: "production/deploy",
  fence: 7,
  until: "2026-11-21T03:45:00.000Z",
} as const;

const end = (
  at: string,
  outcome: "solved" | "undone" | "step-failed",
  exit: number,
  verdict: string,
): Told => [[at, { type: "run.ended", outcome, exit, verdict }]];

const manualPlan = planOf("aa11bb22", [
  step("1", "Restart api-1"),
  step("2", "Point the DNS record at the new balancer", {
    kind: "wait",
    action: "dns-moved",
    input: { ask: "Point the DNS record at the new balancer", within: "10m", ifSilent: "stop", lock: "hold" },
  }),
  step("3", "Watch the errors of green", { kind: "watch", action: "errors" }),
]);

/** Two of two must approve, one takes it back and gives it again; then a manual step and a watch, with a check beside. */
const peopleInBetween: Told = [
  ...told.asked,
  ...told.looked,
  ...decided,
  ["03:12:07", { type: "plan.made", plan: manualPlan, need }],
  [
    "03:12:07",
    {
      type: "approval.asked",
      digest: manualPlan.digest,
      need,
      expiresAt: manualPlan.expiresAt,
      ifSilent: "nothing is done",
    },
  ],
  ["03:13:07", { type: "approval.given", digest: manualPlan.digest, by: omar, lookedAgain: "same" }],
  ["03:13:37", { type: "approval.revoked", digest: manualPlan.digest, by: omar, reason: "wrong tab" }],
  ["03:14:07", { type: "approval.escalated", digest: manualPlan.digest, to: ["ana"] }],
  ["03:14:37", { type: "approval.given", digest: manualPlan.digest, by: ana, lookedAgain: "same" }],
  ["03:15:07", { type: "approval.given", digest: manualPlan.digest, by: omar, lookedAgain: "same" }],
  ["03:15:10", lock],
  ["03:15:10", { type: "plan.checked", same: true, differences: [] }],
  ["03:15:10", started("1", "Restart api-1")],
  ["03:15:40", { type: "step.done", key: "1", effect: "healthy 0 → 1", tookMs: 30_000 }],
  ["03:15:40", started("2", "Point the DNS record at the new balancer")],
  ["03:17:40", { type: "signal.received", signal: "dns-moved", by: ana, text: "done, TTL was 60" }],
  ["03:17:41", { type: "step.done", key: "2", effect: "ana said so", tookMs: 121_000 }],
  ["03:17:41", started("3", "Watch the errors of green")],
  [
    "03:18:41",
    { type: "watch.sampled", key: "3", sample: { known: true, value: 1, at: "" }, says: "1 of 4,000 failed" },
  ],
  [
    "03:18:50",
    {
      type: "during.sampled",
      check: "queue",
      title: "The queue moves",
      health: { state: "unhealthy", says: "12 waiting for 5 min" },
    },
  ],
  [
    "03:19:41",
    { type: "watch.sampled", key: "3", sample: { known: true, value: 0, at: "" }, says: "0 of 4,000 failed" },
  ],
  ["03:19:41", { type: "watch.judged", key: "3", verdict: "pass", because: "2 samples under 1 %" }],
  ["03:19:41", { type: "step.done", key: "3", effect: "2 samples under 1 %", tookMs: 120_000 }],
  [
    "03:19:41",
    {
      type: "verify.started",
      checks: [{ id: "api-answers", title: "The API answers from outside" }],
      withinMs: 600_000,
      steadyMs: 60_000,
    },
  ],
  ["03:20:41", { type: "verify.held", checks: ["api-answers"], steadyMs: 60_000, says: "200 in 80 ms" }],
  ["03:20:41", { type: "lock.released", lock: "production/deploy" }],
  ...end("03:20:41", "solved", 0, "Solved in 8 min 37 s: the API answers from outside."),
];

const firstPlan = planOf("11111111", [step("1", "Restart api-1")]);
const secondPlan = planOf("22222222", [step("R2-1", "Scale out by one")]);

const oneNeeded: ApprovalNeed = { ...need, count: 0, rule: "rules/approval.yaml: sandbox, reversible" };

/** The first plan did not help, the second did. */
const twoRounds: Told = [
  ...told.asked,
  ...told.looked,
  ...decided,
  ["03:12:07", { type: "plan.made", plan: firstPlan, need: oneNeeded }],
  ["03:12:08", lock],
  ["03:12:08", started("1", "Restart api-1")],
  ["03:12:38", { type: "step.done", key: "1", effect: "healthy 0 → 0", tookMs: 30_000 }],
  [
    "03:12:38",
    {
      type: "verify.started",
      checks: [{ id: "api-answers", title: "The API answers from outside" }],
      withinMs: 60_000,
      steadyMs: 10_000,
    },
  ],
  ["03:13:38", { type: "verify.failed", check: "api-answers", health: { state: "unhealthy", says: "503" } }],
  ["03:13:38", { type: "round.started", round: 2, because: "the API does not answer" }],
  [
    "03:13:38",
    {
      type: "look.started",
      probes: [{ name: "outside", ask: "Does the API answer from outside?", optional: false }],
      again: false,
    },
  ],
  [
    "03:13:40",
    {
      type: "probe.answered",
      probe: "outside",
      ask: "Does the API answer from outside?",
      optional: false,
      again: false,
      finding: { known: true, reading: { state: "bad", says: "still 503" }, value: {} },
      tookMs: 2_000,
    },
  ],
  [
    "03:13:41",
    {
      type: "run.decided",
      decision: "plan",
      rule: "restart-did-not-help",
      because: "a restart was tried",
      tookMs: 3_000,
    },
  ],
  ["03:13:41", { type: "plan.made", plan: secondPlan, need: oneNeeded }],
  ["03:13:41", started("R2-1", "Scale out by one")],
  ["03:14:41", { type: "step.done", key: "R2-1", effect: "2 → 3 instances", tookMs: 60_000 }],
  [
    "03:14:41",
    {
      type: "verify.started",
      checks: [{ id: "api-answers", title: "The API answers from outside" }],
      withinMs: 60_000,
      steadyMs: 10_000,
    },
  ],
  ["03:14:51", { type: "verify.held", checks: ["api-answers"], steadyMs: 10_000, says: "200" }],
  ...end("03:14:51", "solved", 0, "Solved in 2 min 47 s: the API answers from outside."),
];

/** Nobody could be reached, so lena broke the glass; omar looked at it the next morning, after the end. */
const brokenGlass: Told = [
  ...told.asked,
  ...told.looked,
  ...decided,
  ["03:12:07", { type: "plan.made", plan: firstPlan, need }],
  [
    "03:12:17",
    {
      type: "glass.broken",
      by: lena,
      reason: "nobody answers and filing closes at 04:00",
      skips: ["approval", "freeze"],
      expiresAt: "2026-11-21T04:12:17.000Z",
    },
  ],
  ["03:12:20", lock],
  ["03:12:20", started("1", "Restart api-1")],
  ["03:12:50", { type: "step.done", key: "1", effect: "healthy 0 → 1", tookMs: 30_000 }],
  ...end("03:12:50", "solved", 0, "Solved in 46 s."),
];

const reviewed: Told = [
  ...brokenGlass,
  ["09:00:00", { type: "review.done", by: omar, text: "right call; page the lead next time" }],
];

/** Killed in the first step, taken over, undone. */
const killedAndUndone: Told = [
  ...told.asked,
  ...told.looked,
  ...decided,
  ["03:12:07", { type: "plan.made", plan: firstPlan, need: oneNeeded }],
  ["03:12:08", lock],
  ["03:12:08", started("1", "Restart api-1")],
  ["03:12:18", { type: "step.saw", key: "1", saw: "api-1: process up" }],
  ["03:13:00", { type: "note.added", by: ana, text: "is anybody there?" }],
  [
    "03:22:18",
    {
      type: "run.resumed",
      by: omar,
      fence: 2,
      tookOver: { owner: "ops-1:77:abcdef", until: "2026-11-21T03:12:40.000Z" },
    },
  ],
  [
    "03:22:19",
    {
      ...lock,
      fence: 8,
      tookOver: { run: "r-7f2a", owner: "ops-1:77:abcdef", until: "2026-11-21T03:12:40.000Z" },
    },
  ],
  ["03:22:20", { type: "step.settled", key: "1", outcome: "done", because: "it booted at 03:12:30" }],
  [
    "03:22:30",
    {
      type: "undo.asked",
      by: omar,
      steps: [step("u1", "Put api-1 back", { undoes: "1" })],
      stays: ["the restart's cold cache"],
    },
  ],
  ["03:22:30", started("u1", "Put api-1 back")],
  ["03:22:50", { type: "step.done", key: "u1", effect: "as before", tookMs: 20_000 }],
  [
    "03:22:50",
    {
      type: "lock.kept",
      lock: "production/deploy",
      fence: 8,
      reason: "the cause is not known",
      until: "2026-11-21T04:22:50.000Z",
    },
  ],
  ...end("03:22:50", "undone", 8, "Undone: 1 step taken back."),
];

/** Another runbook took over and solved it. */
const handedOn: Told = [
  ...told.asked,
  ...told.looked,
  [
    "03:12:07",
    {
      type: "run.decided",
      decision: "hand-over",
      rule: "fresh-deploy",
      because: "1.5.0 is 4 min old",
      handOver: { runbook: "rollback", params: { service: "api" } },
      tookMs: 3_000,
    },
  ],
  ["03:12:08", { type: "handed.over", child: "r-c41d", runbook: "rollback", params: { service: "api" } }],
  [
    "03:15:08",
    { type: "child.ended", child: "r-c41d", outcome: "solved", exit: 0, verdict: "Solved in 3 min." },
  ],
  [
    "03:15:08",
    {
      type: "run.ended",
      outcome: "handed-over",
      exit: 0,
      verdict: "Handed over to rollback, which solved it.",
    },
  ],
];

/** Runs that use what the shared ones do not: rounds, people in between, broken glass, a take-over, an undo, a hand-over. */
export const stories = {
  peopleInBetween: journalOf("r-a001", peopleInBetween),
  twoRounds: journalOf("r-a002", twoRounds),
  brokenGlass: journalOf("r-a003", brokenGlass),
  reviewed: journalOf("r-a003", reviewed),
  killedAndUndone: journalOf("r-a004", killedAndUndone),
  handedOn: journalOf("r-a005", handedOn),
} as const;
