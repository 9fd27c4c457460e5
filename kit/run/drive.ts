import { toMs } from "../duration.ts";
import type { EngineParts, Request } from "../engine.ts";
import { OpsError } from "../errors.ts";
import { toFault } from "../fault.ts";
import type { RunState } from "../fold.ts";
import type { RunLease } from "../journal.ts";
import { shortDigest, type Plan } from "../plan.ts";
import type { Operators } from "../ports.ts";
import type { Runbook } from "../runbook.ts";
import type { Fault, Outcome } from "../timeline.ts";
import { act } from "./act.ts";
import { awaitApproval } from "./approval.ts";
import { hold, type Holding } from "./lease.ts";
import { lookAgain, lookAndDecide } from "./look.ts";
import { makePlan, planDifferences } from "./planning.ts";
import { undoOf } from "./undo.ts";
import { recorderFor, type Recorder } from "./recorder.ts";
import { outcomeExits, verdictOf } from "./verdict.ts";
import { verify } from "./verify.ts";
import { watchVitals } from "./vitals.ts";

/** A request with the means to stop it, and the plan it must equal when one was named. */
type Drive = Request & {
  readonly interruption: { readonly signal: AbortSignal; readonly stopping: () => string | undefined };
  readonly mustBe?: Plan;
};

/** How a stage ended the run; undefined goes on to the next stage. */
type End = { readonly outcome: Outcome; readonly fault?: Fault } | "left" | undefined;

/**
 * The score: look, decide, plan, approve, lock, look again, act, verify, record.
 * Each stage is skipped when the journal says it is done, so a resumed run is the same walk from a later place.
 */
export async function drive(
  parts: EngineParts,
  runbook: Runbook,
  lease: RunLease,
  request: Drive,
): Promise<RunState> {
  return walk(
    await live(parts, runbook, lease, request),
    [planned, approved, locked, stillTrue, acted],
    "solved",
  );
}

/** Takes back what a run did: the same lock, the same steps with the same proof, in reverse. */
export async function driveUndo(
  parts: EngineParts,
  runbook: Runbook,
  lease: RunLease,
  request: Drive,
): Promise<RunState> {
  return walk(await live(parts, runbook, lease, request), [locked, turnedBack, acted], "undone");
}

/** Goes through the stages until one ends the run; a thrown error is an end too. */
async function walk(
  run: Live,
  stages: readonly ((run: Live) => Promise<End>)[],
  outcome: Outcome,
): Promise<RunState> {
  let end: End;
  try {
    for (const stage of stages) {
      end = await stage(run);
      if (end !== undefined) break;
    }
  } catch (error) {
    end = endOf(run, error);
  }
  return finish(run, end ?? { outcome });
}

async function live(parts: EngineParts, runbook: Runbook, lease: RunLease, request: Drive): Promise<Live> {
  const { journal, clock, onEntry } = parts;
  const recorder = await recorderFor(journal, lease, onEntry ?? (() => undefined));
  const holding = hold(journal, parts.locks, lease, toMs(parts.readers.times.lease), clock);
  const signal = AbortSignal.any([holding.signal, request.interruption.signal]);
  return { parts, runbook, recorder, holding, request, signal };
}

/** A run in flight. */
type Live = {
  readonly parts: EngineParts;
  readonly runbook: Runbook;
  readonly recorder: Recorder;
  readonly holding: Holding;
  readonly request: Drive;
  readonly signal: AbortSignal;
};

