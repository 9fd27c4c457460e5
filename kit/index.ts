/** The kit's public surface: what runbooks, checks and alerts are written with. */
export { defineAction } from "./action.ts";
export { defineAlert } from "./alert.ts";
export { defineCheck, degraded, healthy, unhealthy } from "./check.ts";
export { allClear, escalate, handOver, plan } from "./decision.ts";
export { batches, ref, together, waitFor } from "./items.ts";
export { defineRunbook, eventually } from "./runbook.ts";
export { defineSchedule } from "./schedule.ts";
export { defineWatch } from "./watch.ts";
