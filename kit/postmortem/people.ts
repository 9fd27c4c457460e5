import type { Identity } from "../identity.ts";
import { shortDigest } from "../plan.ts";
import type { JournalEntry, RunEvent } from "../timeline.ts";

/** What one person did in a run, in order. */
export type Person = {
  readonly name: string;
  readonly host: string;
  /** The doors they came through: terminal, slack. */
  readonly via: readonly string[];
  readonly did: readonly { readonly at: string; readonly what: string }[];
};

/** Everybody whom the record names as having done something, in order of appearance. */
export function peopleOf(entries: readonly JournalEntry[]): readonly Person[] {
  const people = new Map<string, Person>();
  for (const { event, at } of entries) {
    const deed = deedOf(event);
    if (deed === undefined) continue;
    const { name, host, via } = deed.by;
    const key = JSON.stringify([name, host]);
    const known = people.get(key) ?? { name, host, via: [], did: [] };
    people.set(key, {
      ...known,
      via: known.via.includes(via) ? known.via : [...known.via, via],
      did: [...known.did, { at, what: deed.what }],
    });
  }
  return [...people.values()];
}

function deedOf(event: RunEvent): { readonly by: Identity; readonly what: string } | undefined {
  switch (event.type) {
    case "run.asked":
      return {
        by: event.by,
        what: `asked for ${event.title}${event.reason === undefined ? "" : `: ${event.reason}`}`,
      };
    case "approval.given":
      return {
        by: event.by,
        what: `approved plan ${shortDigest(event.digest)}${event.lookedAgain === "same" ? ", after it was looked at again" : ""}`,
      };
    case "approval.refused":
      return { by: event.by, what: `refused plan ${shortDigest(event.digest)}: ${event.reason}` };
    case "approval.revoked":
      return {
        by: event.by,
        what: `took the approval of plan ${shortDigest(event.digest)} back: ${event.reason}`,
      };
    case "glass.broken":
      return { by: event.by, what: `broke the glass, skipping ${event.skips.join(", ")}: ${event.reason}` };
    case "review.done":
      return { by: event.by, what: `reviewed what was done behind the broken glass: ${event.text}` };
    case "run.resumed":
      return { by: event.by, what: "took the run up again" };
    case "signal.received":
      return {
        by: event.by,
        what: `reported "${event.signal}"${event.text === undefined ? "" : `: ${event.text}`}`,
      };
    case "lock.freed":
      return { by: event.by, what: `gave the lock ${event.lock} back: ${event.reason}` };
    case "undo.asked":
      return event.because === undefined
        ? { by: event.by, what: "asked for what was done to be taken back" }
        : undefined;
    case "note.added":
      return { by: event.by, what: "added a note" };
    case "refused":
      return { by: event.by, what: `tried ${event.tried} and was refused: ${event.fault.summary}` };
    case "round.started":
    case "handed.over":
    case "child.ended":
    case "look.started":
    case "probe.answered":
    case "run.decided":
    case "plan.made":
    case "approval.asked":
    case "approval.expired":
    case "approval.escalated":
    case "lock.taken":
    case "lock.released":
    case "lock.lost":
    case "lock.kept":
    case "lock.missing":
    case "plan.checked":
    case "step.started":
    case "step.saw":
    case "step.done":
    case "step.skipped":
    case "watch.sampled":
    case "watch.judged":
    case "during.sampled":
    case "step.failed":
    case "step.interrupted":
    case "step.settled":
    case "vital.sampled":
    case "verify.started":
    case "verify.sampled":
    case "verify.held":
    case "verify.failed":
    case "run.interrupted":
    case "run.ended":
      return undefined;
  }
}
