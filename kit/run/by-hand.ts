import { OpsError } from "../errors.ts";
import type { RunState, StepState } from "../fold.ts";
import type { Identity } from "../identity.ts";
import type { RunEvent } from "../timeline.ts";
import { hasRef } from "./refs.ts";

/** What a person says of one step before a run goes on: leave it out, or it is done, each with the reason. */
export type ByHand = { readonly key: string; readonly as: "skip" | "done"; readonly reason: string };

const settledBy = { skip: "skips it", done: "says that it is done" } as const;

/**
 * The events that put a person's word about steps into the record. Throws `usage` for a step that is not there, that is over, or whose
 * result a later step needs; and before the first act, where leaving out makes another plan.
 */
export function eventsByHand(state: RunState, decided: readonly ByHand[], by: Identity): readonly RunEvent[] {
  if (decided.length === 0) return [];
  if (!state.steps.some((step) => step.attempts > 0))
    throw new OpsError("usage", {
      summary: `${state.run} has not begun, so leaving a step out makes another plan.`,
      hint: `Plan again: ops plan ${state.runbook} --without ${decided[0]?.key ?? "STEP"}`,
    });
  return decided.map(({ key, as, reason }) => {
    mustBeOpen(state, key, as);
    const because = `${by.name} ${settledBy[as]}: ${reason}`;
    return as === "skip"
      ? { type: "step.skipped", key, because }
      : { type: "step.settled", key, outcome: "done", because };
  });
}

function mustBeOpen(state: RunState, key: string, as: ByHand["as"]) {
  const step = state.steps.find((one) => one.key === key);
  if (step === undefined || !isOpen(step, as))
    throw new OpsError("usage", {
      summary:
        step === undefined
          ? `${state.run} has no step "${key.slice(0, 20)}".`
          : `Step ${key} is ${step.state}; ${as === "skip" ? "it cannot be skipped" : "only a begun step can be called done"}.`,
      hint: `See where it stands: ops timeline ${state.run}`,
    });
  const needs = state.steps.find((one) => hasRef(one.input, key) && one.state !== "done");
  if (needs === undefined) return;
  throw new OpsError("usage", {
    summary: `Step ${needs.key} needs what step ${key} gives back, and a word gives nothing.`,
    hint: `Skip ${needs.key} too, or let step ${key} run.`,
  });
}

function isOpen({ state }: StepState, as: ByHand["as"]): boolean {
  const begun = state === "failed" || state === "unknown" || state === "running";
  return begun || (as === "skip" && (state === "next" || state === "waiting"));
}
