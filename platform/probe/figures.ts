/** What many measured values come to; a rank that the values are too few for is undefined, never guessed. */
export type Spread = {
  readonly count: number;
  readonly min: number;
  readonly median: number;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
  readonly max: number;
};

/** The value at a rank between 0 and 1, by nearest rank: always one that was measured. NaN for none. */
export function rank(values: readonly number[], at: number): number {
  const ordered = values.toSorted((a, b) => a - b);
  return ordered[Math.min(ordered.length - 1, Math.max(0, Math.ceil(at * ordered.length) - 1))] ?? Number.NaN;
}

/** Sums values up. p95 takes 20 values, p99 takes 100: with fewer, the rank is the largest value under another name. */
export function spread(values: readonly number[]): Spread {
  const count = values.length;
  return {
    count,
    min: rank(values, 0),
    median: rank(values, 0.5),
    p95: count < 20 ? undefined : rank(values, 0.95),
    p99: count < 100 ? undefined : rank(values, 0.99),
    max: rank(values, 1),
  };
}

/** Values that are at the same distance in time, as a chart of `rows` lines with the scale at the left; `ascii` draws it without blocks. */
export function chart(
  values: readonly number[],
  size: { readonly columns: number; readonly rows: number; readonly ascii: boolean },
): readonly string[] {
  const { rows, ascii } = size;
  const most = Math.max(0, ...values);
  if (most === 0) return [];
  const width = String(most).length;
  const columns = Math.max(1, Math.min(size.columns - width - 2, values.length));
  // The highest of what falls together: a peak must not vanish between two columns.
  const heights = Array.from({ length: columns }, (_, column) => {
    const [from, to] = [column, column + 1].map((edge) => Math.floor((edge * values.length) / columns));
    return (Math.max(...values.slice(from, Math.max((from ?? 0) + 1, to ?? 0))) / most) * rows;
  });
  const parts = ascii ? " .:#" : " ▁▂▃▄▅▆▇█";
  return Array.from({ length: rows }, (_, line) => {
    const floor = rows - 1 - line;
    const bars = heights
      .map((height) => parts[Math.round(Math.max(0, Math.min(1, height - floor)) * (parts.length - 1))])
      .join("")
      .trimEnd();
    const scale = line === 0 ? String(most) : line === rows - 1 ? "0" : "";
    return `${scale.padStart(width)} ${ascii ? "|" : "▏"}${bars}`;
  });
}
