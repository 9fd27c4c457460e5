import { defineCheck, degraded, healthy, unhealthy } from "#kit";

/** Whether the platform's database takes writes where the platform reaches it. Source: csrd-production-runbook "Critical Alerts", Database Down. */
export const databaseWrites = defineCheck({
  id: "database-writes",
  title: "The database takes writes",
  every: "15s",
  timeout: "10s",
  look: ({ replication }) => replication.address(),
  judge({ state, reason }) {
    if (state === "takes-writes") return healthy("a commit was kept");
    // The server is well; who has its connections is another runbook's question.
    if (state === "no-connections") return degraded("it is there and has no connection left");
    return unhealthy(reason === undefined ? state : `${state}: ${reason}`);
  },
});
