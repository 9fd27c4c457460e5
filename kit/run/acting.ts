import type { Clock } from "../clock.ts";
import { toFault } from "../fault.ts";
import type { StepState } from "../fold.ts";
import type { Operators, Readers } from "../ports.ts";
import type { Runbook } from "../runbook.ts";
import type { Holding } from "./lease.ts";
import type { Recorder } from "./recorder.ts";

/** What acting needs; each attempt gets hands of its own, which ask `mayCall` before each call. */
export type Acting = {
  readonly runbook: Runbook;
  readonly recorder: Recorder;
  readonly readers: Readers;
  readonly operators: Operators;
  /** Asked before every call of an operator; throws when lease, lock or approval are lost. */
  readonly mayCall: () => Promise<void>;
  readonly holding: Holding;
  readonly clock: Clock;
  /** Aborts when the lease is lost or a person stops the run at once. */
  readonly signal: AbortSignal;
  /** True once a person asked to stop at the next boundary. */
  readonly stopping: () => boolean;
  /** False: leave as soon as only people are waited for. */
  readonly wait: boolean;
  /** Asked at every boundary and in every wait; throws `budget-spent`, `during-failed` or `guard-refused` when the run may not go on. */
  readonly boundary: () => void;
};

/**
 * How an item ended. `turn-back`: what was done is to be taken back, as the plan says; `held`: it waits for an answer that did not
 * come; `left`: only people are waited for, and this process does not.
 */
export type ItemEnd = "done" | "failed" | "unknown" | "stopped" | "turn-back" | "held" | "left";

/** The step as the journal has it now. */
export function stepOf({ recorder }: Acting, key: string): StepState {
  const step = recorder.state.steps.find((candidate) => candidate.key === key);
  if (step === undefined) throw new Error(`no step ${key}`);
  return step;
}

/** Journals that a step failed, with what was seen last; `acted` when its effect was accepted all the same, so that undo knows of it. */
export async function fail(
  acting: Acting,
  step: StepState,
  error: unknown,
  tookMs: number,
  acted = false,
): Promise<void> {
  const lastSaw = stepOf(acting, step.key).lastSaw ?? "nothing";
  await acting.recorder.record({
    type: "step.failed",
    key: step.key,
    fault: toFault(error),
    lastSaw,
    tookMs,
    ...(acted || step.acted === true ? { acted } : {}),
  });
}
