import type { Health } from "./check.ts";
import type { Reading } from "./finding.ts";
import type { Identity } from "./identity.ts";
import type { Plan, PlannedStep } from "./plan.ts";
import type { Severity } from "./severity.ts";

/** How a run ended; `exit` in `run.ended` follows from it (docs/tour.md, "Exit codes"). */
export type Outcome =
  | "solved"
  | "all-clear"
  | "planned"
  | "escalated"
  | "handed-over"
  | "not-verified"
  | "step-failed"
  | "approval-refused"
  | "approval-expired"
  | "guarded"
  | "unknown"
  | "interrupted"
  | "undone"
  | "defect";

/** How a plan must be approved; computed by the policy in rules/ when the plan is made. */
export type ApprovalNeed = {
  /** How many approvals; 0 means the requester's own confirmation is enough or none is needed. */
  readonly count: number;
  /** Whether the person who asked may approve. */
  readonly requesterMay: boolean;
  /** What must be typed: nothing, `y`, the environment's name, or the targets. */
  readonly strength: "none" | "yes" | "environment" | "target";
  /** Which rule said so: "rules/approval.yaml: sandbox, disruptive". */
  readonly rule: string;
};

/** What went wrong, as data. */
export type Fault = {
  readonly code: string;
  readonly summary: string;
  readonly hint: string;
  readonly details?: string;
};

/** Everything that can happen. Terminal, NDJSON, Slack, PagerDuty and post-mortem are renderings of it; none keeps notes of its own. */
export type RunEvent =
  | {
      readonly type: "run.asked";
      readonly runbook: string;
      readonly title: string;
      readonly summary: string;
      readonly severity: Severity;
      readonly content: string;
      readonly environment: Readonly<Record<string, string>>;
      readonly tier: string;
      readonly params: Readonly<Record<string, unknown>>;
      readonly by: Identity;
      readonly reason?: string;
      readonly alert?: { readonly name: string; readonly since: string; readonly summary: string };
      /** Full name of the lock it will need: "sandbox/deploy". */
      readonly lock: string;
      readonly withinMs: number;
      readonly afterwards: readonly string[];
      readonly vitals: readonly string[];
      /** True for `ops plan`: it ends when the plan is made. */
      readonly planOnly: boolean;
    }
  | {
      readonly type: "look.started";
      readonly probes: readonly { readonly name: string; readonly ask: string; readonly optional: boolean }[];
      readonly again: boolean;
    }
  | {
      readonly type: "probe.answered";
      readonly probe: string;
      readonly ask: string;
      readonly optional: boolean;
      readonly again: boolean;
      readonly finding:
        | { readonly known: true; readonly reading: Reading; readonly value: unknown }
        | { readonly known: false; readonly reason: string };
      readonly tookMs: number;
    }
  | {
      readonly type: "run.decided";
      readonly decision: "all-clear" | "plan" | "escalate" | "hand-over";
      readonly rule: string;
      readonly because: string;
      readonly handOver?: { readonly runbook: string; readonly params: Readonly<Record<string, unknown>> };
      readonly tookMs: number;
    }
  | { readonly type: "plan.made"; readonly plan: Plan; readonly need: ApprovalNeed }
  | {
      readonly type: "approval.asked";
      readonly digest: string;
      readonly need: ApprovalNeed;
      readonly expiresAt: string;
      readonly ifSilent: string;
    }
  | {
      readonly type: "approval.given";
      readonly digest: string;
      readonly by: Identity;
      readonly lookedAgain: "same" | "not-looked";
    }
  | {
      readonly type: "approval.refused";
      readonly digest: string;
      readonly by: Identity;
      readonly reason: string;
    }
  | { readonly type: "approval.expired"; readonly digest: string }
  | { readonly type: "lock.taken"; readonly lock: string; readonly fence: number; readonly until: string }
  | { readonly type: "lock.released"; readonly lock: string }
  | { readonly type: "lock.lost"; readonly lock: string; readonly reason: string }
  | { readonly type: "run.resumed"; readonly by: Identity; readonly fence: number }
  | { readonly type: "plan.checked"; readonly same: boolean; readonly differences: readonly string[] }
  | {
      readonly type: "step.started";
      readonly key: string;
      readonly title: string;
      readonly attempt: number;
      readonly before: unknown;
      readonly withinMs: number;
    }
  | { readonly type: "step.saw"; readonly key: string; readonly saw: string }
  | { readonly type: "step.done"; readonly key: string; readonly effect: string; readonly tookMs: number }
  | {
      readonly type: "step.failed";
      readonly key: string;
      readonly fault: Fault;
      readonly lastSaw: string;
      readonly tookMs: number;
    }
  | { readonly type: "step.interrupted"; readonly key: string; readonly why: string }
  | {
      readonly type: "step.settled";
      readonly key: string;
      readonly outcome: "done" | "not-done" | "unknown";
      readonly because: string;
    }
  | {
      readonly type: "vital.sampled";
      readonly label: string;
      readonly value: number;
      readonly of?: number;
      readonly floor?: number;
      readonly unit?: string;
    }
  | {
      readonly type: "verify.started";
      readonly checks: readonly { readonly id: string; readonly title: string }[];
      readonly withinMs: number;
      readonly steadyMs: number;
    }
  | { readonly type: "verify.sampled"; readonly check: string; readonly health: Health }
  | {
      readonly type: "verify.held";
      readonly checks: readonly string[];
      readonly steadyMs: number;
      readonly says: string;
    }
  | { readonly type: "verify.failed"; readonly check: string; readonly health: Health }
  | {
      readonly type: "undo.asked";
      readonly by: Identity;
      /** The steps that take back what was done, last first. */
      readonly steps: readonly PlannedStep[];
      /** Titles of what was done and cannot be taken back. */
      readonly stays: readonly string[];
    }
  | { readonly type: "run.interrupted"; readonly signal: string }
  | { readonly type: "note.added"; readonly by: Identity; readonly text: string }
  | {
      readonly type: "refused";
      /** What was tried: the command line's verb and its target. */
      readonly tried: string;
      readonly by: Identity;
      readonly fault: Fault;
    }
  | {
      readonly type: "run.ended";
      readonly outcome: Outcome;
      readonly exit: number;
      /** The one sentence every surface shows. */
      readonly verdict: string;
      readonly fault?: Fault;
    };

/** The kinds that another person's process may append without owning the run. */
export const openEvents = ["approval.given", "approval.refused", "note.added", "refused"] as const;

/** An event as the journal keeps it: numbered, dated, chained. */
export type JournalEntry = {
  readonly run: string;
  /** From 1, without gaps. */
  readonly seq: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string;
  readonly event: RunEvent;
  /** Hash of the entry before; 64 zeros for the first. */
  readonly prev: string;
  /** SHA-256 over run, seq, at, event and prev. */
  readonly hash: string;
};
