import { OpsError } from "./errors.ts";
import type { LockRow } from "./journal.ts";

/** `lock-held`: by whom, why, since when and for how long, and the command that helps. */
export function lockHeld(held: LockRow): OpsError {
  return new OpsError("lock-held", {
    summary: `${held.lock} is held by ${held.run} (${held.reason}) since ${clock(held.takenAt)} UTC, ${lasting(held)}.`,
    hint: hintOf(held),
    details: `${held.kind}, owner ${held.owner}, fence ${held.fence}, taken ${held.takenAt}, lease until ${held.until}, not to be taken before ${held.staysUntil}`,
  });
}

function lasting({ state, kind, until, staysUntil }: LockRow): string {
  if (kind === "by-hand") return `by hand until ${moment(until)}`;
  if (state === "kept") return `and kept until ${moment(staysUntil)} although nobody works on it`;
  return `at least until ${clock(until)}`;
}

function hintOf({ lock, run, owner, kind, state }: LockRow): string {
  if (kind === "by-hand") return `Ask ${owner}. When it is settled: ops locks free ${lock} --reason "..."`;
  if (state === "kept")
    return `Look at what it left (ops timeline ${run}), then go on with it (ops resume ${run}) or give the lock back: ops locks free ${lock} --reason "..."`;
  return `Its owner is ${owner}; watch it there: ops timeline ${run}`;
}

/** With its day, because a kept lock may end tomorrow. */
function moment(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;
}

function clock(instant: string): string {
  return instant.slice(11, 19);
}
