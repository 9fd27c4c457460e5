import type { RunEvent } from "../timeline.ts";
import type { Change, RunState } from "./state.ts";

type Told = Extract<
  RunEvent,
  {
    readonly type: "lock.taken" | "lock.released" | "lock.kept" | "lock.freed" | "lock.missing" | "lock.lost";
  }
>;

/** The lock, as it is held, lost, kept and given back. */
export function lockChange(state: RunState, event: Told): Change {
  switch (event.type) {
    case "lock.taken": {
      const { lock: name, fence, until, tookOver } = event;
      return {
        lock: { name, fence, until, held: true, ...(tookOver === undefined ? {} : { tookOver }) },
      };
    }
    case "lock.released":
      return state.lock === undefined ? {} : { lock: { ...state.lock, held: false } };
    case "lock.kept": {
      const { lock: name, fence, until, reason } = event;
      return { lock: { ...state.lock, name, fence, until, held: true, kept: { until, reason } } };
    }
    case "lock.freed":
      return state.lock === undefined ? {} : { lock: { ...state.lock, held: false } };
    case "lock.missing":
      return { lockMissing: event.reason };
    case "lock.lost":
      return state.lock === undefined ? {} : { lock: { ...state.lock, held: false, lost: event.reason } };
  }
}
