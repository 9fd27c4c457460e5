import { formatMs } from "../duration.ts";
import { OpsError } from "../errors.ts";
import { foldRun } from "../fold.ts";
import { samePerson, type Identity } from "../identity.ts";
import { opsStream, type Journal, type LockRow, type LockStore } from "../journal.ts";

/** What a person's hand on a lock needs. */
export type LockDesk = {
  readonly journal: Journal;
  readonly locks: LockStore;
  readonly environment: { readonly name: string; readonly approvers: readonly string[] };
};

const longestHold = 7 * 24 * 3_600_000;

/** The held lock of that name, with or without the environment before it; throws `usage` when none is. */
export async function heldLock({ locks, environment }: LockDesk, name: string): Promise<LockRow> {
  const full = fullName(environment.name, name);
  const row = (await locks.locks()).find((lock) => lock.lock === full);
  if (row !== undefined) return row;
  throw new OpsError("usage", {
    summary: `No lock ${full.slice(0, 120)} is held.`,
    hint: "See: ops locks",
  });
}

/**
 * Gives a lock back that nobody renews: kept, over, or held by hand; for those who may approve here, who asked for its run, or who hold
 * it by hand. Written down in that run's record. Throws `guard-refused` while somebody works under it or when it changed meanwhile, and
 * `approval-forbidden`.
 */
export async function freeLock(desk: LockDesk, row: LockRow, by: Identity, reason: string): Promise<void> {
  if (row.state === "held" && row.kind !== "by-hand")
    throw new OpsError("guard-refused", {
      summary: `${row.run} works under ${row.lock} right now: its owner ${row.owner} renewed it until ${row.until.slice(11, 19)} UTC.`,
      hint: `Stop it where it runs (Ctrl-C), or wait: a holder that is gone loses it then. Watch it: ops timeline ${row.run}`,
    });
  const state = foldRun(await desk.journal.read(row.run));
  const { approvers, name } = desk.environment;
  const isTheirs = row.run === handOf(by) || (state !== undefined && samePerson(by, state.askedBy));
  if (!isTheirs && !approvers.includes(by.name))
    throw new OpsError("approval-forbidden", {
      summary: `${by.name} neither holds ${row.lock}, nor asked for ${row.run}, nor may approve in ${name}.`,
      hint: `${[...(state === undefined ? [] : [state.askedBy.name]), ...approvers].join(" or ") || "Nobody here"} can.`,
    });
  const released = await desk.locks.releaseLock(row.lock, row.run, row.fence);
  // An answer that was lost on its way is repeated and finds it free; only a lock that is held by now was not given back.
  const now = released ? undefined : (await desk.locks.locks()).find(({ lock }) => lock === row.lock);
  if (now !== undefined)
    throw new OpsError("guard-refused", {
      summary: `${row.lock} changed hands meanwhile: ${now.run} holds it with fence ${now.fence}.`,
      hint: "Nothing was changed. Look again: ops locks",
    });
  await desk.journal.note(state === undefined ? opsStream : row.run, {
    type: "lock.freed",
    lock: row.lock,
    by,
    reason,
  });
}

/**
 * Holds a lock for a person, with no run: a change by hand, a freeze. Written down in the stream of what belongs to no run; taking it
 * again extends it. Throws `lock-held`, and `usage` for a time of more than seven days.
 */
export async function takeByHand(
  { journal, locks, environment }: LockDesk,
  name: string,
  by: Identity,
  reason: string,
  forMs: number,
): Promise<LockRow> {
  if (forMs <= 0 || forMs > longestHold)
    throw new OpsError("usage", {
      summary: `A lock is held by hand for at most ${formatMs(longestHold)}.`,
      hint: "Take it again before it ends.",
    });
  const holder = { run: handOf(by), owner: `${by.name} on ${by.host}`, reason, kind: "by-hand" } as const;
  const row = await locks.takeLock(fullName(environment.name, name), holder, forMs);
  await journal.note(opsStream, {
    type: "note.added",
    by,
    text: `holds ${row.lock} by hand until ${row.until}, fence ${row.fence}: ${reason}`,
  });
  return row;
}

function handOf(by: Identity): string {
  return `by-hand:${by.name}`;
}

/** Locks belong to an environment; another's are not ours to touch. */
function fullName(environment: string, name: string): string {
  return name.startsWith(`${environment}/`) ? name : `${environment}/${name}`;
}
