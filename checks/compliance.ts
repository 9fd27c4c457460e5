import { defineCheck, healthy, unhealthy } from "#kit";
import type { Readers } from "#kit/ports.ts";
import { metrics as names } from "#platform/contract.ts";
import { type AuditsLately, countOf, countedLately, rulesMissed, rulesText } from "#rules/report-quality.ts";

/** What is told about audits that fail stands under this key; the same whoever tells it. */
export const auditsKey = "compliance-failure";

/** Looks at the audits of the last 15 minutes, the alert's own time. */
export async function lookAtAudits({ metrics }: Pick<Readers, "metrics">): Promise<AuditsLately> {
  const [failed, ended, rules] = await Promise.all([
    metrics.query(`sum(increase(${names.complianceFailures}[15m]))`),
    metrics.query(`sum(increase(${names.reportsCompleted}[15m]))`),
    metrics.query(countedLately(names.complianceRulesFailed, "15m")),
  ]);
  // A window that begins between two samples reckons with fractions.
  return { failed: countOf(failed), ended: countOf(ended), rules: rulesMissed(rules) };
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
