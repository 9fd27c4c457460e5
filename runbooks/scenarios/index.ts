import { dailyHealthCheck } from "./daily-health-check.ts";
import { dbPoolExhaustion } from "./db-pool-exhaustion.ts";
import { platformDown } from "./platform-down.ts";
import { rollback } from "./rollback.ts";
import type { Scenarios } from "./scenario.ts";

/** Every runbook's scenarios, by the runbook's id. */
export const scenarios: Readonly<Record<string, Scenarios>> = {
  "daily-health-check": dailyHealthCheck,
  "db-pool-exhaustion": dbPoolExhaustion,
  "platform-down": platformDown,
  rollback,
};
