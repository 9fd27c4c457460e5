import type { ActContext, AnyAction, Settlement } from "../action.ts";
import type { Clock } from "../clock.ts";
import { toMs } from "../duration.ts";
import { OpsError } from "../errors.ts";
import { toFault, toOpsError } from "../fault.ts";
import { limitOf, stoppable } from "../limit.ts";
import type { StepState } from "../fold.ts";
import type { Operators, Readers } from "../ports.ts";
import type { Runbook } from "../runbook.ts";
import type { Recorder } from "./recorder.ts";

/** What acting needs; the operators re-check the lease before each call. */
export type Acting = {
  readonly runbook: Runbook;
  readonly recorder: Recorder;
  readonly readers: Readers;
  readonly operators: Operators;
  readonly clock: Clock;
  /** Aborts when the lease is lost or a person stops the run at once. */
  readonly signal: AbortSignal;
  /** True once a person asked to stop at the next boundary. */
  readonly stopping: () => boolean;
  /** Throws `budget-spent` when the run's time is up. */
  readonly budget: () => void;
};

/** How acting ended. */
export type Acted = "all-done" | "failed" | "unknown" | "stopped";

/** Within one process; a resumed run may try again. */
const mostTries = 2;

/** Does the steps that are not done yet, one after the other, in the order that was approved. */
export async function act(acting: Acting): Promise<Acted> {
  for (const { key } of acting.recorder.state.steps) {
    const ended = await actOne(acting, key);
    if (ended !== "done") return ended;
  }
  return "all-done";
}

async function actOne(acting: Acting, key: string): Promise<"done" | "failed" | "unknown" | "stopped"> {
  for (let tries = 0; ; ) {
    const now = stepOf(acting, key);
    if (now.state === "done" || now.state === "skipped" || now.state === "undone") return "done";
    if (now.state === "running" || now.state === "unknown") {
      if ((await settle(acting, now)) === "unknown") return "unknown";
      if (stepOf(acting, key).state === "failed") return "failed";
      continue;
    }
    if (acting.stopping()) return "stopped";
    acting.budget();
    if (tries === mostTries) {
      await fail(acting, now, notHappening(now), 0);
      return "failed";
    }
    tries += 1;
    const attempt = await attemptStep(acting, now);
    if (attempt !== "look") return attempt;
  }
}

function notHappening(step: StepState): OpsError {
  return new OpsError("step-failed", {
    summary: `"${step.title}" was tried ${mostTries} times and did not happen.`,
    hint: "Look at the tool it uses before trying again.",
  });
}

/** One attempt. "look" means the effect may or may not have happened, so the loop settles it. */
async function attemptStep(acting: Acting, step: StepState): Promise<"done" | "failed" | "unknown" | "look"> {
  const { recorder, readers, clock } = acting;
  const action = actionOf(acting.runbook, step);
  const input: unknown = step.input;
  const started = clock.now().getTime();
  let before: unknown;
  try {
    before = await action.before(input, readers);
  } catch (error) {
    await recorder.record({
      type: "step.started",
      key: step.key,
      title: step.title,
      attempt: step.attempts + 1,
      before: undefined,
      withinMs: step.withinMs,
    });
    await fail(acting, step, error, clock.now().getTime() - started);
    return "failed";
  }
  await recorder.record({
    type: "step.started",
    key: step.key,
    title: step.title,
    attempt: step.attempts + 1,
    before,
    withinMs: step.withinMs,
  });

  const limit = limitOf(clock, step.withinMs);
  const signal = AbortSignal.any([limit.signal, acting.signal]);
  const context: ActContext<unknown> = { ...acting.operators, readers, before, clock, signal };
  try {
    await stoppable(action.run(input, context), signal);
    return await waitFor(acting, step, action, before, started, signal, limit.signal);
  } catch (error) {
    return await afterError(acting, step, error, limit.signal, started);
  } finally {
    limit.clear();
  }
}

/** Sorts a failed call: known not to have worked, or possibly done. */
async function afterError(
  acting: Acting,
  step: StepState,
  error: unknown,
  limit: AbortSignal,
  started: number,
): Promise<"failed" | "unknown" | "look"> {
  const took = acting.clock.now().getTime() - started;
  const fault = toFault(error);
  const lost = acting.signal.aborted;
  const maybe = lost || limit.aborted || fault.code === "tool-unreachable";
  if (!maybe) {
    await fail(acting, step, error, took);
    return "failed";
  }
  if (lost) throw toOpsError(acting.signal.reason);
  await acting.recorder.record({ type: "step.interrupted", key: step.key, why: fault.summary });
  return "look";
}

