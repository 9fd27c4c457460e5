import { OpsError } from "../errors.ts";
import { toFault } from "../fault.ts";
import type { RunState } from "../fold.ts";
import { shortDigest, type Plan } from "../plan.ts";
import type { Fault } from "../timeline.ts";
import { act } from "./act.ts";
import type { ItemEnd } from "./acting.ts";
import { awaitApproval, mustBeAgreed } from "./approval.ts";
import { handOver } from "./child.ts";
import { glassHolds } from "./glass.ts";
import type { End, Live } from "./live.ts";
import { refuseIfHeld, takeItsLock } from "./locking.ts";
import { lookAgain, lookAndDecide, lookingFor } from "./look.ts";
import { closureOf, refuseWhenClosed } from "./open.ts";
import { makePlan, planDifferences } from "./planning.ts";
import { undoOf } from "./undo.ts";
import { verify } from "./verify.ts";
import { watchVitals } from "./vitals.ts";

const mostRounds = 3;

/** Look, decide, plan. */
export async function planned(run: Live): Promise<End> {
  const { parts, runbook, recorder, request } = run;
  if (recorder.state.plan !== undefined) return undefined;
  if (recorder.state.child !== undefined) return handOver(run);
  const { readers, clock, environment, policy } = parts;
  const { tier, zone = "UTC", onCall = [] } = environment;
  const { content, params, planOnly, round, earlier, without } = recorder.state;
  const decision = await lookAndDecide(lookingFor(recorder.state, runbook, readers, clock), recorder);
  if (decision.kind === "all-clear") return round === 1 ? { outcome: "all-clear" } : proven(run);
  if (decision.kind === "escalate") return calledFor(run, decision.because);
  if (decision.kind === "hand-over") return planOnly ? { outcome: "handed-over" } : handOver(run, decision);

  const plan = makePlan(
    {
      runbook,
      content,
      environment: recorder.state.environment,
      params,
      times: readers.times,
      now: clock.now(),
      round,
      tried: earlier,
      without: round === 1 ? without : [],
    },
    decision,
  );
  const { severity } = runbook;
  const need = policy({
    risk: plan.strictest,
    tier,
    severity,
    at: clock.now(),
    zone,
    onCall,
    ...(plan.wordOf === undefined
      ? {}
      : { word: { of: plan.wordOf, names: environment.answersFor?.[plan.wordOf] ?? [] } }),
  });
  const closed = closureOf(parts, runbook, plan);
  await recorder.record({ type: "plan.made", plan, need, ...(closed === undefined ? {} : { closed }) });
  if (planOnly) return { outcome: "planned" };
  if (request.mustBe !== undefined && round === 1 && request.mustBe.digest !== plan.digest)
    throw staleError(request.mustBe, planDifferences(request.mustBe, decision));
  refuseWhenClosed(run, closed);
  await refuseIfHeld(parts, recorder.state, request.glass !== undefined);
  return undefined;
}

/** A person must take it from here. After earlier rounds acted, that is an unproven cure, not a run that changed nothing. */
function calledFor({ recorder }: Live, because: string): End {
  if (!recorder.state.earlier.some((step) => step.state === "done")) return { outcome: "escalated" };
  return {
    outcome: "not-verified",
    fault: {
      code: "not-verified",
      summary: `Round ${recorder.state.round} found nothing more to do: ${because}.`,
      hint: `Take back what was done with: ops undo ${recorder.state.run}`,
    },
  };
}

/** Waits until people agreed, refused or kept silent. */
export async function approved({ parts, recorder, request, signal, beside }: Live): Promise<End> {
  if (recorder.state.steps.some((step) => step.attempts > 0)) return undefined;
  if (glassHolds(recorder.state, parts.clock.now())) return undefined;
  const approval = await awaitApproval({
    recorder,
    clock: parts.clock,
    readers: parts.readers,
    approvers: parts.environment.approvers,
    requester: request.by,
    ask: request.ask,
    wait: request.wait ?? true,
    leaving: () => request.interruption.stopping() !== undefined,
    mustHold: beside.mustHold,
    signal,
  });
  if (approval === "refused") return { outcome: "approval-refused" };
  if (approval === "expired") return { outcome: "approval-expired" };
  return approval === "left" ? "left" : undefined;
}

/** Takes the lock before approval is asked for, where the runbook or a passed lock says so. */
export async function lockedEarly(run: Live): Promise<End> {
  return run.runbook.lockWhileApproving === "hold" || run.request.holdsLock === true
    ? locked(run)
    : undefined;
}

/** Takes the lock, unless an earlier stage or round holds it already. */
export async function locked(run: Live): Promise<End> {
  if (run.holding.lock !== undefined) return undefined;
  await takeItsLock(run);
  return undefined;
}

/** Before the first act the world is looked at again: what was approved must still be what is needed. */
export async function stillTrue({ parts, runbook, recorder }: Live): Promise<End> {
  const { plan, steps, round } = recorder.state;
  if (plan === undefined || steps.some((step) => step.attempts > 0)) return undefined;
  if (parts.clock.now().getTime() >= Date.parse(plan.expiresAt))
    throw staleError(plan, ["it expired before its first act"]);
  const fresh = await lookAgain(lookingFor(recorder.state, runbook, parts.readers, parts.clock));
  const differences = planDifferences(plan, fresh, round);
  await recorder.record({ type: "plan.checked", same: differences.length === 0, differences });
  if (differences.length > 0) throw staleError(plan, differences);
  await recorder.sync();
  return undefined;
}

