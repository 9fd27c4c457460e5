import { OpsError } from "#kit/errors.ts";
import type { FormerHolder, LockRow } from "#kit/journal.ts";
import { lockHeld } from "#kit/lock-held.ts";
import { plainText } from "./foreign-text.ts";

/** `lock-held`, with everything that others wrote into the lock made plain. */
export function heldElsewhere(held: LockRow): OpsError {
  const { lock, run, owner, reason } = held;
  return lockHeld({
    ...held,
    lock: plainText(lock, 120),
    run: plainText(run, 80),
    owner: plainText(owner, 120),
    reason: plainText(reason, 120),
  });
}

/** `lock-lost`, saying who has the lock now where somebody has. */
export function lostTo(lock: string, run: string, now: LockRow | undefined): OpsError {
  return new OpsError("lock-lost", {
    summary:
      now === undefined || now.run === run
        ? `${run} lost the lock ${lock}; somebody else may be at work.`
        : `${run} lost the lock ${lock}; ${plainText(now.run, 80)} (${plainText(now.reason, 120)}) of ${plainText(now.owner, 120)} took it at ${now.takenAt.slice(11, 19)} UTC.`,
    hint: `Look before doing anything: ops timeline ${run}`,
  });
}

/** Who lost a lock to `taker` by letting its lease run out; undefined where nobody did. */
export function formerOf(before: LockRow | undefined, taker: string): FormerHolder | undefined {
  if (before === undefined || before.run === taker) return undefined;
  const { run, owner, reason, takenAt, until } = before;
  return { run, owner, reason, takenAt, until };
}
