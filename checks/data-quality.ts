import { defineCheck, degraded, healthy } from "#kit";
import type { Readers } from "#kit/ports.ts";
import { metrics as names } from "#platform/contract.ts";
import {
  countedLately,
  countOf,
  lowScore,
  type QualityLately,
  rulesMissed,
  rulesText,
  scoreOf,
} from "#rules/report-quality.ts";

/** What is told about data that are not good enough stands under this key; the same whoever tells it. */
export const qualityKey = "low-data-quality";

/** Looks at the data of the latest reports. */
export async function lookAtQuality({ metrics }: Pick<Readers, "metrics">): Promise<QualityLately> {
  const [score, low, good, rules] = await Promise.all([
    metrics.query(`avg(${names.dataQuality} > 0)`),
    metrics.query(`sum(increase(${names.dataQualityReports}{verdict="low"}[30m]))`),
    metrics.query(`sum(increase(${names.dataQualityReports}{verdict="good"}[30m]))`),
    metrics.query(countedLately(names.dataQualityRulesFailed, "30m")),
  ]);
  return { score: scoreOf(score), low: countOf(low), good: countOf(good), rules: rulesMissed(rules) };
}

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
