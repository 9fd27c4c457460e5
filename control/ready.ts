import type { RunState } from "#kit/fold.ts";

/**
 * Whether a run that nobody works on can go on by itself: people answered what it waited for, or the time for their answer is over.
 * A run that died while it acted is not ready: a person looks first.
 */
export function isReady(state: RunState, now: Date, child?: RunState): boolean {
  if (state.ended !== undefined || state.planOnly) return false;
  if (state.child !== undefined && state.child.ended === undefined) return child?.ended !== undefined;
  const step = state.steps.find((one) => one.state === "waiting");
  if (step !== undefined) {
    const name = step.kind === "watch" ? step.key : step.action;
    const over = Date.parse(step.startedAt ?? state.lastAt) + step.withinMs <= now.getTime();
    return state.signals.some(({ signal }) => signal === name) || (step.kind === "wait" && over);
  }
  if (state.phase !== "waiting" || state.plan === undefined) return false;
  const answered = state.approvals.length > 0 || state.refusal !== undefined;
  return answered || Date.parse(state.plan.expiresAt) <= now.getTime();
}