/** Looks again and again until the postcondition holds, is hopeless, or the time is up. */
async function waitFor(
  acting: Acting,
  step: StepState,
  action: AnyAction,
  before: unknown,
  started: number,
  signal: AbortSignal,
  limit: AbortSignal,
): Promise<"done" | "failed"> {
  const { recorder, readers, clock } = acting;
  const took = () => clock.now().getTime() - started;
  let saw = "";
  for (;;) {
    if (action.confirm === undefined) break;
    const seen = await action.confirm(step.input, before, readers).catch((error: unknown) => ({
      met: false as const,
      saw: `not known: ${toFault(error).summary}`,
    }));
    if (seen.saw !== saw && !seen.met)
      await recorder.record({ type: "step.saw", key: step.key, saw: seen.saw });
    saw = seen.saw;
    if (seen.met) break;
    if ("hopeless" in seen && seen.hopeless !== undefined) {
      await fail(
        acting,
        step,
        new OpsError("step-failed", { summary: seen.hopeless, hint: `Last seen: ${saw}.` }),
        took(),
      );
      return "failed";
    }
    try {
      await clock.sleep(toMs(readers.times.poll), signal);
    } catch (error) {
      if (acting.signal.aborted) throw toOpsError(acting.signal.reason);
      if (!limit.aborted) throw error;
      await fail(
        acting,
        step,
        new OpsError("step-failed", {
          summary: `"${step.title}" did not come true in ${step.withinMs / 1000} s; last seen: ${saw}.`,
          hint: `Look at it, then try again: ops resume ${recorder.state.run}`,
        }),
        took(),
      );
      return "failed";
    }
  }
  await recorder.record({
    type: "step.done",
    key: step.key,
    effect: saw === "" ? step.title : saw,
    tookMs: took(),
  });
  return "done";
}

/** Looks whether an interrupted effect happened. Without a `settle`, a postcondition that holds is proof; its absence proves nothing. */
async function settle(acting: Acting, step: StepState): Promise<"done" | "not-done" | "unknown"> {
  const action = actionOf(acting.runbook, step);
  const settled = await lookWhether(action, step, acting.readers);
  if (settled.outcome !== "done") {
    await acting.recorder.record({ type: "step.settled", key: step.key, ...settled });
    return settled.outcome;
  }
  // It happened; it still has to come true before it counts.
  const limit = limitOf(acting.clock, step.withinMs);
  await acting.recorder.record({
    type: "step.saw",
    key: step.key,
    saw: `it had happened: ${settled.because}`,
  });
  const signal = AbortSignal.any([limit.signal, acting.signal]);
  const started = acting.clock.now().getTime();
  try {
    return (await waitFor(acting, step, action, step.before, started, signal, limit.signal)) === "done"
      ? "done"
      : "not-done";
  } finally {
    limit.clear();
  }
}

async function lookWhether(action: AnyAction, step: StepState, readers: Readers): Promise<Settlement> {
  try {
    if (action.settle !== undefined) return await action.settle(step.input, step.before, readers);
    const seen = await action.confirm?.(step.input, step.before, readers);
    if (seen?.met === true) return { outcome: "done", because: seen.saw };
    return { outcome: "unknown", because: seen?.saw ?? "the action offers no way to look" };
  } catch (error) {
    return { outcome: "unknown", because: toFault(error).summary };
  }
}

async function fail(acting: Acting, step: StepState, error: unknown, tookMs: number) {
  const lastSaw = stepOf(acting, step.key).lastSaw ?? "nothing";
  await acting.recorder.record({
    type: "step.failed",
    key: step.key,
    fault: toFault(error),
    lastSaw,
    tookMs,
  });
}

function stepOf(acting: Acting, key: string): StepState {
  const step = acting.recorder.state.steps.find((candidate) => candidate.key === key);
  if (step === undefined) throw new Error(`no step ${key}`);
  return step;
}

function actionOf(runbook: Runbook, step: StepState): AnyAction {
  const actions: Readonly<Record<string, AnyAction>> = runbook.mitigate;
  const action = actions[step.action];
  if (action === undefined)
    throw new OpsError("plan-altered", {
      summary: `The runbook no longer has the action "${step.action}".`,
      hint: "Make a new plan.",
    });
  return action;
}
