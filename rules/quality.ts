import { z } from "zod";

/** What is counted while reading: of rows, of cells, of figures, of series of months, of metrics that several sites state. */
export const qualityCounts = [
  "rows",
  "valid",
  "cells",
  "filled",
  "high",
  "medium",
  "sourced",
  "figures",
  "outliers",
  "out_of_range",
  "repeated",
  "doubtful_units",
  "translated",
  "series",
  "gapped",
  "site_metrics",
  "sites_missing",
  "comparable",
  "jumps",
  "timed",
  "timely",
  "duplicates",
  "mixed",
  "bad_codes",
  "bad_values",
  "bad_units",
  "bad_periods",
] as const;
/** How many of each were found. */
export type QualityCounts = Readonly<Record<(typeof qualityCounts)[number], number>>;

/** The five dimensions in which data quality is judged. */
const qualityDimensions = ["completeness", "accuracy", "consistency", "timeliness", "validity"] as const;

const Rule = z.strictObject({
  id: z.string().regex(/^DQ-[CAKTV]\d\d$/),
  dimension: z.enum(qualityDimensions),
  says: z.string(),
  /** How much of `of` is good: a sum of counts, each times its number. */
  good: z.partialRecord(z.enum(qualityCounts), z.number()),
  /** Out of how much; nothing of it, and the rule does not apply. */
  of: z.partialRecord(z.enum(qualityCounts), z.number()),
  /** Its part in the dimension's score beside the other rules. */
  weight: z.number().positive(),
  /** Percent good that it takes to pass. */
  least: z.number().min(0).max(100),
});
/** One rule of data quality: what share of something must be good. */
export type QualityRule = z.infer<typeof Rule>;

/** rules/data_quality_rules.yaml: the dimensions' weights, the rules, and when a figure stands out. */
export const QualityRules = z.strictObject({
  threshold: z.number(),
  dimensions: z.record(
    z.enum(qualityDimensions),
    z.strictObject({ weight: z.number(), question: z.string() }),
  ),
  outlier: z.strictObject({ least_rows: z.number(), robust_z: z.number(), times: z.number() }),
  jump: z.strictObject({ times: z.number() }),
  gap: z.strictObject({ least_months: z.number() }),
  sites: z.strictObject({ share: z.number() }),
  rules: z.array(Rule).min(1),
});
/** The rules of data quality, as written in rules/data_quality_rules.yaml. */
export type QualityRules = z.infer<typeof QualityRules>;

/** What a rule came to: its share of good in percent, and whether that is enough. */
export type RuleVerdict = {
  readonly rule: QualityRule;
  readonly status: "pass" | "fail" | "not applicable";
  readonly good: number;
  readonly of: number;
  readonly percent: number;
};

/** One dimension's score out of 100, with the counts it rests on. */
export type QualityDimension = {
  readonly name: string;
  readonly weight: number;
  readonly score: number;
  readonly because: string;
};

/** Judges one rule on the counts. Pure. */
export function judgeRule(rule: QualityRule, counts: QualityCounts): RuleVerdict {
  const [good, of] = [sum(rule.good, counts), sum(rule.of, counts)];
  if (of <= 0) return { rule, status: "not applicable", good, of, percent: 100 };
  const percent = (Math.max(0, Math.min(good, of)) / of) * 100;
  return { rule, status: percent >= rule.least ? "pass" : "fail", good, of, percent };
}

/** Judges the data's quality: every rule, five dimensions, and their weighted mean, one decimal, out of 100. Pure. */
export function judgeQuality(
  counts: QualityCounts,
  { dimensions, rules }: Pick<QualityRules, "dimensions" | "rules">,
): {
  readonly score: number;
  readonly dimensions: readonly QualityDimension[];
  readonly verdicts: readonly RuleVerdict[];
} {
  const verdicts = rules.map((rule) => judgeRule(rule, counts));
  const judged = qualityDimensions.map((name) => {
    const own = verdicts.filter(({ rule, status }) => rule.dimension === name && status !== "not applicable");
    const weights = own.reduce((total, { rule }) => total + rule.weight, 0);
    const score = own.reduce((total, { rule, percent }) => total + rule.weight * percent, 0) / (weights || 1);
    return {
      name,
      weight: dimensions[name].weight,
      score: tenth(score),
      because:
        own.length === 0
          ? "nothing to judge"
          : own
              .map(({ rule, good, of }) => `${rule.says}: ${plain(Math.max(0, good))} of ${plain(of)}`)
              .join("; "),
    };
  });
  return {
    score: tenth(judged.reduce((total, { weight, score }) => total + weight * score, 0)),
    dimensions: judged,
    verdicts,
  };
}

function sum(
  parts: Partial<Readonly<Record<string, number>>>,
  counts: Readonly<Record<string, number>>,
): number {
  let total = 0;
  for (const [name, times] of Object.entries(parts)) total += (counts[name] ?? 0) * (times ?? 0);
  return total;
}

const plain = (value: number): string => String(Math.round(value * 100) / 100);

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
