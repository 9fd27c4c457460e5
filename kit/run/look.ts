import type { Clock } from "../clock.ts";
import type { Decision } from "../decision.ts";
import type { Readers } from "../ports.ts";
import type { Runbook } from "../runbook.ts";
import { decide } from "./decide.ts";
import { diagnose, probesOf } from "./diagnose.ts";
import type { Recorder } from "./recorder.ts";

/** What looking needs. */
export type Looking = {
  readonly runbook: Runbook;
  readonly params: Readonly<Record<string, unknown>>;
  readonly readers: Readers;
  readonly clock: Clock;
};

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
    async ({ name, probe, optional, finding, tookMs }) => {
      await recorder.record({
        type: "probe.answered",
        probe: name,
        ask: probe.ask,
        optional,
        again: false,
        finding: finding.known
          ? { known: true, reading: probe.read(finding.value), value: finding.value }
          : { known: false, reason: finding.reason },
        tookMs,
      });
    },
  );
  const decision = decide(runbook, params, findings, {
    now: clock.now().toISOString(),
    times: readers.times,
  });
  await recorder.record({
    type: "run.decided",
    decision: decision.kind,
    rule: decision.rule,
    because: decision.because,
    ...(decision.kind === "hand-over"
      ? { handOver: { runbook: decision.runbook, params: decision.params } }
      : {}),
    tookMs: clock.now().getTime() - started.getTime(),
  });
  return decision;
}

/** Looks and decides again without writing anything: for approvers, and before the first act. */
export async function lookAgain({ runbook, params, readers, clock }: Looking): Promise<Decision> {
  const findings = await diagnose(runbook, params, readers, clock, async () => undefined);
  return decide(runbook, params, findings, { now: clock.now().toISOString(), times: readers.times });
}
