import { defineAlert } from "#kit";
import { queue } from "#checks/queue.ts";
import { metrics } from "#platform/contract.ts";

/**
 * A report has waited for a quarter of an hour: half of what a whole report may take. How many wait says little: fifty small ones are soon done.
 * Source: csrd-operations-manual "Scenario 3: Slow Performance", `LLEN csrd:report_queue`; operations-runbook "Observability & Dashboards", queue depth.
 */
export const csrdQueueBacklog = defineAlert({
  name: "CSRDQueueBacklog",
  title: "Reports wait for long",
  expr: `max(${metrics.queueOldest}) > 900`,
  for: "5m",
  severity: "P2",
  team: "platform",
  summary: "Reports wait in the queue",
  description: "The report that has waited longest was accepted {{ $value | humanizeDuration }} ago.",
  watches: queue,
});

const workers = 'up{job="csrd-services", service="worker"}';

/**
 * No worker answers, or none is known any more while its neighbours are: reports are accepted and wait. Only workers tell how long reports wait,
 * so without them the other alarm stays silent.
 */
export const csrdWorkersGone = defineAlert({
  name: "CSRDWorkersGone",
  title: "No worker takes reports",
  expr: `sum by (job) (${workers}) == 0 or (absent(${workers}) and on (job) sum by (job) (up{job="csrd-services"}) > 0)`,
  severity: "P2",
  team: "platform",
  summary: "No worker answers",
  description: "Reports are accepted and wait: no worker of {{ $labels.job }} answers.",
  watches: queue,
});
