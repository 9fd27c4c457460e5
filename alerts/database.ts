import { defineAlert } from "#kit";
import { dbPool } from "#checks/db-pool.ts";
import { apiJob, metrics } from "#platform/contract.ts";

/**
 * Requests wait for a connection to the database, or are refused one: what users feel of an exhausted pool, whoever has the connections.
 * Source: csrd-production-runbook "Issue: Database Connection Pool Exhausted", "API requests hanging".
 */
export const csrdDatabasePoolExhausted = defineAlert({
  name: "CSRDDatabasePoolExhausted",
  title: "The database has no connection left",
  expr: `sum by (job) (${metrics.databasePoolWaiting}{job="${apiJob}"}) > 0`,
  for: "1m",
  severity: "P1",
  team: "platform",
  summary: "Requests wait for a database connection",
  description: "{{ $value }} requests of {{ $labels.job }} wait for a connection to the database.",
  watches: dbPool,
});
