import { defineCheck, degraded, healthy, unhealthy } from "#kit";
import { judgeConnections } from "#rules/connections.ts";

/** Whether a new connection to the platform's database can still be had. Source: csrd-production-runbook "Issue: Database Connection Pool Exhausted". */
export const dbPool = defineCheck({
  id: "db-pool",
  title: "The database has connections left",
  every: "30s",
  timeout: "10s",
  look: ({ database }) => database.connections(),
  judge({ used, most, sessions }) {
    const waiting = sessions.filter((one) => one.blockedBy.length > 0).length;
    const says = `${used} of ${most} connections taken${waiting === 0 ? "" : `, ${waiting} sessions wait for a lock`}`;
    const verdict = judgeConnections({ used, most });
    if (verdict === "exhausted") return unhealthy(says);
    return verdict === "high" ? degraded(says) : healthy(says);
  },
});
