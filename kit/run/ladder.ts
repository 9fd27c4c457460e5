import { formatMs } from "../duration.ts";
import type { RunState } from "../fold.ts";
import type { ApprovalNeed } from "../timeline.ts";

/** The rungs that can answer: without the person who asked where they may not approve, nobody asked twice, no empty rung. */
function rungsOf(need: ApprovalNeed, requester: string): readonly (readonly string[])[] {
  const asked = new Set(need.requesterMay ? [] : [requester]);
  return (need.ladder?.rungs ?? []).flatMap((rung) => {
    const fresh = rung.filter((name) => !asked.has(name));
    for (const name of fresh) asked.add(name);
    return fresh.length === 0 ? [] : [fresh];
  });
}

/** Whom silence asks now: the names of the next rung once it is due, by what the journal says was asked already. */
export function nextAsked(state: RunState, now: Date): readonly string[] | undefined {
  const { need, approvalAsked, escalations, askedBy } = state;
  if (need?.ladder === undefined || approvalAsked === undefined) return undefined;
  const next = escalations.length + 1;
  const due = Date.parse(approvalAsked.at) + need.ladder.everyMs * next;
  return now.getTime() < due ? undefined : rungsOf(need, askedBy.name)[next];
}

/** Whom the question goes to, and when to whom else: "omar; after 2 min ana; after 4 min lena". Empty where nobody is on call. */
export function askedText(need: ApprovalNeed, requester: string): string {
  const every = need.ladder?.everyMs ?? 0;
  return rungsOf(need, requester)
    .map((rung, index) => `${index === 0 ? "" : `after ${formatMs(every * index)} `}${rung.join(" and ")}`)
    .join("; ");
}