/** Writes down what is to be taken back; under the lock, so that nobody else works on it meanwhile. */
export async function turnedBack({ parts, runbook, recorder, request }: Live): Promise<End> {
  const { steps, stays } = undoOf(runbook, recorder.state, parts.readers.times);
  await recorder.record({ type: "undo.asked", by: request.by, steps, stays });
  return undefined;
}

/** Does what is not done yet, then proves it; what a failed watch or an unproven cure asks for is taken back here too. */
export async function acted(run: Live): Promise<End> {
  const stopVitals = watchVitals(run.runbook, run.recorder, run.parts.readers, run.parts.clock);
  try {
    const ended = await actOn(run);
    if (ended === "turn-back") return await turnBack(run, lastFault(run.recorder.state));
    if (ended !== "done") return endOfItem(ended, run.recorder.state);
    // A resumed undo ends as one; the runbook's own proof is about what was taken back.
    if (isTurningBack(run.recorder.state)) return { outcome: "undone" };
    return await proven(run);
  } finally {
    await stopVitals();
  }
}

/** The proof of the cure, and what the runbook says when it cannot be given. */
async function proven(run: Live): Promise<End> {
  const { runbook, recorder, signal, parts } = run;
  const holds = await verify({ runbook, recorder, readers: parts.readers, clock: parts.clock, signal });
  if (holds) return { outcome: "solved" };
  if (runbook.notVerified === "undo") return turnBack(run, undefined);
  if (runbook.notVerified === "again" && recorder.state.round < mostRounds && !recorder.state.planOnly)
    return "again";
  return { outcome: "not-verified" };
}

/** Takes back what was done under the same approval: the way back was part of what was approved. */
async function turnBack(run: Live, fault: Fault | undefined): Promise<End> {
  const { parts, runbook, recorder, request } = run;
  const because = fault?.summary ?? "the cure could not be proven";
  const withFault = fault === undefined ? {} : { fault };
  try {
    const { steps, stays } = undoOf(runbook, recorder.state, parts.readers.times);
    await recorder.record({ type: "undo.asked", by: request.by, steps, stays, because });
  } catch (error) {
    if (toFault(error).code !== "guard-refused") throw error;
    return { outcome: fault === undefined ? "not-verified" : "step-failed", ...withFault };
  }
  const ended = await actOn(run);
  return ended === "done" || ended === "turn-back"
    ? { outcome: "undone", ...withFault }
    : endOfItem(ended, recorder.state);
}

function isTurningBack(state: RunState): boolean {
  return state.steps.some((step) => step.undoes !== undefined);
}

async function actOn(run: Live): Promise<ItemEnd> {
  const { parts, runbook, recorder, holding, request, signal, beside } = run;
  return act({
    runbook,
    recorder,
    readers: parts.readers,
    operators: await parts.operators({ run: recorder.state.run, runbook, by: request.by }),
    async mayCall() {
      // A step that was begun behind the glass is finished; the next one is not begun.
      if (recorder.state.glass === undefined) mustBeAllowed(run);
      await holding.recheck();
    },
    holding,
    clock: parts.clock,
    signal,
    stopping: () => request.interruption.stopping() !== undefined,
    wait: request.wait ?? true,
    boundary() {
      // The way back is not stopped by what made it necessary.
      if (isTurningBack(recorder.state)) return;
      mustBeAllowed(run);
      beside.mustHold();
      if (recorder.state.workedMs <= recorder.state.withinMs) return;
      throw new OpsError("budget-spent", {
        summary: `The time for this run (${recorder.state.withinMs / 60_000} min) is spent.`,
        hint: `Go on with: ops resume ${recorder.state.run}`,
      });
    },
  });
}

/** The journal's order decides: what was taken back before the first act began is not acted on, however close it was. */
function mustBeAllowed({ recorder: { state }, parts }: Live) {
  if (isTurningBack(state)) return;
  mustBeAgreed(state, parts.environment.approvers, parts.clock.now());
}

function endOfItem(ended: Exclude<ItemEnd, "done" | "turn-back">, state: RunState): End {
  switch (ended) {
    case "failed": {
      const fault = lastFault(state);
      // The first step was announced, and then the approval turned out to be taken back: no call was made.
      return fault?.code === "approval-revoked"
        ? { outcome: "approval-refused", fault }
        : { outcome: "step-failed" };
    }
    case "unknown":
      return { outcome: "unknown" };
    case "stopped":
      return { outcome: "interrupted" };
    case "left":
      return "left";
    case "held":
      return { outcome: "escalated", fault: heldFault(state) };
  }
}

/** Nobody answered: everything stays as it is, and a person goes on from there. */
function heldFault(state: RunState): Fault {
  const step = state.steps.find((one) => one.state === "waiting");
  return {
    code: "wait-silent",
    summary: `"${step?.title ?? "A step"}" waits for an answer that did not come${step?.judged === undefined ? "" : `: ${step.judged.because}`}.`,
    hint: `Answer, then go on: ops resume ${state.run}`,
  };
}

function lastFault(state: RunState): Fault | undefined {
  return state.steps.findLast((step) => step.state === "failed")?.fault;
}

function staleError(plan: Plan, differences: readonly string[]): OpsError {
  return new OpsError("plan-stale", {
    summary: `Plan ${shortDigest(plan.digest)} is no longer what is needed: ${differences.join("; ") || "what it covers has changed"}.`,
    hint: "Nothing was done. Plan again.",
  });
}
