import type { Health } from "./check.ts";
import type { Lead } from "./decision.ts";
import type { Finding, Reading } from "./finding.ts";
import type { Closure } from "./freeze.ts";
import type { Identity } from "./identity.ts";
import type { Answering, Plan, PlannedStep } from "./plan.ts";
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

/** What somebody has to answer for, and who does. */
export type Word = { readonly of: Answering; readonly names: readonly string[] };

/** How a plan must be approved; computed by the policy in rules/ when the plan is made. */
export type ApprovalNeed = {
  /** How many approvals; 0 means the requester's own confirmation is enough or none is needed. */
  readonly count: number;
  /** Whether the person who asked may approve. */
  readonly requesterMay: boolean;
  /** What must be typed: nothing, `y`, the environment's name, or the targets. */
  readonly strength: "none" | "yes" | "environment" | "target";
  /** One of those who approve has to be one of these. */
  readonly word?: Word;
  /** Which rule said so: "rules/approval.yaml: sandbox, disruptive". */
  readonly rule: string;
  /** What the calendar had to say where it counted: "Saturday 14:10 in Europe/Amsterdam, outside business hours". */
  readonly calendar?: string;
  /** Whom silence asks: the first rung at once, the next after each such time, nobody twice. Data of the environment file. */
  readonly ladder?: { readonly everyMs: number; readonly rungs: readonly (readonly string[])[] };
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
      /** The run that handed over to this one, and how deep the chain is: 1 for the first child. */
      readonly parent?: { readonly run: string; readonly depth: number };
      /** The fire of a schedule that it is: the schedule, and its instant. */
      readonly schedule?: { readonly id: string; readonly at: string };
      /** Keys of planned items that are to be left out. */
      readonly without?: readonly string[];
      /** The team's own folder that the runbook came from; absent for a shipped one. */
      readonly dir?: string;
    }
  /** A new round: it looks, decides, plans and asks anew, knowing what was tried. */
  | { readonly type: "round.started"; readonly round: number; readonly because: string }
  /** Another runbook takes over as a run of its own. */
  | {
      readonly type: "handed.over";
      readonly child: string;
      readonly runbook: string;
      readonly params: Readonly<Record<string, unknown>>;
    }
  | {
      readonly type: "child.ended";
      readonly child: string;
      readonly outcome: Outcome;
      readonly exit: number;
      readonly verdict: string;
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
      /** Runbooks that a person may start next, the most urgent first. */
      readonly leads?: readonly Lead[];
      readonly tookMs: number;
    }
  | {
      readonly type: "plan.made";
      readonly plan: Plan;
      readonly need: ApprovalNeed;
      /** What the calendar said against it when it was made. */
      readonly closed?: Closure;
    }
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
  /** An approver takes an approval back; from then on it does not count, unless the first act had begun. */
  | {
      readonly type: "approval.revoked";
      readonly digest: string;
      readonly by: Identity;
      readonly reason: string;
      /** Whose approvals are taken back, when they are not the person's own. */
      readonly of?: readonly string[];
    }
  /** Nobody answered in time, so the next ones on call are asked. */
  | { readonly type: "approval.escalated"; readonly digest: string; readonly to: readonly string[] }
  /** Approval and calendar were skipped by somebody who gave a reason; a review is owed. */
  | {
      readonly type: "glass.broken";
      readonly by: Identity;
      readonly reason: string;
      /** What was skipped: "approval", "freeze", "window", "lock store". */
      readonly skips: readonly string[];
      readonly expiresAt: string;
    }
  /** A second person looked at what was done behind the broken glass. */
  | { readonly type: "review.done"; readonly by: Identity; readonly text: string }
  | {
      readonly type: "lock.taken";
      readonly lock: string;
      readonly fence: number;
      readonly until: string;
      /** Whose expired lease was taken over. */
      readonly tookOver?: { readonly run: string; readonly owner: string; readonly until: string };
    }
  | { readonly type: "lock.released"; readonly lock: string; readonly why?: string }
  | { readonly type: "lock.lost"; readonly lock: string; readonly reason: string }
  /** A sticky lock outlives the run, because what it left needs a person. */
  | {
      readonly type: "lock.kept";
      readonly lock: string;
      readonly fence: number;
      readonly reason: string;
      readonly until: string;
    }
  /** A person gave back a lock that a run had kept. */
  | { readonly type: "lock.freed"; readonly lock: string; readonly by: Identity; readonly reason: string }
  /** The lock store did not answer; only safe steps may go on without it. */
  | { readonly type: "lock.missing"; readonly lock: string; readonly reason: string }
  | {
      readonly type: "run.resumed";
      readonly by: Identity;
      readonly fence: number;
      /** The owner whose lease had run out. */
      readonly tookOver?: { readonly owner: string; readonly until: string };
    }
  | { readonly type: "plan.checked"; readonly same: boolean; readonly differences: readonly string[] }
  | {
      readonly type: "step.started";
      readonly key: string;
      readonly title: string;
      readonly attempt: number;
      readonly before: unknown;
      readonly withinMs: number;
      /** The input with every `ref` filled in, when there was one. */
      readonly input?: unknown;
    }
  | { readonly type: "step.saw"; readonly key: string; readonly saw: string }
  | {
      readonly type: "step.done";
      readonly key: string;
      readonly effect: string;
      readonly tookMs: number;
      /** What the action returned, as its schema allows; later steps may refer to it. */
      readonly result?: unknown;
    }
  | { readonly type: "step.skipped"; readonly key: string; readonly because: string }
  /** One look of a watch; all of them are what its judge is given. */
  | {
      readonly type: "watch.sampled";
      readonly key: string;
      readonly sample: Finding<unknown>;
      readonly says: string;
    }
  | {
      readonly type: "watch.judged";
      readonly key: string;
      readonly verdict: "pass" | "fail" | "inconclusive";
      readonly because: string;
    }
  /** A person, a webhook or another tool says that something outside has happened. */
  | {
      readonly type: "signal.received";
      readonly signal: string;
      readonly by: Identity;
      readonly value?: unknown;
      readonly text?: string;
    }
  /** A check that runs beside the work changed its verdict. */
  | {
      readonly type: "during.sampled";
      readonly check: string;
      readonly title: string;
      readonly health: Health;
    }
  | {
      readonly type: "step.failed";
      readonly key: string;
      readonly fault: Fault;
      readonly lastSaw: string;
      readonly tookMs: number;
      /** The effect was accepted and then did not come true: undo must know of it. */
      readonly acted?: boolean;
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
      /** Why the engine itself turned back, as the approved plan says; absent when a person asked. */
      readonly because?: string;
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
export const openEvents = [
  "approval.given",
  "approval.refused",
  "approval.revoked",
  "signal.received",
  "review.done",
  "lock.freed",
  "note.added",
  "refused",
] as const;

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
