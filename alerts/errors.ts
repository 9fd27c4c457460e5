import { defineAlert } from "#kit";
import { apiErrors } from "#checks/api-errors.ts";
import { ask } from "#checks/questions/metrics.ts";
import { reportErrors } from "#checks/report-errors.ts";
import { failureLines } from "#rules/failures.ts";

const { requests, reports } = failureLines;

/**
 * Requests are answered with 5xx, more than one in ten. Both sides are summed over the job: divided series by series, every 5xx series is
 * divided by itself and one error reads as 100 %.
 * Source: csrd-production-runbook "Critical Alerts", "Error Rate >10 % for 2min", whose reflex is a rollback without looking whether anything was deployed.
 */
export const csrdApiErrors = defineAlert({
  name: "CSRDApiErrors",
  title: "The API answers with errors",
  expr: `${ask.requestErrors("5m")} / ${ask.requests("5m")} > ${requests.share} and ${ask.requestErrors("5m")} >= ${requests.least}`,
  for: "2m",
  severity: "P0",
  team: "platform",
  summary: "The API answers with errors",
  description: "{{ $value | humanizePercentage }} of the requests to {{ $labels.job }} failed in 5 minutes.",
  watches: apiErrors,
});

/**
 * More than one report in twenty fails, of those that ended within an hour, and at least three.
 * Source: csrd-operations-manual "Alert Rules", CSRDHighErrorRate, whose `rate() > 0.05` is failures per second: at a dozen reports an hour it
 * never fires, though all of them fail.
 */
export const csrdHighErrorRate = defineAlert({
  name: "CSRDHighErrorRate",
  title: "Many reports fail",
  expr: `${ask.reportsFailed("1h")} / (${ask.reportsFailed("1h")} + ${ask.reportsCompleted("1h")}) > ${reports.share} and ${ask.reportsFailed("1h")} >= ${reports.least}`,
  for: "10m",
  severity: "P1",
  team: "platform",
  summary: "High report failure rate",
  description: "{{ $value | humanizePercentage }} of the reports that ended within an hour failed.",
  watches: reportErrors,
});
