import { defineAlert } from "#kit";
import { compliance } from "#checks/compliance.ts";
import { dataQuality } from "#checks/data-quality.ts";
import { metrics } from "#platform/contract.ts";
import { lowScore } from "#rules/report-quality.ts";

/**
 * Reports failed their compliance audit of late. The counter itself never goes down, so an alarm on it never ends: its increase does.
 * Source: csrd-operations-manual "Alert Rules", CSRDComplianceFailure.
 */
export const csrdComplianceFailure = defineAlert({
  name: "CSRDComplianceFailure",
  title: "Reports fail their compliance audit",
  expr: `sum(increase(${metrics.complianceFailures}[15m])) > 0`,
  for: "1m",
  severity: "P1",
  team: "compliance",
  summary: "Reports fail their compliance audit",
  description: "{{ $value | humanize }} reports failed their compliance audit in 15 minutes.",
  watches: compliance,
});

/** The latest reports are made of data that are not good enough. A worker that has seen no report yet shows 0, which is no score. */
export const csrdLowDataQuality = defineAlert({
  name: "CSRDLowDataQuality",
  title: "Data quality is low",
  expr: `avg(${metrics.dataQuality} > 0) < ${lowScore}`,
  for: "30m",
  severity: "P2",
  team: "data-quality",
  summary: "Data quality is low",
  description: "The latest reports have a quality score of {{ $value | humanize }} on average.",
  watches: dataQuality,
});
