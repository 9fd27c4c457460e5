import { defineAlert } from "#kit";
import { cache } from "#checks/cache.ts";
import { metrics } from "#platform/contract.ts";

/**
 * No process of the platform gets an answer from Redis. Reports are accepted and wait; nobody loses anything, and nobody gets a report.
 * Source: csrd-production-runbook "Severity Levels", P2 "cache down".
 */
export const csrdRedisDown = defineAlert({
  name: "CSRDRedisDown",
  title: "Redis does not answer",
  expr: `max(${metrics.redisUp}) == 0`,
  for: "1m",
  severity: "P2",
  team: "platform",
  summary: "Redis does not answer",
  description: "No process of the platform gets an answer from Redis.",
  watches: cache,
});
