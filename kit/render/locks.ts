import type { LockRow } from "../journal.ts";
import type { Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { tsv } from "./table.ts";
import { ago, clockTime } from "./times.ts";
import { clean, hang } from "./width.ts";

/** True when the lease has passed: nobody renews it any more, and the next run that needs the lock takes it over. */
function isOver(lock: LockRow, now: Date): boolean {
  return Date.parse(lock.until) <= now.getTime();
}

/** Who holds what, since when and why; a lock whose holder is gone says so. */
export function renderLocks(screen: Screen, locks: readonly LockRow[], now: Date): readonly string[] {
  if (locks.length === 0) return hang(screen, mark(screen, "done"), "No lock is held.");
  return locks.flatMap((lock) => {
    const over = isOver(lock, now);
    const until = over
      ? `its lease ended ${ago(lock.until, now)}, so the next run takes it over`
      : `renewed until ${clockTime(lock.until)} UTC`;
    return hang(
      screen,
      mark(screen, over ? "stale" : "running"),
      `${clean(lock.lock, 80)}: ${clean(lock.run, 40)} (${clean(lock.reason, 120)}), since ${clockTime(lock.takenAt)} UTC, ${ago(lock.takenAt, now)}; ${until}; owner ${clean(lock.owner, 80)}, fence ${lock.fence}`,
    );
  });
}

/** The same for pipes. */
export function locksTsv(locks: readonly LockRow[], withHeader: boolean, now: Date): readonly string[] {
  return tsv(
    ["lock", "run", "reason", "owner", "fence", "since", "until", "state"],
    locks.map((lock) => [
      lock.lock,
      lock.run,
      lock.reason,
      lock.owner,
      String(lock.fence),
      lock.takenAt,
      lock.until,
      isOver(lock, now) ? "stale" : "held",
    ]),
    withHeader,
  );
}
