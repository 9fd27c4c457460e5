import { consentChange } from "./fold/consent.ts";
import { lockChange } from "./fold/locks.ts";
import { proofChange } from "./fold/proof.ts";
import type { Change, RunState } from "./fold/state.ts";
import { stepChange } from "./fold/steps.ts";
import type { JournalEntry } from "./timeline.ts";

export { hasActed } from "./fold/state.ts";
export type { ShownState, ProbeState, StepState, SignalState, VitalState, RunState } from "./fold/state.ts";

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
  if (event.type === "lock.taken") state = locked(state);
  return {
    ...state,
    ...change(state, entry),
    workedMs,
    lastHash: entry.hash,
    lastSeq: entry.seq,
    lastAt: at,
  };
}

/** What one event changes; the families of events have a file each. */
function change(state: RunState, { event, at }: JournalEntry): Change {
  switch (event.type) {
    case "watch.sampled":
    case "watch.judged":
    case "step.skipped":
    case "step.started":
    case "step.saw":
    case "step.done":
    case "step.failed":
    case "step.interrupted":
    case "step.settled":
    case "undo.asked":
      return stepChange(state, event, at);
    case "approval.asked":
    case "approval.given":
    case "approval.refused":
    case "approval.expired":
    case "approval.revoked":
    case "approval.escalated":
    case "glass.broken":
    case "review.done":
      return consentChange(state, event, at);
    case "lock.taken":
    case "lock.released":
    case "lock.kept":
    case "lock.freed":
    case "lock.missing":
    case "lock.lost":
      return lockChange(state, event);
    case "during.sampled":
    case "vital.sampled":
    case "verify.started":
    case "verify.sampled":
    case "verify.held":
    case "verify.failed":
      return proofChange(state, event, at);
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
          ...(event.leads === undefined ? {} : { leads: event.leads }),
        },
      };
    case "plan.made":
      return {
        phase: "planned",
        plan: event.plan,
        need: event.need,
        ...(event.closed === undefined ? {} : { closed: event.closed }),
        steps: event.plan.steps.map((planned) => ({ ...planned, state: "next", attempts: 0 })),
      };
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
    case "run.resumed":
      return { resumes: state.resumes + 1, phase: phaseAfterResume(state) };
    case "plan.checked":
      return {};
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

/** A resumed run has not ended and is not interrupted any more. */
function reopened(state: RunState): RunState {
  const { ended: _, interrupted: __, ...rest } = state;
  return rest;
}

/** A lock that was had in the end is missed no more. */
function locked(state: RunState): RunState {
  const { lockMissing: _, ...rest } = state;
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
    closed: _______,
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
