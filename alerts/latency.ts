import { defineAlert } from "#kit";
import { apiLatency } from "#checks/api-latency.ts";
import { ask } from "#checks/questions/metrics.ts";
import { reportPace } from "#checks/report-pace.ts";
import { xbrlPace } from "#checks/xbrl-pace.ts";

/**
 * People wait for the API. Uploads and downloads are left out: they last as long as the client's line makes them.
 * Source: csrd-production-runbook "Critical Alerts", "High Latency, p95 >1s for 5min".
 */
export const csrdApiSlow = defineAlert({
  name: "CSRDApiSlow",
  title: "The API is slow",
  expr: `${ask.answerTime("5m")} > 1 and ${ask.answered("5m")} >= 20`,
  for: "5m",
  severity: "P1",
  team: "platform",
  summary: "The API answers slowly",
  description: "One answer in twenty of {{ $labels.job }} takes longer than {{ $value | humanizeDuration }}.",
  watches: apiLatency,
});

/**
 * Reports take long. Summed over all workers, and over two hours: within five minutes hardly any report of half an hour ends, and each worker by
 * itself has too few of them for a quantile.
 * Source: csrd-operations-manual "Alert Rules", CSRDHighLatency.
 */
export const csrdHighLatency = defineAlert({
  name: "CSRDHighLatency",
  title: "Reports take long",
  expr: `${ask.reportTime("2h")} > 1800`,
  for: "10m",
  severity: "P2",
  team: "platform",
  summary: "High pipeline latency",
  description: "One report in twenty takes longer than {{ $value | humanizeDuration }}.",
  watches: reportPace,
});

/** One report in a hundred takes longer than promised. Source: csrd-operations-manual "Scenario 3: Slow Performance", p99 over 45 minutes. */
export const csrdSlowReports = defineAlert({
  name: "CSRDSlowReports",
  title: "Some reports take very long",
  expr: `${ask.longestReportTime("2h")} > 2700`,
  for: "10m",
  severity: "P2",
  team: "platform",
  summary: "Reports take longer than 45 minutes",
  description: "One report in a hundred takes longer than {{ $value | humanizeDuration }}.",
  watches: reportPace,
});

/** The stage that writes XBRL is slow. Source: csrd-production-runbook "Issue: XBRL Generation Slow", ">5 minutes". */
export const csrdXbrlSlow = defineAlert({
  name: "CSRDXbrlSlow",
  title: "XBRL generation is slow",
  expr: `${ask.stageTime("reporting", "30m")} > 300`,
  for: "5m",
  severity: "P2",
  team: "platform",
  summary: "XBRL generation takes longer than 5 minutes",
  description:
    "One report in twenty spends longer than {{ $value | humanizeDuration }} in the reporting agent.",
  watches: xbrlPace,
});
