import type { LockRow } from "../journal.ts";
import { opsCommand } from "./command.ts";
import { paint } from "./palette.ts";
import type { Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { tsv } from "./table.ts";
import { ago, clockTime, dayOf } from "./times.ts";
import { clean, hang } from "./width.ts";

/** Who holds what, since when and why; a lock whose holder is gone says so, and what can be done about it. */
export function renderLocks(screen: Screen, locks: readonly LockRow[], now: Date): readonly string[] {
  if (locks.length === 0) return hang(screen, mark(screen, "done"), "No lock is held.");
  return locks.flatMap((lock) => [
    ...hang(
      screen,
      mark(screen, shapes[lock.state]),
      `${lockSentence(lock, now)}; ${lock.kind}, owner ${clean(lock.owner, 80)}, fence ${lock.fence}`,
    ),
    ...commands(screen, lock).map((command) => `  ${paint(screen, "command", command)}`),
  ]);
}

const shapes = { held: "running", kept: "waiting", over: "stale" } as const;

/** One lock in one sentence: what, whose, why, since when, and for how long or why not any more. */
export function lockSentence(lock: LockRow, now: Date): string {
  const held = `${clean(lock.lock, 80)}: ${clean(lock.run, 60)} (${clean(lock.reason, 120)}), since ${clockTime(lock.takenAt)} UTC, ${ago(lock.takenAt, now)}`;
  return `${held}; ${lasting(lock)}`;
}

function lasting({ kind, state, owner, until, staysUntil }: LockRow): string {
  if (kind === "by-hand")
    return state === "over"
      ? `its time was over at ${moment(until)}, so the next run takes it`
      : `by hand until ${moment(until)}`;
  if (state === "held") return `renewed until ${clockTime(until)} UTC`;
  const gone = `nobody works on it: ${clean(owner, 80)} renewed it last until ${clockTime(until)} UTC`;
  return state === "kept"
    ? `${gone}; kept for a person to look at what it left, until ${moment(staysUntil)}`
    : `${gone}, so the next run takes it over`;
}

function commands(screen: Screen, { lock, run, kind, state }: LockRow): readonly string[] {
  const free = opsCommand(screen, "locks", "free", lock, "--reason", "...");
  if (kind === "by-hand") return state === "over" ? [] : [free];
  if (state === "held") return [];
  return [opsCommand(screen, "timeline", run), opsCommand(screen, "resume", run), free];
}

/** With its day, because a kept lock may end tomorrow. */
function moment(instant: string): string {
  return `${dayOf(instant)} ${clockTime(instant).slice(0, 5)} UTC`;
}

/** The same for pipes. */
export function locksTsv(locks: readonly LockRow[], withHeader: boolean): readonly string[] {
  return tsv(
    ["lock", "run", "reason", "owner", "fence", "since", "until", "state", "kind", "stays-until"],
    locks.map((lock) => [
      lock.lock,
      lock.run,
      lock.reason,
      lock.owner,
      String(lock.fence),
      lock.takenAt,
      lock.until,
      lock.state === "over" ? "stale" : lock.state,
      lock.kind,
      lock.staysUntil,
    ]),
    withHeader,
  );
}
