import { defineCheck, degraded, healthy, unhealthy } from "#kit";
import type { Readers } from "#kit/ports.ts";
import { metrics as names } from "#platform/contract.ts";
import {
  type AuditsLately,
  countOf,
  lowScore,
  type QualityLately,
  rulesMissed,
  rulesText,
  scoreOf,
} from "#rules/report-quality.ts";

/** What is told about audits that fail stands under this key; the same whoever tells it. */
export const auditsKey = "compliance-failure";
/** The same of data that are not good enough. */
export const qualityKey = "low-data-quality";

/** Counts by rule of the last so many minutes; a rule that appears for the first time counts in full. */
function lately(metric: string, span: string): string {
  return `(sum by (rule) (${metric}) - sum by (rule) (${metric} offset ${span})) > 0 or (sum by (rule) (${metric}) unless sum by (rule) (${metric} offset ${span})) > 0`;
}

/** Looks at the audits of the last 15 minutes, the alert's own time. */
export async function lookAtAudits({ metrics }: Pick<Readers, "metrics">): Promise<AuditsLately> {
  const [failed, ended, rules] = await Promise.all([
    metrics.query(`sum(increase(${names.complianceFailures}[15m]))`),
    metrics.query(`sum(increase(${names.reportsCompleted}[15m]))`),
    metrics.query(lately(names.complianceRulesFailed, "15m")),
  ]);
  // A window that begins between two samples reckons with fractions.
  return { failed: countOf(failed), ended: countOf(ended), rules: rulesMissed(rules) };
}

/** Looks at the data of the latest reports. */
export async function lookAtQuality({ metrics }: Pick<Readers, "metrics">): Promise<QualityLately> {
  const [score, low, good, rules] = await Promise.all([
    metrics.query(`avg(${names.dataQuality} > 0)`),
    metrics.query(`sum(increase(${names.dataQualityReports}{verdict="low"}[30m]))`),
    metrics.query(`sum(increase(${names.dataQualityReports}{verdict="good"}[30m]))`),
    metrics.query(lately(names.dataQualityRulesFailed, "30m")),
  ]);
  return { score: scoreOf(score), low: countOf(low), good: countOf(good), rules: rulesMissed(rules) };
}

/**
 * Whether somebody who answers for compliance knows of each report that failed its audit: the audit itself is right, and nothing takes it back.
 * Source: csrd-operations-manual "Alert Rules", CSRDComplianceFailure.
 */
export const compliance = defineCheck({
  id: "compliance",
  title: "Reports that fail their audit are known to those who answer for them",
  every: "1m",
  timeout: "10s",
  async look({ metrics, announcements }) {
    const audits = await lookAtAudits({ metrics });
    return { audits, told: await announcements.said("compliance-manager", auditsKey) };
  },
  judge({ audits, told }) {
    const { failed, ended, rules } = audits;
    if (failed === 0) return healthy("no report failed its audit in 15 min");
    const says = `${failed} of ${Math.max(ended, failed)} reports failed their audit in 15 min: ${rulesText(rules)}`;
    return told === undefined
      ? unhealthy(says)
      : healthy(`known since ${told.at.slice(11, 16)} UTC: ${says}`);
  },
});

/** Whether the data that reports are made of are good enough, or those who look after them know. Source: the same, CSRDLowDataQuality. */
export const dataQuality = defineCheck({
  id: "data-quality",
  title: "Data are good enough to report from, or those who look after them know",
  every: "1m",
  timeout: "10s",
  async look({ metrics, announcements }) {
    const quality = await lookAtQuality({ metrics });
    return { quality, told: await announcements.said("data-quality", qualityKey) };
  },
  judge({ quality: { score, rules }, told }) {
    if (score === undefined) return healthy("no report has come since the workers started");
    if (score >= lowScore) return healthy(`${score} of 100 on average`);
    const says = `${score} of 100 on average, ${lowScore} is needed: ${rulesText(rules)}`;
    return told === undefined ? degraded(says) : healthy(`known since ${told.at.slice(11, 16)} UTC: ${says}`);
  },
});
