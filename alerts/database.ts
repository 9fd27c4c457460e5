import { defineAlert } from "#kit";
import { databaseWrites } from "#checks/database-writes.ts";
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

/**
 * No API instance has had a write kept by the database: what the platform itself says of it, so that a server that hangs counts as one that
 * is gone. Source: csrd-production-runbook "Critical Alerts", Database Down, 1 minute.
 */
export const csrdDatabaseDown = defineAlert({
  name: "CSRDDatabaseDown",
  title: "The database takes no writes",
  expr: `max by (job) (${metrics.databaseUp}{job="${apiJob}"}) == 0`,
  for: "1m",
  severity: "P0",
  team: "platform",
  summary: "The database is down",
  description: "No instance of {{ $labels.job }} reaches a database that takes writes.",
  watches: databaseWrites,
});
