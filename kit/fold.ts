import type { Health } from "./check.ts";
import type { Finding, Reading } from "./finding.ts";
import { samePerson, type Identity } from "./identity.ts";
import type { Plan, PlannedStep } from "./plan.ts";
import type { Severity } from "./severity.ts";
import type { ApprovalNeed, Fault, JournalEntry, Outcome } from "./timeline.ts";

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
  };
  readonly plan?: Plan;
  readonly need?: ApprovalNeed;
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

const keptSamples = 24;

/** Folds a run's entries, oldest first; undefined for an empty list or one that does not begin with `run.asked`. */
export function foldRun(entries: readonly JournalEntry[]): RunState | undefined {
  let state: RunState | undefined;
  for (const entry of entries) state = step(state, entry);
  return state;
}

/** One event further. */
export function step(state: RunState | undefined, entry: JournalEntry): RunState | undefined {
  const { event, at } = entry;
  if (event.type === "run.asked") {
    const { type: _, by, lock, reason, alert, vitals, parent, without, ...rest } = event;
    return {
      ...rest,
      ...(reason === undefined ? {} : { reason }),
      ...(alert === undefined ? {} : { alert }),
      ...(parent === undefined ? {} : { parent }),
      without: without ?? [],
      run: entry.run,
      lockName: lock,
      askedBy: by,
      askedAt: at,
      phase: "looking",
      probes: [],
      approvals: [],
      revoked: [],
      escalations: [],
      expired: false,
      steps: [],
      round: 1,
      earlier: [],
      signals: [],
      during: [],
      workedMs: 0,
      vitals: vitals.map((label) => ({ label, values: [] })),
      resumes: 0,
      notes: [],
      lastHash: entry.hash,
      lastSeq: entry.seq,
      lastAt: at,
    };
  }
  if (state === undefined) return undefined;
  const workedMs = state.workedMs + worked(state, entry);
  if (event.type === "run.resumed") state = reopened(state);
  if (event.type === "round.started") state = nextRound(state);
  return {
    ...state,
    ...change(state, entry),
    workedMs,
    lastHash: entry.hash,
    lastSeq: entry.seq,
    lastAt: at,
  };
}

