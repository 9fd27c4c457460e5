import type { AnyAction } from "../action.ts";
import { OpsError } from "../errors.ts";
import type { RunState, StepState } from "../fold.ts";
import type { PlannedStep } from "../plan.ts";
import type { Times } from "../ports.ts";
import type { Runbook } from "../runbook.ts";
import { plannedStep } from "./planning.ts";

/** What was done, or failed although its effect was accepted, in the record's order: no clock is asked, because it may have been set. */
function inOrderDone(steps: readonly StepState[]): readonly StepState[] {
  return steps
    .filter(
      (step) =>
        step.kind === "step" &&
        step.undoes === undefined &&
        (step.state === "done" || (step.state === "failed" && step.acted === true)),
    )
    .toSorted((a, b) => (a.place ?? 0) - (b.place ?? 0));
}

/** What taking a run back would do: the steps, last effect first, and the titles of what has no way back. */
export type Undo = { readonly steps: readonly PlannedStep[]; readonly stays: readonly string[] };

/**
 * The steps that take back what a run did, in reverse, from what was seen before each. Throws `state-unknown` while a step may or may
 * not have happened, and `guard-refused` when nothing can be taken back.
 */
export function undoOf(runbook: Runbook, state: RunState, times: Times): Undo {
  const all = [...state.earlier, ...state.steps];
  const unclear = all.find((step) => step.state === "unknown" || step.state === "running");
  if (unclear !== undefined)
    throw new OpsError("state-unknown", {
      summary: `Whether "${unclear.title}" happened is not known, so it cannot be taken back yet.`,
      hint: `Let it be looked at first: ops resume ${state.run}`,
    });
  const actions: Readonly<Record<string, AnyAction>> = runbook.mitigate;
  const before = all.filter((step) => step.undoes !== undefined && step.state === "done").length;
  const steps: PlannedStep[] = [];
  const stays: string[] = [];
  for (const done of inOrderDone(all).toReversed()) {
    const calls = actions[done.action]?.undo?.(done.filled ?? done.input, done.before, done.result);
    if (calls === undefined) stays.push(done.title);
    for (const call of calls ?? [])
      steps.push({ ...plannedStep(runbook, call, `u${before + steps.length + 1}`, times), undoes: done.key });
  }
  if (steps.length > 0) return { steps, stays };
  throw new OpsError("guard-refused", {
    summary:
      stays.length === 0
        ? `${state.run} did nothing that could be taken back.`
        : `What ${state.run} did cannot be undone: ${stays.join("; ")}.`,
    hint: `See what it did: ops timeline ${state.run}`,
  });
}
