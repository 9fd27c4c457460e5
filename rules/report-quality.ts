import type { Sample } from "#kit/ports.ts";

/** A rule that reports did not meet, and how many did not. */
export type RuleMissed = { readonly rule: string; readonly reports: number };

/** Reports whose audit failed, of those that came to their end of late. */
export type AuditsLately = {
  readonly failed: number;
  readonly ended: number;
  /** Most reports first. */
  readonly rules: readonly RuleMissed[];
};

/** How good the data of the latest reports are. */
export type QualityLately = {
  /** Average of the latest report of each worker, 0 to 100; undefined where none has come yet. */
  readonly score: number | undefined;
  readonly low: number;
  readonly good: number;
  /** Most reports first. */
  readonly rules: readonly RuleMissed[];
};

/** Score below which data are not good enough. Source: csrd-operations-manual "Alert Rules", CSRDLowDataQuality; rules/data_quality_rules.yaml. */
export const lowScore = 80;

/** A score that no data can have: what is shown is not a score. */
const isScore = (value: number): boolean => Number.isFinite(value) && value >= 0 && value <= 100;

/** The rules in samples by `rule`, most reports first; labels that are no rule of ours are left out. */
export function rulesMissed(samples: readonly Sample[]): readonly RuleMissed[] {
  return samples
    .map(({ labels, value }) => ({ rule: labels["rule"] ?? "", reports: Math.round(value) }))
    .filter(({ rule, reports }) => /^[\w.-]{1,60}$/.test(rule) && reports > 0)
    .toSorted((a, b) => b.reports - a.reports || a.rule.localeCompare(b.rule));
}

/** One number of a query that gives one series; 0 for none, as for what is not a number. */
export function countOf(samples: readonly Sample[]): number {
  const value = samples[0]?.value ?? 0;
  return Number.isFinite(value) ? Math.round(value) : 0;
}

/** The average score; undefined where there is none. */
export function scoreOf(samples: readonly Sample[]): number | undefined {
  const value = samples[0]?.value;
  return value === undefined || !isScore(value) ? undefined : Math.round(value * 10) / 10;
}

/** True when most reports are hit, so that it is not one company's data: what all have in common has changed. */
export function hitsMost(hit: number, of: number): boolean {
  return hit >= 3 && hit * 2 > of;
}

/** Rules as people read them: "DQ-C01 (4 reports), DQ-A01 (3 reports)", the first five. */
export function rulesText(rules: readonly RuleMissed[]): string {
  const shown = rules
    .slice(0, 5)
    .map(({ rule, reports }) => `${rule} (${reports} ${reports === 1 ? "report" : "reports"})`);
  const more = rules.length - shown.length;
  return shown.length === 0
    ? "no rule is counted"
    : `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** PromQL that counts a metric by rule over so long; a rule that appears for the first time counts in full. */
export function countedLately(metric: string, span: string): string {
  return `(sum by (rule) (${metric}) - sum by (rule) (${metric} offset ${span})) > 0 or (sum by (rule) (${metric}) unless sum by (rule) (${metric} offset ${span})) > 0`;
}