/** Look, decide, plan. */
async function planned({ parts, runbook, recorder, request }: Live): Promise<End> {
  if (recorder.state.plan !== undefined) return undefined;
  const { readers, clock, environment, policy } = parts;
  const { params, content, planOnly } = recorder.state;
  const decision = await lookAndDecide({ runbook, params, readers, clock }, recorder);
  if (decision.kind === "all-clear") return { outcome: "all-clear" };
  if (decision.kind === "escalate") return { outcome: "escalated" };
  if (decision.kind === "hand-over") return { outcome: "handed-over" };

  const plan = makePlan(
    {
      runbook,
      content,
      environment: recorder.state.environment,
      params,
      times: readers.times,
      now: clock.now(),
      round: recorder.state.round,
      tried: recorder.state.earlier,
      without: recorder.state.without,
    },
    decision,
  );
  await recorder.record({ type: "plan.made", plan, need: policy(plan.strictest, environment.tier) });
  if (planOnly) return { outcome: "planned" };
  if (request.mustBe !== undefined && request.mustBe.digest !== plan.digest)
    throw staleError(request.mustBe, planDifferences(request.mustBe, decision));
  await refuseIfHeld(parts, recorder.state);
  return undefined;
}

/** An early word when somebody else is at work: better before the approvers are woken than after. */
async function refuseIfHeld({ locks, clock }: EngineParts, state: RunState) {
  const holder = (await locks.locks()).find((lock) => lock.lock === state.lockName && lock.run !== state.run);
  if (holder === undefined || Date.parse(holder.until) < clock.now().getTime()) return;
  throw new OpsError("lock-held", {
    summary: `${state.lockName} is held by ${holder.run} (${holder.reason}) since ${holder.takenAt.slice(11, 19)} UTC, at least until ${holder.until.slice(11, 19)}.`,
    hint: `Watch it: ops timeline ${holder.run}`,
  });
}

async function approved({ parts, recorder, request, signal }: Live): Promise<End> {
  if (recorder.state.steps.some((step) => step.attempts > 0)) return undefined;
  const approval = await awaitApproval({
    recorder,
    clock: parts.clock,
    readers: parts.readers,
    requester: request.by,
    ask: request.ask,
    wait: request.wait ?? true,
    leaving: () => request.interruption.stopping() !== undefined,
    signal,
  });
  if (approval === "refused") return { outcome: "approval-refused" };
  if (approval === "expired") return { outcome: "approval-expired" };
  return approval === "left" ? "left" : undefined;
}

async function locked({ holding, recorder }: Live): Promise<End> {
  const { lockName, title } = recorder.state;
  const lock = await holding.takeLock(lockName, title);
  await recorder.record({ type: "lock.taken", lock: lock.lock, fence: lock.fence, until: lock.until });
  return undefined;
}

/** Before the first act the world is looked at again: what was approved must still be what is needed. */
async function stillTrue({ parts, runbook, recorder }: Live): Promise<End> {
  const { plan, params, steps } = recorder.state;
  if (plan === undefined || steps.some((step) => step.attempts > 0)) return undefined;
  if (parts.clock.now().getTime() >= Date.parse(plan.expiresAt))
    throw staleError(plan, ["it expired before its first act"]);
  const differences = planDifferences(
    plan,
    await lookAgain({ runbook, params, readers: parts.readers, clock: parts.clock }),
  );
  await recorder.record({ type: "plan.checked", same: differences.length === 0, differences });
  if (differences.length > 0) throw staleError(plan, differences);
  return undefined;
}

/** Writes down what is to be taken back; under the lock, so that nobody else works on it meanwhile. */
async function turnedBack({ parts, runbook, recorder, request }: Live): Promise<End> {
  const { steps, stays } = undoOf(runbook, recorder.state, parts.readers.times);
  await recorder.record({ type: "undo.asked", by: request.by, steps, stays });
  return undefined;
}

async function acted(run: Live): Promise<End> {
  const stopVitals = watchVitals(run.runbook, run.recorder, run.parts.readers, run.parts.clock);
  try {
    const stopped = await steppedThrough(run);
    if (stopped !== undefined) return stopped;
    // A resumed undo ends as one; the runbook's own proof is about what was taken back.
    if (run.recorder.state.steps.some((step) => step.undoes !== undefined)) return { outcome: "undone" };
    const { runbook, recorder, signal, parts } = run;
    const holds = await verify({ runbook, recorder, readers: parts.readers, clock: parts.clock, signal });
    return holds ? undefined : { outcome: "not-verified" };
  } finally {
    await stopVitals();
  }
}

