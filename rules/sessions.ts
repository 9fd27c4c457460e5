import type { Session } from "#kit/ports.ts";

/** Most sessions that one run ends, unless it is asked for another number; PG-02 of the field notes. */
export const mostEnded = 10;

/** Sessions of one application that are stuck, oldest first, and how many it has in all. */
export type StuckApplication = {
  readonly application: string;
  readonly stuck: readonly Session[];
  readonly of: number;
};

/** Sessions that hold a transaction open and have done nothing in it for `seconds`, whether or not they may be ended. */
export function stuckSessions(sessions: readonly Session[], seconds: number): readonly Session[] {
  return sessions.filter((one) => one.state === "idle in transaction" && one.stateFor >= seconds);
}

/** Stuck sessions that others wait for, directly or behind somebody else, with the number of those who wait; most waiters first. */
export function blockers(
  sessions: readonly Session[],
  seconds: number,
): readonly { readonly session: Session; readonly waiters: number }[] {
  const byPid = new Map(sessions.map((one) => [one.pid, one]));
  const waitersOf = new Map<number, number>();
  for (const session of sessions)
    for (const root of rootsOf(session, byPid)) waitersOf.set(root, (waitersOf.get(root) ?? 0) + 1);
  return stuckSessions(sessions, seconds)
    .map((session) => ({ session, waiters: waitersOf.get(session.pid) ?? 0 }))
    .filter(({ waiters }) => waiters > 0)
    .toSorted((a, b) => b.waiters - a.waiters || b.session.stateFor - a.session.stateFor);
}

/**
 * Which stuck sessions to end: those that others wait for first, then the oldest; of one application at most half of its sessions, or one;
 * at most `most` in all; a protected one never. Pure, so that it can be proven by trying it on every made-up world.
 */
export function chooseStuck(
  sessions: readonly Session[],
  { seconds, most }: { readonly seconds: number; readonly most: number },
): readonly StuckApplication[] {
  const waiters = new Map(blockers(sessions, seconds).map((one) => [one.session, one.waiters]));
  const candidates = stuckSessions(sessions, seconds)
    .filter((one) => one.protected === undefined)
    .toSorted(
      (a, b) => (waiters.get(b) ?? 0) - (waiters.get(a) ?? 0) || b.stateFor - a.stateFor || a.pid - b.pid,
    );
  const chosen = new Map<string, Session[]>();
  let left = most;
  for (const session of candidates) {
    const own = chosen.get(session.application) ?? [];
    if (left === 0 || own.length >= halfOf(sessions, session.application)) continue;
    chosen.set(session.application, [...own, session]);
    left -= 1;
  }
  return [...chosen].map(([application, stuck]) => ({
    application,
    stuck,
    of: countOf(sessions, application),
  }));
}

/** Applications by the number of their sessions, most first. */
export function applications(
  sessions: readonly Session[],
): readonly { readonly application: string; readonly sessions: number }[] {
  return [...new Set(sessions.map((one) => one.application))]
    .map((application) => ({ application, sessions: countOf(sessions, application) }))
    .toSorted((a, b) => b.sessions - a.sessions || a.application.localeCompare(b.application));
}

function halfOf(sessions: readonly Session[], application: string): number {
  return Math.max(1, Math.floor(countOf(sessions, application) / 2));
}

function countOf(sessions: readonly Session[], application: string): number {
  return sessions.filter((one) => one.application === application).length;
}

/** Who is at the head of the queue in which this session stands; itself excluded, circles left to the server's deadlock detector. */
function rootsOf(session: Session, byPid: ReadonlyMap<number, Session>): ReadonlySet<number> {
  const roots = new Set<number>();
  const seen = new Set<number>([session.pid]);
  const walk = (from: Session): void => {
    for (const pid of from.blockedBy) {
      if (seen.has(pid)) continue;
      seen.add(pid);
      const holder = byPid.get(pid);
      if (holder === undefined || holder.blockedBy.length === 0) roots.add(pid);
      else walk(holder);
    }
  };
  walk(session);
  return roots;
}
