import { judgeClock, type Outcome } from "#kit/readiness.ts";
import type { Heard } from "./http-clock.ts";

/** What an answer means: that there is one, and what its clock says. `of` is what was asked for: a clock, or any answer. */
export function judgeHeard({ status, tookMs, aheadMs, errorMs }: Heard, of: "clock" | "answer"): Outcome {
  const answers = `answers ${status} in ${tookMs} ms`;
  if (aheadMs === undefined)
    return of === "answer"
      ? { state: "ready", says: answers }
      : { state: "unknown", says: `${answers}, without the time` };
  const clock = judgeClock(aheadMs, errorMs);
  return of === "clock" ? clock : { ...clock, says: `${answers}; its clock is ${clock.says}` };
}