/** What one event changes. */
function change(state: RunState, { event, at }: JournalEntry): Partial<RunState> {
  switch (event.type) {
    case "run.asked":
      return {};
    case "look.started":
      return event.again
        ? {}
        : { phase: "looking", lookedAt: at, probes: event.probes.map((probe) => ({ ...probe })) };
    case "probe.answered": {
      const { finding, tookMs } = event;
      return {
        probes: state.probes.map((probe) =>
          probe.name === event.probe ? { ...probe, finding, tookMs } : probe,
        ),
      };
    }
    case "run.decided":
      return {
        phase: "deciding",
        lookTookMs: event.tookMs,
        decision: {
          kind: event.decision,
          rule: event.rule,
          because: event.because,
          ...(event.handOver === undefined ? {} : { handOver: event.handOver }),
        },
      };
    case "plan.made":
      return {
        phase: "planned",
        plan: event.plan,
        need: event.need,
        steps: event.plan.steps.map((planned) => ({ ...planned, state: "next", attempts: 0 })),
      };
    case "approval.asked":
      return {
        phase: "waiting",
        approvalAsked: { at, expiresAt: event.expiresAt, ifSilent: event.ifSilent },
      };
    case "approval.given":
      return event.digest === state.plan?.digest
        ? { approvals: [...state.approvals, { by: event.by, at }] }
        : {};
    case "approval.refused":
      return event.digest === state.plan?.digest && !hasActed(state)
        ? { refusal: { by: event.by, at, reason: event.reason } }
        : {};
    case "approval.expired":
      return { expired: true };
    case "approval.revoked":
      // Once something was done it is too late: from then on there is undo.
      return event.digest === state.plan?.digest && !hasActed(state)
        ? {
            approvals: state.approvals.filter(({ by }) =>
              event.of === undefined ? !samePerson(by, event.by) : !event.of.includes(by.name),
            ),
            revoked: [...state.revoked, { by: event.by, at, reason: event.reason }],
          }
        : {};
    case "approval.escalated":
      return { escalations: [...state.escalations, { to: event.to, at }] };
    case "glass.broken": {
      const { by, reason, skips, expiresAt } = event;
      return { glass: { by, at, reason, skips, expiresAt } };
    }
    case "review.done":
      return { reviewed: { by: event.by, at, text: event.text } };
    case "lock.taken": {
      const { lock: name, fence, until, tookOver } = event;
      return {
        lock: { name, fence, until, held: true, ...(tookOver === undefined ? {} : { tookOver }) },
      };
    }
    case "lock.released":
      return state.lock === undefined ? {} : { lock: { ...state.lock, held: false } };
    case "lock.kept": {
      const { lock: name, fence, until, reason } = event;
      return { lock: { ...state.lock, name, fence, until, held: true, kept: { until, reason } } };
    }
    case "lock.freed":
      return state.lock === undefined ? {} : { lock: { ...state.lock, held: false } };
    case "lock.missing":
      return { lockMissing: event.reason };
    case "round.started":
      return {};
    case "handed.over":
      return { child: { run: event.child, runbook: event.runbook, params: event.params } };
    case "child.ended": {
      const { outcome, exit, verdict } = event;
      return state.child === undefined
        ? {}
        : { child: { ...state.child, ended: { outcome, exit, verdict } } };
    }
    case "signal.received": {
      const { signal, by, value, text } = event;
      const more = {
        ...(value === undefined ? {} : { value }),
        ...(text === undefined ? {} : { text }),
      };
      return { signals: [...state.signals, { signal, by, at, ...more }] };
    }
    case "during.sampled": {
      const { check, title, health } = event;
      const others = state.during.filter((known) => known.check !== check);
      return { during: [...others, { check, title, health }] };
    }
    case "watch.sampled":
      return {
        steps: changeStep(state, event.key, (old) => ({
          ...old,
          samples: [...(old.samples ?? []), event.sample],
          lastSaw: event.says,
        })),
      };
    case "watch.judged":
      return {
        steps: changeStep(state, event.key, (old) => ({
          ...old,
          judged: { verdict: event.verdict, because: event.because },
          ...(event.verdict === "inconclusive" ? { state: "waiting" as const } : {}),
        })),
      };
    case "step.skipped":
      return {
        steps: changeStep(state, event.key, (old) => ({
          ...old,
          state: "skipped",
          endedAt: at,
          lastSaw: event.because,
        })),
      };
    case "lock.lost":
      return state.lock === undefined ? {} : { lock: { ...state.lock, held: false, lost: event.reason } };
    case "run.resumed":
      return { resumes: state.resumes + 1, phase: phaseAfterResume(state) };
    case "plan.checked":
      return {};
    case "step.started":
      return {
        phase: "acting",
        steps: changeStep(state, event.key, (old) => ({
          ...withoutFault(old),
          state: old.kind === "wait" ? "waiting" : "running",
          startedAt: at,
          before: event.before,
          attempts: event.attempt,
          ...(event.input === undefined ? {} : { filled: event.input }),
        })),
      };
    case "step.saw":
      return { steps: changeStep(state, event.key, (old) => ({ ...old, lastSaw: event.saw })) };
    case "step.done": {
      const steps = changeStep(state, event.key, (old) => ({
        ...old,
        state: "done",
        endedAt: at,
        effect: event.effect,
        tookMs: event.tookMs,
        ...(event.result === undefined ? {} : { result: event.result }),
      }));
      return {
        steps: takenBack(steps, event.key, steps),
        earlier: takenBack(state.earlier, event.key, steps),
      };
    }
    case "step.failed":
      return {
        steps: changeStep(state, event.key, (old) => ({
          ...old,
          state: "failed",
          endedAt: at,
          fault: event.fault,
          lastSaw: event.lastSaw,
          tookMs: event.tookMs,
          ...(event.acted === undefined ? {} : { acted: event.acted }),
        })),
      };
    case "step.interrupted":
      return {
        steps: changeStep(state, event.key, (old) => ({
          ...old,
          state: "unknown",
          endedAt: at,
          lastSaw: event.why,
        })),
      };
    case "step.settled":
      return {
        steps: changeStep(state, event.key, (old) => {
          if (event.outcome === "done") return { ...old, state: "done", endedAt: at, effect: event.because };
          return { ...old, state: event.outcome === "unknown" ? "unknown" : "next", lastSaw: event.because };
        }),
      };
    case "vital.sampled":
      return {
        vitals: state.vitals.map((vital) => (vital.label === event.label ? sampled(vital, event) : vital)),
      };
    case "verify.started":
      return {
        phase: "verifying",
        verify: {
          startedAt: at,
          withinMs: event.withinMs,
          steadyMs: event.steadyMs,
          checks: event.checks,
          state: "running",
        },
      };
    case "verify.sampled":
      return state.verify === undefined
        ? {}
        : {
            verify: {
              ...state.verify,
              checks: state.verify.checks.map((check) =>
                check.id === event.check ? { ...check, health: event.health } : check,
              ),
            },
          };
    case "verify.held":
      return state.verify === undefined ? {} : { verify: { ...state.verify, state: "held", endedAt: at } };
    case "verify.failed":
      return state.verify === undefined ? {} : { verify: { ...state.verify, state: "failed", endedAt: at } };
    case "undo.asked":
      return {
        phase: "acting",
        steps: [
          // An undo that was not finished is asked anew; what it did take back stays.
          ...state.steps
            .filter((old) => old.undoes === undefined || old.state === "done")
            .map((old): StepState => (old.state === "next" ? { ...old, state: "skipped" } : old)),
          ...event.steps.map((planned): StepState => ({ ...planned, state: "next", attempts: 0 })),
        ],
      };
    case "run.interrupted":
      return { interrupted: event.signal };
    case "note.added":
      return { notes: [...state.notes, { by: event.by, at, text: event.text }] };
    case "refused":
      return {};
    case "run.ended": {
      const { outcome, exit, verdict, fault } = event;
      return {
        phase: "ended",
        ended: { outcome, exit, verdict, at, ...(fault === undefined ? {} : { fault }) },
      };
    }
  }
}

