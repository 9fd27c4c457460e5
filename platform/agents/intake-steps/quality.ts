import { judgeQuality, type Weights } from "#rules/quality.ts";
import { type Factors, loadQualityRules } from "../../catalogue/load.ts";
import type { Company, IntakeDocument } from "../documents.ts";
import type { Read } from "./read-rows.ts";

/** Judges the quality of what was read, by the weights in rules/data_quality_rules.yaml. */
export async function judged(
  read: Read,
  { factors, sources }: Factors,
  company: Company,
  threshold: number,
): Promise<IntakeDocument["quality"]> {
  const { dimensions: rules } = await loadQualityRules();
  const weights: Weights = {
    completeness: rules.completeness.weight,
    accuracy: rules.accuracy.weight,
    consistency: rules.consistency.weight,
    timeliness: rules.timeliness.weight,
    validity: rules.validity.weight,
  };
  const sourceOf = new Map(factors.map(({ id, source }) => [id, source]));
  const yearOf = new Map(sources.map(({ id, year }) => [id, year]));
  const year = Number(company.period.end.slice(0, 4));
  const timely = read.records.filter(({ factor }) => {
    const published =
      factor.kind === "own"
        ? Number(/\b(20\d{2})\b/.exec(factor.source)?.[1] ?? 0)
        : (yearOf.get(sourceOf.get(factor.id) ?? "") ?? 0);
    return Math.abs(published - year) <= 1;
  }).length;
  const of = (quality: string): number =>
    read.records.filter(({ data_quality }) => data_quality === quality).length;
  const { score, dimensions } = judgeQuality(
    {
      rows: read.total,
      valid: read.records.length,
      cells: read.cells,
      filled: read.filled,
      high: of("high"),
      medium: of("medium"),
      repeated: read.repeated,
      timely,
    },
    weights,
  );
  return { score, threshold, passed: score >= threshold, dimensions: [...dimensions] };
}

/** A remark on factors that are older or newer than the reporting year allows without a second look. */
export function outdated({ dimensions }: IntakeDocument["quality"]): readonly string[] {
  const timeliness = dimensions.find(({ name }) => name === "timeliness");
  return timeliness === undefined || timeliness.score === 100
    ? []
    : [`Only ${timeliness.because}; look for newer factors.`];
}
