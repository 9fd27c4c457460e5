import type { RunEvent } from "../timeline.ts";
import { clockTime } from "./times.ts";
import { clean } from "./width.ts";

/** From whom a lock was taken over, and why it could be: "r-1a2b's owner desk:412 stopped renewing, its lease ended at 03:14:20; fence 7 → 8". Undefined for a lock that was free. */
export function takenOver({ tookOver, fence }: RunEvent & { type: "lock.taken" }): string | undefined {
  if (tookOver === undefined) return undefined;
  return `${clean(tookOver.run, 40)}'s owner ${clean(tookOver.owner, 80)} stopped renewing, its lease ended at ${clockTime(tookOver.until)}; fence ${fence - 1} → ${fence}`;
}

/** Who resumed a run, and whose lease had run out, where one had. */
export function resumedBy({ by, tookOver, fence }: RunEvent & { type: "run.resumed" }): string {
  const from =
    tookOver === undefined
      ? ""
      : `; its owner ${clean(tookOver.owner, 80)} stopped renewing, its lease ended at ${clockTime(tookOver.until)}; fence ${fence - 1} → ${fence}`;
  return `by ${clean(by.name, 60)}${from}`;
}
