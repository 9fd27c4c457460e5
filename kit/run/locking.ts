import { toMs } from "../duration.ts";
import type { EngineParts } from "../engine.ts";
import { OpsError } from "../errors.ts";
import type { RunState } from "../fold.ts";
import { lockHeld } from "../lock-held.ts";
import type { Times } from "../ports.ts";
import type { Runbook } from "../runbook.ts";
import type { Outcome } from "../timeline.ts";
import { glassHolds } from "./glass.ts";
import { lockTaken, type LockManner } from "./lease.ts";
import type { Live } from "./live.ts";

/** How a runbook's lock behaves after its run. */
export function lockManner({ lockKind }: Runbook, times: Times): LockManner {
  if (lockKind !== "sticky") return {};
  return { kind: "sticky", staysMs: toMs(times.stickyLock) };
}

/** An early word when somebody else is at work: better before the approvers are woken than after. Who is, the store's own clock says. */
export async function refuseIfHeld(
  { locks, clock }: EngineParts,
  state: RunState,
  breaksGlass: boolean,
): Promise<void> {
  const held = await locks.locks().catch((error: unknown) => {
    // Who is about to break the glass is asked about that next; the lock itself is tried for after it.
    if (!breaksGlass || !isStoreFailure(error)) mayGoOnWithout(error, state, clock.now());
    return [];
  });
  const holder = held.find((lock) => lock.lock === state.lockName && lock.run !== state.run);
  if (holder !== undefined && holder.state !== "over") throw lockHeld(holder);
}

/** Takes the run's lock and writes down from whom, if its last holder let it run out. Without its store only safe steps go on. */
export async function takeItsLock({ parts, holding, recorder }: Live): Promise<void> {
  const { lockName, title } = recorder.state;
  try {
    await recorder.record(lockTaken(await holding.takeLock(lockName, title)));
  } catch (error) {
    const reason = mayGoOnWithout(error, recorder.state, parts.clock.now());
    await recorder.record({ type: "lock.missing", lock: lockName, reason });
  }
}

const storeFailures = new Set(["tool-unreachable", "tool-refused"]);

function isStoreFailure(error: unknown): error is OpsError {
  return OpsError.is(error) && storeFailures.has(error.code);
}

/** Why there is no lock, when the store is what failed and the run may go on without; else throws `guard-refused`, or what it was given. */
function mayGoOnWithout(error: unknown, state: RunState, now: Date): string {
  if (!isStoreFailure(error)) throw error;
  if (state.plan?.strictest === "safe" || glassHolds(state, now)) return error.summary;
  throw new OpsError("guard-refused", {
    summary: `The lock ${state.lockName} cannot be had, so somebody else may be at work: ${error.summary}`,
    hint: `Without it only safe steps run. Get its store back; if that takes too long: ops run ${state.runbook} --break-glass --reason "..."`,
    cause: error,
  });
}

const endedWell: ReadonlySet<Outcome> = new Set(["solved", "all-clear", "undone", "planned", "handed-over"]);

/** Writes down what becomes of the lock when a run ends: lost, kept because it is sticky and something is left half done, or given back. */
export async function endLock({ holding, recorder, parts }: Live, outcome: Outcome | "left"): Promise<void> {
  const { state } = recorder;
  const { lock, lockLost } = holding;
  if (lock === undefined) return;
  if (lockLost !== undefined) {
    // The event names run and lock already.
    const reason = lockLost.replace(`${state.run} lost the lock ${lock.lock}; `, "");
    return recorder.record({ type: "lock.lost", lock: lock.lock, reason });
  }
  const parkedMs = outcome === "left" ? heldFor(state, parts.clock.now()) : 0;
  if (parkedMs > 0) {
    const { fence, until } = await holding.parkLock(parkedMs);
    const reason = "the plan holds it while it waits";
    return recorder.record({ type: "lock.kept", lock: lock.lock, fence, reason, until });
  }
  const acted = [...state.earlier, ...state.steps].some((step) => step.attempts > 0);
  if (lock.kind !== "sticky" || !acted || outcome === "left" || endedWell.has(outcome)) {
    const why = outcome === "left" ? { why: "nobody works on it while it waits" } : {};
    return recorder.record({ type: "lock.released", lock: lock.lock, ...why });
  }
  const reason = `${state.title} ended as ${outcome}`;
  try {
    const { fence, staysUntil } = await holding.keepLock(reason);
    await recorder.record({ type: "lock.kept", lock: lock.lock, fence, reason, until: staysUntil });
  } catch (error) {
    if (!OpsError.is(error)) throw error;
    await recorder.record({ type: "lock.lost", lock: lock.lock, reason: error.summary });
  }
}

/** How long a wait goes on for which the plan holds the lock, in milliseconds; 0 without one. */
function heldFor(state: RunState, now: Date): number {
  const step = state.steps.find((one) => one.state === "waiting");
  if (step?.kind !== "wait" || step.input.lock !== "hold") return 0;
  return Date.parse(step.startedAt ?? state.lastAt) + step.withinMs - now.getTime();
}
