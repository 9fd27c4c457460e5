import type { RunState } from "../fold.ts";
import type { ChainVerdict } from "../journal.ts";
import type { StepStory } from "./steps.ts";
import type { TimeSplit } from "./time.ts";

/** Something a post-mortem should say and the journal cannot know. */
export type Gap = {
  readonly what: string;
  readonly why: string;
  /** Who can fill it in. */
  readonly who: string;
};

/** What is missing, so that nobody takes silence for an answer. The first ones are in every run: no journal knows them. */
export function gapsOf(
  state: RunState,
  steps: readonly StepStory[],
  time: TimeSplit,
  chain: ChainVerdict,
): readonly Gap[] {
  const asker = `${state.askedBy.name}, who asked for the run`;
  const approver = state.approvals[0]?.by.name;
  const gaps: Gap[] = [];
  const gap = (what: string, why: string, who: string) => gaps.push({ what, why, who });

  if (!chain.intact)
    gap(
      "how entry " + chain.seq + " came to be altered",
      `the record does not verify there: ${chain.why}`,
      "whoever owns the journal's host",
    );
  if (state.planOnly) gap("what was done about it", "this run only looked and planned", asker);
  else gap("impact on customers", "not in the record", asker);
  gap("root cause", causeWhy(state), asker);
  if (!state.planOnly) gap("what helped and what hindered", "not in the record", everybody(state, approver));
  gap("actions that follow, with owner and date", "not in the record", asker);

  if (state.alert === undefined)
    gap("when it began and how long nobody noticed", "no alert is in the record", asker);
  else if (time.parts.detecting === 0)
    gap(
      "how long it took to notice",
      "the alert's time is not before the question",
      "whoever owns the alert",
    );
  if (state.ended === undefined) gap("how it ended", "the run has not ended", asker);
  for (const step of steps)
    if (step.kind === "step" && (step.state === "unknown" || step.state === "running"))
      gap(`whether "${step.title}" happened`, step.lastSaw ?? "nothing was seen of it", asker);
  for (const span of time.spans)
    if (span.kind === "unattended")
      gap(`why nobody was at work from ${clock(span.from)} to ${clock(span.to)}`, span.what, asker);
  for (const { seq, ms } of time.clockWentBack)
    gap(
      `the true time of entry ${seq}`,
      `its clock was ${ms} ms behind the entry before`,
      "whoever owns that host",
    );
  if (state.glass !== undefined && state.reviewed === undefined)
    gap(
      "the review that broken glass owes",
      "nobody has reviewed it yet",
      `somebody other than ${state.glass.by.name}`,
    );
  if (state.child !== undefined && state.child.ended === undefined)
    gap(
      `what ${state.child.run} came to`,
      "its end is not in this record",
      `ops postmortem ${state.child.run}`,
    );
  return gaps;
}

function causeWhy({ decision }: RunState): string {
  return decision === undefined
    ? "nothing was decided; the record has the findings only"
    : `the record has what was found and which rule matched (${decision.rule}), not why it came to that`;
}

function everybody(state: RunState, approver: string | undefined): string {
  return approver === undefined || approver === state.askedBy.name
    ? state.askedBy.name
    : `${state.askedBy.name} and ${approver}`;
}

function clock(at: string): string {
  return `${at.slice(11, 19)} UTC`;
}
