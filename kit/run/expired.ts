import { toMs } from "../duration.ts";
import type { EngineParts } from "../engine.ts";
import { foldRun, type RunState } from "../fold.ts";
import { outcomeExits, verdictOf } from "./verdict.ts";

/** Whether a run waits with a plan that is too old to be carried out, and nothing of it was begun. */
export function isOverdue(state: RunState, now: Date): boolean {
  const { ended, plan, phase, steps } = state;
  if (ended !== undefined || plan === undefined || phase !== "waiting") return false;
  return Date.parse(plan.expiresAt) <= now.getTime() && steps.every((step) => step.attempts === 0);
}

/** Writes the end of an overdue run, also when its runbook was edited or removed meanwhile: nothing of it can run any more. */
export async function closeOverdue(parts: EngineParts, state: RunState): Promise<RunState> {
  const { journal, owner, readers, clock } = parts;
  const lease = await journal.claim(state.run, owner, toMs(readers.times.lease));
  await journal.append(lease, { type: "approval.expired", digest: state.plan?.digest ?? "" });
  const outcome = "approval-expired";
  await journal.append(lease, {
    type: "run.ended",
    outcome,
    exit: outcomeExits[outcome],
    verdict: verdictOf(state, outcome, undefined, clock.now()),
  });
  await journal.letGo(lease);
  return foldRun(await journal.read(state.run)) ?? state;
}
