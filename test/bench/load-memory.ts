import { rank } from "#platform/probe/figures.ts";

/** One look at a process. */
export type Look = { readonly atMs: number; readonly rssMb: number };

/** How the memory of one process moved after it had warmed up. */
export type Moved = {
  readonly name: string;
  readonly medianMb: number;
  readonly slopeMbPerMin: number;
  /** The slope over the whole of what was judged. */
  readonly riseMb: number;
  readonly flat: boolean;
};

/** What may be called flat: so much by the slope over the time that was judged, in MB, or in parts of the median, whichever is more. */
export const tolerance = { mb: 16, share: 0.08 } as const;

/** Judges the second half of what was seen; in the first half caches fill and the heap finds its size. */
export function judgeMemory(name: string, looks: readonly Look[]): Moved {
  const half = looks.slice(Math.floor(looks.length / 2));
  const [first, last] = [half.at(0), half.at(-1)];
  const medianMb = rank(
    half.map(({ rssMb }) => rssMb),
    0.5,
  );
  if (first === undefined || last === undefined || half.length < 5)
    return { name, medianMb, slopeMbPerMin: Number.NaN, riseMb: Number.NaN, flat: false };
  const mean = (of: readonly number[]): number => of.reduce((sum, one) => sum + one, 0) / of.length;
  const [x, y] = [mean(half.map(({ atMs }) => atMs)), mean(half.map(({ rssMb }) => rssMb))];
  const over = half.reduce((sum, { atMs, rssMb }) => sum + (atMs - x) * (rssMb - y), 0);
  const perMs = over / half.reduce((sum, { atMs }) => sum + (atMs - x) ** 2, 0);
  const riseMb = perMs * (last.atMs - first.atMs);
  return {
    name,
    medianMb,
    slopeMbPerMin: perMs * 60_000,
    riseMb,
    flat: riseMb <= Math.max(tolerance.mb, tolerance.share * medianMb),
  };
}
