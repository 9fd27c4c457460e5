import { OpsError } from "#kit/errors.ts";
import type { LockRow } from "#kit/journal.ts";
import { plainText } from "./foreign-text.ts";

/** Whose expired lease was taken over, and when it had ended. */
export type FormerHolder = Pick<LockRow, "run" | "owner" | "reason" | "takenAt" | "until">;

/** A lock as it was just taken; `tookOver` where its last holder had let the lease run out instead of giving it back. */
export type TakenLock = LockRow & { readonly tookOver?: FormerHolder };

/** `lock-held` in a store that several hosts share: the holder's run is in the journal of the holder's host, so the hint says where that is. */
export function heldElsewhere(held: LockRow): OpsError {
  const run = plainText(held.run, 80);
  return new OpsError("lock-held", {
    summary: `${held.lock} is held by ${run} (${plainText(held.reason, 120)}) since ${clock(held.takenAt)} UTC, at least until ${clock(held.until)}.`,
    hint: `It belongs to ${plainText(held.owner, 120)}; watch it there: ops timeline ${run}`,
    details: `owner ${plainText(held.owner, 120)}, fence ${held.fence}, taken ${held.takenAt}, lease until ${held.until}`,
  });
}

/** `lock-lost`, saying who has the lock now where somebody has. */
export function lostTo(lock: string, run: string, now: LockRow | undefined): OpsError {
  return new OpsError("lock-lost", {
    summary:
      now === undefined
        ? `${run} lost the lock ${lock}; somebody else may be at work.`
        : `${run} lost the lock ${lock}; ${plainText(now.run, 80)} (${plainText(now.reason, 120)}) of ${plainText(now.owner, 120)} took it at ${clock(now.takenAt)} UTC.`,
    hint: `Look before doing anything: ops timeline ${run}`,
  });
}

function clock(instant: string): string {
  return instant.slice(11, 19);
}
