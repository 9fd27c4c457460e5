/** How long one unit's stages took, on average, over some time. */
export type UnitPace = { readonly unit: string; readonly seconds: number };

/** A unit is slow when it takes so many times as long as the others. */
const slowTimes = 3;

/**
 * The one unit that is much slower than all others of its service; undefined when there are fewer than two, or when none stands out: a service
 * that is slow as a whole is not helped by restarting one of its units.
 */
export function slowUnit(paces: readonly UnitPace[]): UnitPace | undefined {
  if (paces.length < 2) return undefined;
  const [slowest, next] = paces.toSorted((a, b) => b.seconds - a.seconds || (a.unit < b.unit ? -1 : 1));
  if (slowest === undefined || next === undefined) return undefined;
  return slowest.seconds > 0 && slowest.seconds >= slowTimes * next.seconds ? slowest : undefined;
}

/** Seconds of work of one agent per report. */
export type AgentPace = { readonly agent: string; readonly seconds: number };

/** The agent that takes more than half of the time that all of them take; undefined when none does. */
export function slowestAgent(paces: readonly AgentPace[]): AgentPace | undefined {
  const all = paces.reduce((sum, { seconds }) => sum + seconds, 0);
  return paces.find(({ seconds }) => seconds > all / 2);
}

/** Size of the files that the reports brought, in bytes. */
export type ReportSizes = { readonly typical: number; readonly recent: number };

/** True when the reports of late are so much larger than usual that their size explains the time they take. */
export function isLargeData({ typical, recent }: ReportSizes): boolean {
  return typical > 0 && recent >= slowTimes * typical;
}
