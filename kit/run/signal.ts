import type { EngineParts } from "../engine.ts";
import { OpsError } from "../errors.ts";
import { foldRun, type RunState } from "../fold.ts";
import type { Identity } from "../identity.ts";
import { mustBeInvolved } from "./approving.ts";

/** What somebody says has happened. */
export type Signal = {
  /** Name of the wait, or the key of a watch that could not tell. */
  readonly signal: string;
  readonly by: Identity;
  /** JSON, small; for a watch "go-on" or "undo". */
  readonly value?: unknown;
  readonly text?: string;
};

const largestValue = 16_384;

/** Puts a signal into a run's record. Throws `usage` for a name that the run does not wait for, `run-over`, `approval-forbidden`. */
export async function signalRun(parts: EngineParts, state: RunState, signal: Signal): Promise<RunState> {
  // A webhook's right is its token, made for this run and this signal alone; the door checked it.
  if (signal.by.via !== "webhook") mustBeInvolved(parts, state, signal.by);
  if (state.ended !== undefined && !state.steps.some((step) => step.state === "waiting"))
    throw new OpsError("run-over", {
      summary: `${state.run} is over: ${state.ended.verdict}`,
      hint: `See what it did: ops timeline ${state.run}`,
    });
  const names = signalsOf(state);
  if (!names.includes(signal.signal))
    throw new OpsError("usage", {
      summary: `${state.run} does not wait for "${signal.signal.slice(0, 80)}".`,
      hint: names.length === 0 ? "It waits for no signal." : `It waits for: ${names.join(", ")}.`,
    });
  mustAnswer(state, signal);
  if (JSON.stringify(signal.value ?? null).length > largestValue)
    throw new OpsError("usage", {
      summary: `The value is larger than ${largestValue} characters.`,
      hint: "Send a reference to it instead.",
    });
  await parts.journal.note(state.run, { type: "signal.received", ...signal });
  return foldRun(await parts.journal.read(state.run)) ?? state;
}

/** Names that would be heard: waits that are still to be answered, and watches that hold and ask. */
function signalsOf({ steps, signals }: RunState): readonly string[] {
  const heard = new Set(signals.map(({ signal }) => signal));
  return steps.flatMap((step) => {
    if (step.kind === "wait" && (step.state === "next" || step.state === "waiting"))
      return heard.has(step.action) ? [] : [step.action];
    const asks = step.kind === "watch" && step.state === "waiting" && !heard.has(step.key);
    return asks ? [step.key] : [];
  });
}

/** A watch that holds understands two words; anything else must not be taken for either. */
function mustAnswer({ steps, run }: RunState, { signal, value, text }: Signal) {
  if (!steps.some((step) => step.kind === "watch" && step.key === signal)) return;
  const word = value ?? text;
  if (word === "go-on" || word === "undo") return;
  throw new OpsError("usage", {
    summary: `The watch at step ${signal} waits for "go-on" or "undo".`,
    hint: `ops signal ${run} ${signal} --value '"go-on"'`,
  });
}
