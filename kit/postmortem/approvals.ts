import type { RunState } from "../fold.ts";
import { samePerson } from "../identity.ts";

/** The approvals that count under the plan's policy: one per person, the requester's only where it may. */
export function countingApprovals(state: RunState): RunState["approvals"] {
  const counting: RunState["approvals"][number][] = [];
  for (const approval of state.approvals) {
    const own = samePerson(approval.by, state.askedBy);
    if (own && state.need?.requesterMay === false) continue;
    if (!counting.some(({ by }) => samePerson(by, approval.by))) counting.push(approval);
  }
  return counting;
}
