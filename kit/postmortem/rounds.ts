import type { Reading } from "../finding.ts";
import type { Plan } from "../plan.ts";
import type { ApprovalNeed, JournalEntry, RunEvent } from "../timeline.ts";

/** What was asked and answered, as it was then. */
export type FindingFact = {
  readonly at: string;
  readonly probe: string;
  readonly ask: string;
  readonly optional: boolean;
  readonly tookMs: number;
  readonly finding:
    | { readonly known: true; readonly reading: Reading }
    | { readonly known: false; readonly reason: string };
};

/** One round: what was found, decided and planned. */
export type Round = {
  readonly round: number;
  /** Why there was another round. */
  readonly because?: string;
  readonly findings: readonly FindingFact[];
  /** Questions that were asked and have no answer in the record. */
  readonly unanswered: readonly { readonly probe: string; readonly ask: string }[];
  readonly decision?: {
    readonly at: string;
    readonly kind: string;
    readonly rule: string;
    readonly because: string;
    readonly handOver?: { readonly runbook: string; readonly params: Readonly<Record<string, unknown>> };
  };
  readonly plan?: Plan;
  readonly need?: ApprovalNeed;
  /** What the look before the first act said, when it was recorded. */
  readonly checked?: { readonly at: string; readonly same: boolean; readonly differences: readonly string[] };
};

/** The rounds of a run in order; there is always a first. */
export function roundsOf(entries: readonly JournalEntry[]): readonly Round[] {
  const rounds: Round[] = [emptyRound(1)];
  for (const { event, at } of entries) {
    const last = rounds.at(-1) ?? emptyRound(1);
    if (event.type === "round.started") rounds.push({ ...emptyRound(event.round), because: event.because });
    else rounds[rounds.length - 1] = furthered(last, event, at);
  }
  return rounds;
}

function emptyRound(round: number): Round {
  return { round, findings: [], unanswered: [] };
}

function furthered(round: Round, event: RunEvent, at: string): Round {
  switch (event.type) {
    case "look.started":
      // A second look is told by what it found different, not by answers of its own.
      return event.again
        ? round
        : { ...round, findings: [], unanswered: event.probes.map(({ name, ask }) => ({ probe: name, ask })) };
    case "probe.answered": {
      if (event.again) return round;
      const { probe, ask, optional, tookMs, finding } = event;
      const told = finding.known ? { known: true as const, reading: finding.reading } : finding;
      return {
        ...round,
        findings: [...round.findings, { at, probe, ask, optional, tookMs, finding: told }],
        unanswered: round.unanswered.filter((open) => open.probe !== probe),
      };
    }
    case "run.decided": {
      const { decision: kind, rule, because, handOver } = event;
      return {
        ...round,
        decision: { at, kind, rule, because, ...(handOver === undefined ? {} : { handOver }) },
      };
    }
    case "plan.made":
      return { ...round, plan: event.plan, need: event.need };
    case "plan.checked":
      return { ...round, checked: { at, same: event.same, differences: event.differences } };
    case "run.asked":
    case "round.started":
    case "handed.over":
    case "child.ended":
    case "approval.asked":
    case "approval.given":
    case "approval.refused":
    case "approval.expired":
    case "approval.revoked":
    case "approval.escalated":
    case "glass.broken":
    case "review.done":
    case "lock.taken":
    case "lock.released":
    case "lock.lost":
    case "lock.kept":
    case "lock.freed":
    case "lock.missing":
    case "run.resumed":
    case "step.started":
    case "step.saw":
    case "step.done":
    case "step.skipped":
    case "watch.sampled":
    case "watch.judged":
    case "signal.received":
    case "during.sampled":
    case "step.failed":
    case "step.interrupted":
    case "step.settled":
    case "vital.sampled":
    case "verify.started":
    case "verify.sampled":
    case "verify.held":
    case "verify.failed":
    case "undo.asked":
    case "run.interrupted":
    case "note.added":
    case "refused":
    case "run.ended":
      return round;
  }
}
