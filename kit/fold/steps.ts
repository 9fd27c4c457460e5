import type { RunEvent } from "../timeline.ts";
import type { Change, RunState, StepState } from "./state.ts";

type Told = Extract<
  RunEvent,
  {
    readonly type:
      | "watch.sampled"
      | "watch.judged"
      | "step.skipped"
      | "step.started"
      | "step.saw"
      | "step.done"
      | "step.failed"
      | "step.interrupted"
      | "step.settled"
      | "undo.asked";
  }
>;

/** Steps, watches and the way back. */
export function stepChange(state: RunState, event: Told, at: string): Change {
  switch (event.type) {
    case "watch.sampled":
      return {
        steps: changeStep(state, event.key, (old) => ({
          ...old,
          samples: [...(old.samples ?? []), event.sample],
          lastSaw: event.says,
        })),
      };
    case "watch.judged":
      return {
        steps: changeStep(state, event.key, (old) => ({
          ...old,
          judged: { verdict: event.verdict, because: event.because },
          ...(event.verdict === "inconclusive" ? { state: "waiting" as const } : {}),
        })),
      };
    case "step.skipped":
      return {
        steps: changeStep(state, event.key, (old) => ({
          ...old,
          state: "skipped",
          endedAt: at,
          lastSaw: event.because,
        })),
      };
    case "step.started":
      return {
        phase: "acting",
        steps: changeStep(state, event.key, (old) => ({
          ...withoutFault(old),
          state: old.kind === "wait" ? "waiting" : "running",
          startedAt: at,
          before: event.before,
          attempts: event.attempt,
          ...(event.input === undefined ? {} : { filled: event.input }),
        })),
      };
    case "step.saw":
      return { steps: changeStep(state, event.key, (old) => ({ ...old, lastSaw: event.saw })) };
    case "step.done": {
      const steps = changeStep(state, event.key, (old) => ({
        ...old,
        state: "done",
        endedAt: at,
        effect: event.effect,
        tookMs: event.tookMs,
        place: nextPlace(state),
        ...(event.result === undefined ? {} : { result: event.result }),
      }));
      return {
        steps: takenBack(steps, event.key, steps),
        earlier: takenBack(state.earlier, event.key, steps),
      };
    }
    case "step.failed":
      return {
        steps: changeStep(state, event.key, (old) => ({
          ...old,
          state: "failed",
          endedAt: at,
          fault: event.fault,
          lastSaw: event.lastSaw,
          tookMs: event.tookMs,
          place: nextPlace(state),
          ...(event.acted === undefined ? {} : { acted: event.acted }),
        })),
      };
    case "step.interrupted":
      return {
        steps: changeStep(state, event.key, (old) => ({
          ...old,
          state: "unknown",
          endedAt: at,
          lastSaw: event.why,
        })),
      };
    case "step.settled":
      return {
        steps: changeStep(state, event.key, (old) => {
          if (event.outcome === "done")
            return { ...old, state: "done", endedAt: at, effect: event.because, place: nextPlace(state) };
          return { ...old, state: event.outcome === "unknown" ? "unknown" : "next", lastSaw: event.because };
        }),
      };
    case "undo.asked":
      return {
        phase: "acting",
        steps: [
          // An undo that was not finished is asked anew; what it did take back stays.
          ...state.steps
            .filter((old) => old.undoes === undefined || old.state === "done")
            .map((old): StepState => (old.state === "next" ? { ...old, state: "skipped" } : old)),
          ...event.steps.map((planned): StepState => ({ ...planned, state: "next", attempts: 0 })),
        ],
      };
  }
}

/** One more than everything that ended before it. */
function nextPlace({ earlier, steps }: RunState): number {
  return 1 + Math.max(0, ...[...earlier, ...steps].map((step) => step.place ?? 0));
}

/** A finished undo step takes its original with it. */
function takenBack(
  steps: readonly StepState[],
  key: string,
  all: readonly StepState[],
): readonly StepState[] {
  const original = all.find((step) => step.key === key)?.undoes;
  return original === undefined
    ? steps
    : steps.map((step) => (step.key === original ? { ...step, state: "undone" } : step));
}

function withoutFault(step: StepState): StepState {
  const { fault: _, endedAt: __, tookMs: ___, ...rest } = step;
  return rest;
}

function changeStep(state: RunState, key: string, to: (old: StepState) => StepState): readonly StepState[] {
  return state.steps.map((old) => (old.key === key ? to(old) : old));
}