/** Every step that is not done yet; undefined when all are. */
async function steppedThrough({ parts, runbook, recorder, holding, request, signal }: Live): Promise<End> {
  const { readers, clock } = parts;
  const deadline = clock.now().getTime() + recorder.state.withinMs;
  const outcome = await act({
    runbook,
    recorder,
    readers,
    operators: guarded(await parts.operators(), holding.recheck),
    clock,
    signal,
    stopping: () => request.interruption.stopping() !== undefined,
    budget: () => {
      if (clock.now().getTime() <= deadline) return;
      throw new OpsError("budget-spent", {
        summary: `The time for this run (${recorder.state.withinMs / 60_000} min) is spent.`,
        hint: `Go on with: ops resume ${recorder.state.run}`,
      });
    },
  });
  if (outcome === "failed") return { outcome: "step-failed" };
  if (outcome === "unknown") return { outcome: "unknown" };
  return outcome === "stopped" ? { outcome: "interrupted" } : undefined;
}

/** Operators that re-check lease and lock before every call. */
function guarded(operators: Operators, recheck: () => Promise<void>): Operators {
  const wrap = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver);
        if (typeof member !== "function") return member;
        return async (...args: readonly unknown[]) => {
          await recheck();
          return Reflect.apply(member, target, args) as unknown;
        };
      },
    });
  return { instanceAdmin: wrap(operators.instanceAdmin), balancerAdmin: wrap(operators.balancerAdmin) };
}

function staleError(plan: Plan, differences: readonly string[]): OpsError {
  return new OpsError("plan-stale", {
    summary: `Plan ${shortDigest(plan.digest)} is no longer what is needed: ${differences.join("; ") || "what it covers has changed"}.`,
    hint: "Nothing was done. Plan again.",
  });
}

const guards = new Set(["lock-held", "plan-stale", "plan-altered", "guard-refused", "selector-empty"]);

/** Which end a thrown error means. */
function endOf({ recorder, request }: Live, error: unknown): End {
  const fault = toFault(error);
  if (guards.has(fault.code)) return { outcome: "guarded", fault };
  if (fault.code === "budget-spent") return { outcome: "not-verified", fault };
  if (fault.code === "lock-lost" || fault.code === "state-unknown" || fault.code === "run-busy")
    return {
      outcome: recorder.state.steps.some((step) => step.state === "running" || step.state === "unknown")
        ? "unknown"
        : "interrupted",
      fault,
    };
  if (request.interruption.stopping() !== undefined && recorder.state.phase === "waiting") return "left";
  if (fault.code === "tool-unreachable" || fault.code === "tool-refused")
    return { outcome: "escalated", fault };
  return { outcome: "defect", fault };
}

/** Writes the end, gives lock and lease back, and leaves the state as the journal has it. */
async function finish({ parts, recorder, holding, request }: Live, end: End): Promise<RunState> {
  if (holding.signal.aborted) {
    // Somebody else owns the run now; writing would be refused, and is theirs to do.
    await holding.letGo().catch(() => undefined);
    throw holding.signal.reason;
  }
  const stoppedBy = request.interruption.stopping();
  if (
    stoppedBy !== undefined &&
    end !== undefined &&
    (end === "left" || end.outcome === "interrupted" || end.outcome === "unknown")
  )
    await recorder.record({ type: "run.interrupted", signal: stoppedBy });
  if (end !== undefined && end !== "left") {
    for (const step of recorder.state.steps)
      if (step.state === "running" && end.outcome === "unknown")
        await recorder.record({
          type: "step.interrupted",
          key: step.key,
          why: end.fault?.summary ?? "it was stopped",
        });
    if (holding.lock !== undefined) await recorder.record({ type: "lock.released", lock: holding.lock.lock });
    await recorder.record({
      type: "run.ended",
      outcome: end.outcome,
      exit: outcomeExits[end.outcome],
      verdict: verdictOf(recorder.state, end.outcome, end.fault, parts.clock.now()),
      ...(end.fault === undefined ? {} : { fault: end.fault }),
    });
  }
  await holding.letGo();
  return recorder.state;
}
