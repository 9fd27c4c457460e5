import { toFault } from "../fault.ts";
import type { RunState } from "../fold.ts";
import type { End, Live } from "./live.ts";
import { endLock } from "./locking.ts";
import { outcomeExits, verdictOf } from "./verdict.ts";

const guards = new Set([
  "lock-held",
  "plan-stale",
  "plan-altered",
  "guard-refused",
  "freeze-active",
  "window-closed",
  "environment-mismatch",
  "selector-empty",
  "usage",
  "glass-expired",
]);

/** What stops a run where it stands, to go on from there. */
const halting = new Set(["state-unknown", "run-busy", "journal-unwritable", "journal-locked"]);

/** Which end a thrown error means. */
export function endOf({ recorder, request }: Live, error: unknown): End {
  const fault = toFault(error);
  const { state } = recorder;
  const hasDone = [...state.earlier, ...state.steps].some((step) => step.state === "done");
  const begun = [...state.earlier, ...state.steps].some((step) => step.attempts > 0);
  if (guards.has(fault.code))
    return { outcome: state.round > 1 && hasDone ? "not-verified" : "guarded", fault };
  if (fault.code === "approval-refused" || fault.code === "approval-revoked")
    return { outcome: "approval-refused", fault };
  if (fault.code === "budget-spent") return { outcome: "not-verified", fault };
  if (fault.code === "during-failed") return { outcome: hasDone ? "not-verified" : "escalated", fault };
  // Nothing was begun: whoever has the lock now is not disturbed.
  if (fault.code === "lock-lost" && !begun) return { outcome: "guarded", fault };
  if (fault.code === "lock-lost") return { outcome: "unknown", fault };
  const unclear = state.steps.some(
    (step) => step.kind === "step" && (step.state === "running" || step.state === "unknown"),
  );
  if (halting.has(fault.code)) return { outcome: unclear ? "unknown" : "interrupted", fault };
  if (request.interruption.stopping() !== undefined && state.phase === "waiting") return "left";
  if (fault.code === "tool-unreachable" || fault.code === "tool-refused")
    return { outcome: "escalated", fault };
  // Whatever went wrong, a step of which nobody knows whether it happened must stay open to a look.
  return { outcome: unclear ? "unknown" : "defect", fault };
}

/** Writes the end, gives lock and lease back, and leaves the state as the journal has it. */
export async function finish(run: Live, end: Exclude<End, undefined>): Promise<RunState> {
  const { parts, recorder, holding, request } = run;
  if (holding.signal.aborted && holding.lockLost === undefined) {
    // Somebody else owns the run now; writing would be refused, and is theirs to do.
    await holding.letGo().catch(() => undefined);
    throw holding.signal.reason;
  }
  const stoppedBy = request.interruption.stopping();
  const ended = end === "left" || end === "again" ? undefined : end;
  if (
    stoppedBy !== undefined &&
    (ended === undefined || ended.outcome === "interrupted" || ended.outcome === "unknown")
  )
    await recorder.record({ type: "run.interrupted", signal: stoppedBy });
  if (ended === undefined) await endLock(run, "left");
  else {
    for (const step of recorder.state.steps)
      if (step.state === "running" && ended.outcome === "unknown")
        await recorder.record({
          type: "step.interrupted",
          key: step.key,
          why: ended.fault?.summary ?? "it was stopped",
        });
    await endLock(run, ended.outcome);
    await recorder.record({
      type: "run.ended",
      outcome: ended.outcome,
      exit: ended.exit ?? outcomeExits[ended.outcome],
      verdict: verdictOf(recorder.state, ended.outcome, ended.fault, parts.clock.now()),
      ...(ended.fault === undefined ? {} : { fault: ended.fault }),
    });
  }
  await holding.letGo();
  return recorder.state;
}
