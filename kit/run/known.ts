import { contentHash } from "../content.ts";
import type { EngineParts } from "../engine.ts";
import { OpsError } from "../errors.ts";
import { foldRun, type RunState } from "../fold.ts";
import type { Journal } from "../journal.ts";
import type { Runbook } from "../runbook.ts";

/** The state of a run, from its journal; throws `run-unknown`, and `journal-corrupt` when its chain does not hold. */
export async function mustExist(journal: Journal, run: string): Promise<RunState> {
  const state = foldRun(await journal.read(run));
  if (state === undefined)
    throw new OpsError("run-unknown", { summary: `There is no run ${run}.`, hint: 'See "ops runs".' });
  await mustBeIntact(journal, run);
  return state;
}

/** Throws `journal-corrupt`, naming the entry, when a run's chain does not hold. */
export async function mustBeIntact(journal: Journal, run: string): Promise<void> {
  const chain = await journal.verify(run);
  if (chain.intact) return;
  throw new OpsError("journal-corrupt", {
    summary: `The record of ${run} was altered: entry ${chain.seq}, ${chain.why}.`,
    hint: `Nothing will run from it. Keep the file, look with "ops timeline ${run}", and start a new run.`,
  });
}

/** Throws `usage` for a run of another environment. */
export function mustBeHere(parts: EngineParts, state: RunState) {
  if (state.environment["name"] === parts.environment.name) return;
  throw new OpsError("usage", {
    summary: `${state.run} belongs to ${state.environment["name"] ?? "another environment"}, not to ${parts.environment.name}.`,
    hint: `Add --env ${state.environment["name"] ?? "NAME"}.`,
  });
}

/** Whether the runbook is here, as it was when the run began. */
export function isKnown(parts: EngineParts, state: RunState): boolean {
  const runbook = parts.runbooks.find((known) => known.id === state.runbook);
  return runbook !== undefined && contentHash(runbook) === state.content;
}

/** The runbook, as it was when the run began; throws `runbook-unknown` and `plan-altered`. */
export function mustKnow(parts: EngineParts, state: RunState): Runbook {
  const runbook = parts.runbooks.find((known) => known.id === state.runbook);
  if (runbook === undefined)
    throw (
      parts.absent?.(state.runbook, state.dir) ??
      new OpsError("runbook-unknown", {
        summary: `${state.run} needs the runbook ${state.runbook}, which is not here.`,
        hint: 'See "ops list".',
      })
    );
  if (contentHash(runbook) !== state.content)
    throw new OpsError("plan-altered", {
      summary: `${state.runbook} was edited after ${state.run} began, so what was shown is not what would run.`,
      hint: `Start again: ops run ${state.runbook}`,
    });
  return runbook;
}

const resumable = new Set(["not-verified", "step-failed", "unknown", "interrupted"]);

/** What ended half-way can go on; so can what a guard or silence stopped after its first act. */
export function isResumable({ ended, steps }: RunState): boolean {
  if (ended === undefined || resumable.has(ended.outcome)) return true;
  const begun = steps.some((step) => step.attempts > 0) && steps.some((step) => step.state !== "done");
  return begun && (ended.outcome === "guarded" || ended.outcome === "escalated");
}

/** Throws `run-over` for what cannot go on. */
export function refuseWhenOver(state: RunState) {
  if (state.ended === undefined || isResumable(state)) return;
  throw new OpsError("run-over", {
    summary: `${state.run} is over: ${state.ended.verdict}`,
    hint: `Start again if it is needed: ops run ${state.runbook}`,
  });
}
