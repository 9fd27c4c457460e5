import type { Health } from "../check.ts";
import type { Lead } from "../decision.ts";
import type { Finding, Reading } from "../finding.ts";
import type { Closure } from "../freeze.ts";
import type { Identity } from "../identity.ts";
import type { Plan, PlannedStep } from "../plan.ts";
import type { Severity } from "../severity.ts";
import type { ApprovalNeed, Fault, Outcome } from "../timeline.ts";

/** The nine states of anything shown, on every surface: always a word and a shape, colour only on top. */
export type ShownState =
  | "done"
  | "running"
  | "waiting"
  | "failed"
  | "unknown"
  | "next"
  | "skipped"
  | "undone"
  | "stale";

/** A probe as far as it got. */
export type ProbeState = {
  readonly name: string;
  readonly ask: string;
  readonly optional: boolean;
  readonly finding?:
    | { readonly known: true; readonly reading: Reading; readonly value: unknown }
    | { readonly known: false; readonly reason: string };
  readonly tookMs?: number;
};

/** A step as far as it got. */
export type StepState = PlannedStep & {
  readonly state: ShownState;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly before?: unknown;
  readonly tookMs?: number;
  /** The measured effect, when done. */
  readonly effect?: string;
  /** What was last seen while waiting for it. */
  readonly lastSaw?: string;
  readonly fault?: Fault;
  readonly attempts: number;
  /** Position among everything that was carried out, from 1: the order in which it is taken back, whatever clocks did. */
  readonly place?: number;
  /** Failed although its effect was accepted. */
  readonly acted?: boolean;
  /** What it gave back, as later steps may refer to it. */
  readonly result?: unknown;
  /** Its input with every `ref` filled in. */
  readonly filled?: unknown;
  /** Samples of a watch, oldest first; what its judge is given. */
  readonly samples?: readonly Finding<unknown>[];
  readonly judged?: { readonly verdict: "pass" | "fail" | "inconclusive"; readonly because: string };
};

/** Something outside that was said to have happened. */
export type SignalState = {
  readonly signal: string;
  readonly by: Identity;
  readonly at: string;
  readonly value?: unknown;
  readonly text?: string;
};

/** The last samples of one vital sign, oldest first. */
export type VitalState = {
  readonly label: string;
  readonly values: readonly number[];
  readonly of?: number;
  readonly floor?: number;
  readonly unit?: string;
};

/** Where a run stands; computed from its events alone, by every surface alike. */
export type RunState = {
  readonly run: string;
  readonly runbook: string;
  readonly title: string;
  readonly summary: string;
  readonly severity: Severity;
  readonly environment: Readonly<Record<string, string>>;
  readonly tier: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly askedBy: Identity;
  readonly askedAt: string;
  readonly reason?: string;
  readonly alert?: { readonly name: string; readonly since: string; readonly summary: string };
  readonly content: string;
  readonly lockName: string;
  readonly withinMs: number;
  readonly afterwards: readonly string[];
  readonly planOnly: boolean;
  readonly phase: "looking" | "deciding" | "planned" | "waiting" | "acting" | "verifying" | "ended";
  readonly lookedAt?: string;
  readonly lookTookMs?: number;
  readonly probes: readonly ProbeState[];
  readonly decision?: {
    readonly kind: "all-clear" | "plan" | "escalate" | "hand-over";
    readonly rule: string;
    readonly because: string;
    readonly handOver?: { readonly runbook: string; readonly params: Readonly<Record<string, unknown>> };
    readonly leads?: readonly Lead[];
  };
  readonly plan?: Plan;
  readonly need?: ApprovalNeed;
  /** What the calendar said against the plan when it was made. */
  readonly closed?: Closure;
  readonly approvalAsked?: { readonly at: string; readonly expiresAt: string; readonly ifSilent: string };
  readonly approvals: readonly { readonly by: Identity; readonly at: string }[];
  /** Approvals that were taken back. */
  readonly revoked: readonly { readonly by: Identity; readonly at: string; readonly reason: string }[];
  /** Who was asked after those first asked kept silent. */
  readonly escalations: readonly { readonly to: readonly string[]; readonly at: string }[];
  readonly refusal?: { readonly by: Identity; readonly at: string; readonly reason: string };
  readonly expired: boolean;
  readonly lock?: {
    readonly name: string;
    readonly fence: number;
    readonly until: string;
    readonly held: boolean;
    readonly lost?: string;
    /** Until when it is kept after the run, and why. */
    readonly kept?: { readonly until: string; readonly reason: string };
    /** Whose expired lease was taken over. */
    readonly tookOver?: { readonly run: string; readonly owner: string; readonly until: string };
  };
  /** Why no lock is held: its store did not answer. */
  readonly lockMissing?: string;
  readonly steps: readonly StepState[];
  /** From 1. */
  readonly round: number;
  /** Steps of earlier rounds, in order. */
  readonly earlier: readonly StepState[];
  readonly without: readonly string[];
  /** The team's own folder that the runbook came from. */
  readonly dir?: string;
  readonly signals: readonly SignalState[];
  /** Last verdict of each check that runs beside. */
  readonly during: readonly { readonly check: string; readonly title: string; readonly health: Health }[];
  readonly parent?: { readonly run: string; readonly depth: number };
  /** The fire of a schedule that it is. */
  readonly schedule?: { readonly id: string; readonly at: string };
  readonly child?: {
    readonly run: string;
    readonly runbook: string;
    readonly params: Readonly<Record<string, unknown>>;
    readonly ended?: { readonly outcome: Outcome; readonly exit: number; readonly verdict: string };
  };
  readonly glass?: {
    readonly by: Identity;
    readonly at: string;
    readonly reason: string;
    readonly skips: readonly string[];
    readonly expiresAt: string;
  };
  readonly reviewed?: { readonly by: Identity; readonly at: string; readonly text: string };
  /** Milliseconds of acting and verifying so far; waiting for people and lying dead do not count. */
  readonly workedMs: number;
  readonly vitals: readonly VitalState[];
  readonly verify?: {
    readonly startedAt: string;
    readonly withinMs: number;
    readonly steadyMs: number;
    readonly checks: readonly { readonly id: string; readonly title: string; readonly health?: Health }[];
    readonly state: "running" | "held" | "failed";
    readonly endedAt?: string;
  };
  readonly interrupted?: string;
  readonly resumes: number;
  readonly notes: readonly { readonly by: Identity; readonly at: string; readonly text: string }[];
  readonly ended?: {
    readonly outcome: Outcome;
    readonly exit: number;
    readonly verdict: string;
    readonly at: string;
    readonly fault?: Fault;
  };
  /** Hash of the last entry; a message that carries it can be matched to the journal. */
  readonly lastHash: string;
  readonly lastSeq: number;
  readonly lastAt: string;
};

/** What one event changes of a run's state. */
export type Change = Partial<RunState>;

/** True once the first act of this round began; looking and waiting are no acts. */
export function hasActed({ steps }: Pick<RunState, "steps">): boolean {
  return steps.some((step) => step.kind === "step" && step.attempts > 0);
}
