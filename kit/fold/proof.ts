import type { RunEvent } from "../timeline.ts";
import type { Change, RunState, VitalState } from "./state.ts";

type Told = Extract<
  RunEvent,
  {
    readonly type:
      | "during.sampled"
      | "vital.sampled"
      | "verify.started"
      | "verify.sampled"
      | "verify.held"
      | "verify.failed";
  }
>;

/** Vital signs, checks beside the work, and the proof of the cure. */
export function proofChange(state: RunState, event: Told, at: string): Change {
  switch (event.type) {
    case "during.sampled": {
      const { check, title, health } = event;
      const others = state.during.filter((known) => known.check !== check);
      return { during: [...others, { check, title, health }] };
    }
    case "vital.sampled":
      return {
        vitals: state.vitals.map((vital) => (vital.label === event.label ? sampled(vital, event) : vital)),
      };
    case "verify.started":
      return {
        phase: "verifying",
        verify: {
          startedAt: at,
          withinMs: event.withinMs,
          steadyMs: event.steadyMs,
          checks: event.checks,
          state: "running",
        },
      };
    case "verify.sampled":
      return state.verify === undefined
        ? {}
        : {
            verify: {
              ...state.verify,
              checks: state.verify.checks.map((check) =>
                check.id === event.check ? { ...check, health: event.health } : check,
              ),
            },
          };
    case "verify.held":
      return state.verify === undefined ? {} : { verify: { ...state.verify, state: "held", endedAt: at } };
    case "verify.failed":
      return state.verify === undefined ? {} : { verify: { ...state.verify, state: "failed", endedAt: at } };
  }
}

const keptSamples = 24;

function sampled(
  vital: VitalState,
  sample: { readonly value: number; readonly of?: number; readonly floor?: number; readonly unit?: string },
): VitalState {
  const { value, of, floor, unit } = sample;
  return {
    ...vital,
    values: [...vital.values.slice(-(keptSamples - 1)), value],
    ...(of === undefined ? {} : { of }),
    ...(floor === undefined ? {} : { floor }),
    ...(unit === undefined ? {} : { unit }),
  };
}
