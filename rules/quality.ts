/** What was counted while reading the rows; every count is of rows or cells. */
export type QualityCounts = {
  readonly rows: number;
  readonly valid: number;
  readonly cells: number;
  readonly filled: number;
  readonly high: number;
  readonly medium: number;
  readonly repeated: number;
  readonly timely: number;
};

/** A dimension's name and its weight; the weights add up to one. */
export type Weights = Readonly<
  Record<"completeness" | "accuracy" | "consistency" | "timeliness" | "validity", number>
>;

/** One dimension's score out of 100, with the counts it rests on. */
export type QualityDimension = {
  readonly name: string;
  readonly weight: number;
  readonly score: number;
  readonly because: string;
};

/** Judges the data's quality: five dimensions and their weighted mean, one decimal, out of 100. Pure. */
export function judgeQuality(
  counts: QualityCounts,
  weights: Weights,
): { score: number; dimensions: readonly QualityDimension[] } {
  const { rows, valid, cells, filled, high, medium, repeated, timely } = counts;
  const dimensions: readonly QualityDimension[] = [
    dimension("completeness", filled, cells, `${filled} of ${cells} cells that matter are filled`),
    dimension(
      "accuracy",
      high + medium * 0.75 + (valid - high - medium) * 0.4,
      valid,
      `${high} high, ${medium} medium, ${valid - high - medium} low or unstated`,
    ),
    dimension("consistency", valid - repeated, valid, `${repeated} rows repeat another`),
    dimension(
      "timeliness",
      timely,
      valid,
      `${timely} of ${valid} rows use a factor of the reporting year or beside it`,
    ),
    dimension("validity", valid, rows, `${valid} of ${rows} rows passed every check`),
  ];
  const total = dimensions.reduce((sum, { weight, score }) => sum + weight * score, 0);
  return { score: tenth(total), dimensions };

  function dimension(name: keyof Weights, part: number, whole: number, because: string): QualityDimension {
    return { name, weight: weights[name], score: whole === 0 ? 0 : tenth((part / whole) * 100), because };
  }
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
