/** The least and the greatest few figures of a group, each with its row. */
const extremes = 5;
const sampleSize = 512;

/** Figures that may be compared with one another: one concept, one breakdown. A sample of them is kept, chosen the same way in every run. */
export class Group {
  /** Tells it apart from every other group of the run. */
  readonly id: number;
  count = 0;
  /** The first row of the reporting period. */
  firstRow = 0;
  readonly sample: number[] = [];
  readonly least: { value: number; row: number }[] = [];
  readonly greatest: { value: number; row: number }[] = [];
  /** What the figures of each year add up to: 0 is the reporting period, 1 the year before. */
  readonly sums: number[] = [];
  #random = 0x9e3779b9;

  constructor(id: number) {
    this.id = id;
  }

  /** Notes a figure of the reporting period, or of a year before it. */
  note(value: number, row: number, yearsBack: number): void {
    this.sums[yearsBack] = (this.sums[yearsBack] ?? 0) + value;
    if (yearsBack > 0) return;
    if (this.count === 0) this.firstRow = row;
    this.count += 1;
    if (this.sample.length < sampleSize) this.sample.push(value);
    else {
      this.#random ^= this.#random << 13;
      this.#random ^= this.#random >>> 17;
      this.#random ^= this.#random << 5;
      const at = (this.#random >>> 0) % this.count;
      if (at < sampleSize) this.sample[at] = value;
    }
    if (this.greatest.length < extremes || value > (this.greatest[0]?.value ?? 0)) {
      this.greatest.push({ value, row });
      this.greatest.sort((a, b) => a.value - b.value);
      if (this.greatest.length > extremes) this.greatest.shift();
    }
    if (this.least.length < extremes || value < (this.least[0]?.value ?? 0)) {
      this.least.push({ value, row });
      this.least.sort((a, b) => b.value - a.value);
      if (this.least.length > extremes) this.least.shift();
    }
  }
}

/** When a figure stands out: at least so many rows to compare with, so far from the median in robust deviations, and so many times larger or smaller. */
export type OutlierRule = { readonly least_rows: number; readonly robust_z: number; readonly times: number };

/** A figure that stands out of its group, and the group's median. */
export type Outlier = { readonly row: number; readonly value: number; readonly median: number };

/** Figures far from the median of their group, on a logarithmic scale, so that a thousandfold slip shows in both directions. Pure. */
export function outliersOf(
  group: Pick<Group, "count" | "sample" | "least" | "greatest">,
  { least_rows, robust_z, times }: OutlierRule,
): readonly Outlier[] {
  const logs = group.sample.filter((value) => value > 0).map((value) => Math.log10(value));
  if (group.count < least_rows || logs.length < least_rows) return [];
  const middle = medianOf(logs);
  // 1.4826 turns the median deviation into a standard deviation where the figures are normally spread.
  const deviation = 1.4826 * medianOf(logs.map((value) => Math.abs(value - middle)));
  const far = Math.log10(times);
  const rows = new Map([...group.least, ...group.greatest].map((entry) => [entry.row, entry]));
  return [...rows.values()]
    .filter(({ value }) => {
      if (value <= 0) return false;
      const distance = Math.abs(Math.log10(value) - middle);
      return distance >= far && distance > robust_z * deviation;
    })
    .map(({ row, value }) => ({ row, value, median: 10 ** middle }))
    .toSorted((a, b) => a.row - b.row);
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[half] ?? 0) : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
}