/** True once the first act of this round began; looking and waiting are no acts. */
export function hasActed({ steps }: Pick<RunState, "steps">): boolean {
  return steps.some((step) => step.kind === "step" && step.attempts > 0);
}

/** A resumed run has not ended and is not interrupted any more. */
function reopened(state: RunState): RunState {
  const { ended: _, interrupted: __, ...rest } = state;
  return rest;
}

/** A new round begins with empty hands: what was done stays in `earlier`. */
function nextRound(state: RunState): RunState {
  const {
    plan: _,
    need: __,
    approvalAsked: ___,
    refusal: ____,
    verify: _____,
    decision: ______,
    ...rest
  } = state;
  return {
    ...rest,
    round: state.round + 1,
    earlier: [...state.earlier, ...state.steps],
    steps: [],
    probes: [],
    approvals: [],
    revoked: [],
    escalations: [],
    expired: false,
    signals: [],
    phase: "looking",
  };
}

/** Time between two entries that counts as work: acting or proving, and not waiting for people or dead. */
function worked(state: RunState, { event, at }: JournalEntry): number {
  if (event.type === "run.resumed") return 0;
  if (state.phase !== "acting" && state.phase !== "verifying") return 0;
  if (state.steps.some((one) => one.state === "waiting")) return 0;
  return Math.max(0, Date.parse(at) - Date.parse(state.lastAt));
}

/** Where a resumed run goes on. */
function phaseAfterResume(state: RunState): RunState["phase"] {
  if (state.plan === undefined) return "looking";
  if (state.steps.some((step) => step.attempts > 0)) return "acting";
  return state.approvalAsked === undefined ? "planned" : "waiting";
}

/** A finished undo step takes its original with it. */
function takenBack(
  steps: readonly StepState[],
  key: string,
  all: readonly StepState[],
): readonly StepState[] {
  const original = all.find((step) => step.key === key)?.undoes;
  return original === undefined
    ? steps
    : steps.map((step) => (step.key === original ? { ...step, state: "undone" } : step));
}

function withoutFault(step: StepState): StepState {
  const { fault: _, endedAt: __, tookMs: ___, ...rest } = step;
  return rest;
}

function changeStep(state: RunState, key: string, to: (old: StepState) => StepState): readonly StepState[] {
  return state.steps.map((old) => (old.key === key ? to(old) : old));
}

function sampled(
  vital: VitalState,
  sample: { readonly value: number; readonly of?: number; readonly floor?: number; readonly unit?: string },
): VitalState {
  const { value, of, floor, unit } = sample;
  return {
    ...vital,
    values: [...vital.values.slice(-(keptSamples - 1)), value],
    ...(of === undefined ? {} : { of }),
    ...(floor === undefined ? {} : { floor }),
    ...(unit === undefined ? {} : { unit }),
  };
}
