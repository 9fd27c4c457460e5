import type { RunState, ShownState } from "../fold.ts";
import type { PlannedStep } from "../plan.ts";
import type { Fault, JournalEntry, RunEvent } from "../timeline.ts";

/** One thing that happened to a step. */
type StepMoment = { readonly at: string; readonly what: string };

/** A step from its plan to its measured effect. */
export type StepStory = Pick<
  PlannedStep,
  "key" | "kind" | "action" | "title" | "risk" | "preview" | "targets" | "undoable" | "undoes" | "group"
> & {
  readonly state: ShownState;
  readonly attempts: number;
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** What was looked at before it acted, as it was recorded. */
  readonly before?: unknown;
  readonly effect?: string;
  readonly fault?: Fault;
  readonly lastSaw?: string;
  /** Time of its last attempt, as measured by who did it. */
  readonly tookMs?: number;
  readonly judged?: { readonly verdict: string; readonly because: string };
  readonly samples: number;
  /** What was seen in between, oldest first. */
  readonly moments: readonly StepMoment[];
};

/** Every step that was ever planned in this run, earlier rounds first. */
export function storiesOf(entries: readonly JournalEntry[], state: RunState): readonly StepStory[] {
  return [...state.earlier, ...state.steps].map((step): StepStory => {
    const { key, kind, action, title, risk, preview, targets, undoable, undoes, group } = step;
    const { startedAt, endedAt, before, effect, fault, lastSaw, tookMs, judged, attempts, samples } = step;
    return {
      key,
      kind,
      action,
      title,
      risk,
      preview,
      targets,
      undoable,
      state: step.state,
      attempts,
      samples: samples?.length ?? 0,
      ...(undoes === undefined ? {} : { undoes }),
      ...(group === undefined ? {} : { group }),
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(endedAt === undefined ? {} : { endedAt }),
      ...(before === undefined ? {} : { before }),
      ...(effect === undefined ? {} : { effect }),
      ...(fault === undefined ? {} : { fault }),
      ...(lastSaw === undefined ? {} : { lastSaw }),
      ...(tookMs === undefined ? {} : { tookMs }),
      ...(judged === undefined ? {} : { judged }),
      moments: entries.flatMap(({ event, at }) => momentOf(event, key, at)),
    };
  });
}

function momentOf(event: RunEvent, key: string, at: string): readonly StepMoment[] {
  if (!("key" in event) || event.key !== key) return [];
  switch (event.type) {
    case "step.started":
      return event.attempt > 1 ? [{ at, what: `attempt ${event.attempt} began` }] : [];
    case "step.saw":
      return [{ at, what: event.saw }];
    case "watch.sampled":
      return [{ at, what: event.says }];
    case "watch.judged":
      return [{ at, what: `judged ${event.verdict}: ${event.because}` }];
    case "step.interrupted":
      return [{ at, what: `not known whether it happened: ${event.why}` }];
    case "step.settled":
      return [{ at, what: `looked whether it happened: ${event.outcome}, ${event.because}` }];
    case "step.failed":
      return [{ at, what: `failed: ${event.fault.summary}` }];
    case "step.skipped":
      return [{ at, what: `skipped: ${event.because}` }];
    case "step.done":
      return [];
  }
}
