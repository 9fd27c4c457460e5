import { defineAlert } from "#kit";
import { cache } from "#checks/cache.ts";
import { metrics } from "#platform/contract.ts";

const over = (metric: string) => `sum(increase(${metric}[2m]))`;

/**
 * Most of what the platform asks of Redis fails. Reports are accepted and wait; nobody loses anything, and nobody gets a report.
 * Source: csrd-production-runbook "Severity Levels", P2 "cache down".
 */
export const csrdRedisDown = defineAlert({
  name: "CSRDRedisDown",
  title: "Redis does not answer",
  expr: `${over(metrics.redisErrors)} > 0.5 * ${over(`${metrics.redisDuration}_count`)} and ${over(metrics.redisErrors)} >= 5`,
  for: "1m",
  severity: "P2",
  team: "platform",
  summary: "Redis does not answer",
  description: "{{ $value }} questions to Redis failed within two minutes, more than half of all.",
  watches: cache,
});
