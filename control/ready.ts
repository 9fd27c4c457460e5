import type { RunState } from "#kit/fold.ts";
import { nextAsked } from "#kit/run/ladder.ts";

/**
 * Whether a run that nobody works on can go on by itself: people answered what it waited for, the next ones on call are due to be asked, or the time for an answer is over.
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
  const answered =
    state.approvals.length > 0 || state.refusal !== undefined || nextAsked(state, now) !== undefined;
  return answered || Date.parse(state.plan.expiresAt) <= now.getTime();
}
