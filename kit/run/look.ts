import type { Clock } from "../clock.ts";
import type { Decision } from "../decision.ts";
import type { RunState } from "../fold.ts";
import type { PlanCall } from "../plan.ts";
import type { Readers } from "../ports.ts";
import type { DecideContext, Runbook } from "../runbook.ts";
import { decide } from "./decide.ts";
import { diagnose, probesOf } from "./diagnose.ts";
import type { Recorder } from "./recorder.ts";

/** What looking needs. */
export type Looking = {
  readonly runbook: Runbook;
  readonly params: Readonly<Record<string, unknown>>;
  readonly readers: Readers;
  readonly clock: Clock;
  /** From 1, with what earlier rounds did. */
  readonly round: number;
  readonly tried: readonly PlanCall[];
};

/** What looking for this run needs, in the round it is in. */
export function lookingFor(state: RunState, runbook: Runbook, readers: Readers, clock: Clock): Looking {
  const tried = state.earlier.filter(({ kind, attempts }) => kind === "step" && attempts > 0);
  return { runbook, params: state.params, readers, clock, round: state.round, tried };
}

/** Asks every question, journals each answer as it arrives, and decides. */
export async function lookAndDecide(looking: Looking, recorder: Recorder): Promise<Decision> {
  const { runbook, params, readers, clock } = looking;
  const started = clock.now();
  await recorder.record({
    type: "look.started",
    probes: probesOf(runbook).map(({ name, probe, optional }) => ({ name, ask: probe.ask, optional })),
    again: false,
  });
  const findings = await diagnose(
    runbook,
    params,
    readers,
    clock,
    async ({ name, probe, optional, finding, reading, tookMs }) => {
      await recorder.record({
        type: "probe.answered",
        probe: name,
        ask: probe.ask,
        optional,
        again: false,
        finding:
          finding.known && reading !== undefined
            ? { known: true, reading, value: finding.value }
            : { known: false, reason: finding.known ? "not readable" : finding.reason },
        tookMs,
      });
    },
  );
  const decision = decide(runbook, params, findings, contextOf(looking));
  await recorder.record({
    type: "run.decided",
    decision: decision.kind,
    rule: decision.rule,
    because: decision.because,
    ...(decision.kind === "hand-over"
      ? { handOver: { runbook: decision.runbook, params: decision.params } }
      : {}),
    ...(decision.kind === "escalate" && decision.leads !== undefined ? { leads: decision.leads } : {}),
    tookMs: clock.now().getTime() - started.getTime(),
  });
  return decision;
}

/** Looks and decides again without writing anything: for approvers, and before the first act. */
export async function lookAgain(looking: Looking): Promise<Decision> {
  const { runbook, params, readers, clock } = looking;
  const findings = await diagnose(runbook, params, readers, clock, async () => undefined);
  return decide(runbook, params, findings, contextOf(looking));
}

function contextOf({ clock, readers, round, tried }: Looking): DecideContext {
  return { now: clock.now().toISOString(), times: readers.times, round, tried };
}
