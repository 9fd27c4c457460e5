import type { AnyAction } from "../action.ts";
import { OpsError } from "../errors.ts";
import type { RunState } from "../fold.ts";
import type { PlannedStep } from "../plan.ts";
import type { Times } from "../ports.ts";
import type { Runbook } from "../runbook.ts";
import { plannedStep } from "./planning.ts";

/** What taking a run back would do: the steps, last effect first, and the titles of what has no way back. */
export type Undo = { readonly steps: readonly PlannedStep[]; readonly stays: readonly string[] };

/**
 * The steps that take back what a run did, in reverse, from what was seen before each. Throws `state-unknown` while a step may or may
 * not have happened, and `guard-refused` when nothing can be taken back.
 */
export function undoOf(runbook: Runbook, state: RunState, times: Times): Undo {
  const unclear = state.steps.find((step) => step.state === "unknown" || step.state === "running");
  if (unclear !== undefined)
    throw new OpsError("state-unknown", {
      summary: `Whether "${unclear.title}" happened is not known, so it cannot be taken back yet.`,
      hint: `Let it be looked at first: ops resume ${state.run}`,
    });
  const actions: Readonly<Record<string, AnyAction>> = runbook.mitigate;
  const before = state.steps.filter((step) => step.undoes !== undefined && step.state === "done").length;
  const steps: PlannedStep[] = [];
  const stays: string[] = [];
  for (const done of state.steps
    .filter((step) => step.state === "done" && step.undoes === undefined)
    .toReversed()) {
    const calls = actions[done.action]?.undo?.(done.input, done.before);
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
