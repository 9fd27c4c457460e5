import type { ActContext, AnyAction, Settlement } from "../action.ts";
import { toMs } from "../duration.ts";
import { OpsError } from "../errors.ts";
import { toFault, toOpsError } from "../fault.ts";
import { limitOf, stoppable } from "../limit.ts";
import type { StepState } from "../fold.ts";
import type { Inventory, Readers } from "../ports.ts";
import type { Runbook } from "../runbook.ts";
import { handsOf } from "./asked.ts";
import { fail, stepOf, type Acting, type ItemEnd } from "./acting.ts";
import { filledInput, hasRef } from "./refs.ts";

/** Within one process; a resumed run may try again. */
const mostTries = 2;

/** Does one step: looks first, journals, acts, waits until it came true. An interrupted effect is looked at, never guessed. */
export async function doStep(acting: Acting, key: string): Promise<ItemEnd> {
  for (let tries = 0; ; ) {
    const now = stepOf(acting, key);
    if (now.state === "done" || now.state === "skipped" || now.state === "undone") return "done";
    if (now.state === "running" || now.state === "unknown") {
      if ((await settle(acting, now)) === "unknown") return "unknown";
      if (stepOf(acting, key).state === "failed") return "failed";
      continue;
    }
    if (acting.stopping()) return "stopped";
    acting.boundary();
    // Its effect was accepted and did not come true: whether it is there is looked at before anything is asked for again.
    if (now.state === "failed" && now.acted === true && tries === 0) {
      const outcome = await settle(acting, now);
      if (outcome === "done") return "done";
      if (outcome === "unknown" || stepOf(acting, key).state === "failed") return "failed";
      continue;
    }
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
  const started = clock.now().getTime();
  const start = {
    type: "step.started",
    key: step.key,
    title: step.title,
    attempt: step.attempts + 1,
    withinMs: step.withinMs,
  } as const;
  let input: unknown;
  let before: unknown;
  try {
    input = hasRef(step.input) ? mayTouch(acting, action, filledFor(acting, step, action)) : step.input;
    before = await action.before(input, readers);
  } catch (error) {
    await recorder.record({ ...start, before: undefined });
    await fail(acting, step, error, clock.now().getTime() - started);
    return "failed";
  }
  await recorder.record({ ...start, before, ...(hasRef(step.input) ? { input } : {}) });

  const limit = limitOf(clock, step.withinMs);
  const signal = AbortSignal.any([limit.signal, acting.signal]);
  const { operators, mayHaveActed, close } = handsOf(acting.operators, acting.mayCall);
  const context: ActContext<unknown> = { ...operators, readers, before, clock, signal };
  try {
    // Stopped or lost while the start was being written: nothing has been asked for yet, and nothing is.
    signal.throwIfAborted();
    const returned: unknown = await stoppable(action.run(input, context), signal);
    const gave = givenBack(action, returned);
    return await waitFor(acting, step, { action, input, before, gave, started, signal, limit: limit.signal });
  } catch (error) {
    return await afterError(acting, step, error, { limit: limit.signal, started, acted: mayHaveActed() });
  } finally {
    close();
    limit.clear();
  }
}

/** Sorts a failed call: known not to have worked, or possibly done. */
async function afterError(
  acting: Acting,
  step: StepState,
  error: unknown,
  {
    limit,
    started,
    acted,
  }: { readonly limit: AbortSignal; readonly started: number; readonly acted: boolean },
): Promise<"failed" | "unknown" | "look"> {
  const took = acting.clock.now().getTime() - started;
  const fault = toFault(error);
  const lost = acting.signal.aborted;
  // A result that was refused came after everything; any other error may have come between two calls.
  const refused = fault.code === "result-refused";
  const maybe = lost || limit.aborted || fault.code === "tool-unreachable" || (acted && !refused);
  if (!maybe) {
    await fail(acting, step, error, took, refused);
    return "failed";
  }
  if (lost) throw toOpsError(acting.signal.reason);
  await acting.recorder.record({ type: "step.interrupted", key: step.key, why: fault.summary });
  return "look";
}

/** An effect that was asked for and has to come true. */
type Pending = {
  readonly action: AnyAction;
  readonly input: unknown;
  readonly before: unknown;
  /** What later steps may refer to. */
  readonly gave: unknown;
  readonly started: number;
  readonly signal: AbortSignal;
  readonly limit: AbortSignal;
};

/** Looks again and again until the postcondition holds, is hopeless, or the time is up. */
async function waitFor(
  acting: Acting,
  step: StepState,
  { action, input, before, gave, started, signal, limit }: Pending,
): Promise<"done" | "failed"> {
  const { recorder, readers, clock } = acting;
  const took = () => clock.now().getTime() - started;
  let saw = "";
  for (;;) {
    if (action.confirm === undefined) break;
    const seen = await action.confirm(input, before, readers).catch((error: unknown) => ({
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
        true,
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
        true,
      );
      return "failed";
    }
  }
  await recorder.record({
    type: "step.done",
    key: step.key,
    effect: saw === "" ? step.title : saw,
    tookMs: took(),
    ...(gave === undefined ? {} : { result: gave }),
  });
  return "done";
}

/** Looks whether an interrupted effect happened. Without a `settle`, a postcondition that holds is proof; its absence proves nothing. */
async function settle(acting: Acting, step: StepState): Promise<"done" | "not-done" | "unknown"> {
  const action = actionOf(acting.runbook, step);
  const input: unknown = step.filled ?? step.input;
  const { outcome, because, result } = await lookWhether(action, input, step.before, acting.readers);
  // What failed although it was accepted stays so, for undo to know of it, until a look says that it is not there.
  if (outcome === "unknown" && step.state === "failed") return outcome;
  if (outcome !== "done") {
    await acting.recorder.record({ type: "step.settled", key: step.key, outcome, because });
    return outcome;
  }
  // It happened; it still has to come true before it counts.
  const limit = limitOf(acting.clock, step.withinMs);
  await acting.recorder.record({ type: "step.saw", key: step.key, saw: `it had happened: ${because}` });
  const signal = AbortSignal.any([limit.signal, acting.signal]);
  const started = acting.clock.now().getTime();
  const parsed = action.returns?.safeParse(result);
  const gave: unknown = parsed?.success === true ? parsed.data : undefined;
  const pending = { action, input, before: step.before, gave, started, signal, limit: limit.signal };
  try {
    return (await waitFor(acting, step, pending)) === "done" ? "done" : "not-done";
  } finally {
    limit.clear();
  }
}

async function lookWhether(
  action: AnyAction,
  input: unknown,
  before: unknown,
  readers: Readers,
): Promise<Settlement> {
  try {
    if (action.settle !== undefined) return await action.settle(input, before, readers);
    const seen = await action.confirm?.(input, before, readers);
    if (seen?.met === true) return { outcome: "done", because: seen.saw };
    return { outcome: "unknown", because: seen?.saw ?? "the action offers no way to look" };
  } catch (error) {
    return { outcome: "unknown", because: toFault(error).summary };
  }
}

/** What the action gave back, as its own schema allows; nothing without a schema. Throws `result-refused`. */
function givenBack(action: AnyAction, returned: unknown): unknown {
  if (action.returns === undefined || returned === undefined) return undefined;
  const parsed = action.returns.safeParse(returned);
  if (parsed.success) return parsed.data as unknown;
  throw new OpsError("result-refused", {
    summary: `"${action.title}" gave back what its own schema refuses: ${parsed.error.issues[0]?.path.join(".") || "the result"} ${parsed.error.issues[0]?.message ?? "is not valid"}.`,
    hint: "It has happened; look at its effect before trying again, and mend the action.",
  });
}

/** The input with its holes filled, as the action's schema sees it. */
function filledFor({ recorder }: Acting, step: StepState, action: AnyAction): unknown {
  const { earlier, steps } = recorder.state;
  const parsed = action.input.safeParse(filledInput(step.input, [...earlier, ...steps]));
  if (parsed.success) return parsed.data as unknown;
  throw new OpsError("definition-invalid", {
    summary: `"${step.title}" was given what its action refuses: ${parsed.error.issues[0]?.message ?? "not valid"}.`,
    hint: "Look at what the step before gave back.",
  });
}

/** What was approved names the targets; a filled input reaches no others, unless the inventory knows them. */
function mayTouch({ recorder, readers }: Acting, action: AnyAction, input: unknown): unknown {
  const approved = recorder.state.plan?.steps.flatMap(({ targets }) => targets) ?? [];
  const known = new Set([...approved, ...namesIn(readers.inventory)]);
  const strange = action.targets(input).find((target) => !known.has(target));
  if (strange === undefined) return input;
  throw new OpsError("guard-refused", {
    summary: `"${action.title}" would touch "${strange}", which neither the plan nor the inventory names.`,
    hint: "Nothing was done with it. Look at what the step before gave back.",
  });
}

function namesIn({ services }: Inventory): readonly string[] {
  return services.flatMap(({ name, group, rule, instances, firewallGroups, logGroup }) => [
    name,
    ...instances,
    ...firewallGroups,
    ...[group, rule, logGroup].filter((one) => one !== undefined),
  ]);
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
