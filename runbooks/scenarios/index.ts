import { collectEvidence } from "./collect-evidence.ts";
import { dailyHealthCheck } from "./daily-health-check.ts";
import { databaseDown } from "./database-down.ts";
import { dbPoolExhaustion } from "./db-pool-exhaustion.ts";
import { highCpu } from "./high-cpu.ts";
import { highMemory } from "./high-memory.ts";
import { llmApiOutage } from "./llm-api-outage.ts";
import { platformDown } from "./platform-down.ts";
import { queueBacklog } from "./queue-backlog.ts";
import { restartService } from "./restart-service.ts";
import { rollback } from "./rollback.ts";
import { scaleService } from "./scale-service.ts";
import type { Scenarios } from "./scenario.ts";

/** Every runbook's scenarios, by the runbook's id. */
export const scenarios: Readonly<Record<string, Scenarios>> = {
  "collect-evidence": collectEvidence,
  "daily-health-check": dailyHealthCheck,
  "database-down": databaseDown,
  "db-pool-exhaustion": dbPoolExhaustion,
  "high-cpu": highCpu,
  "high-memory": highMemory,
  "llm-api-outage": llmApiOutage,
  "platform-down": platformDown,
  "queue-backlog": queueBacklog,
  "restart-service": restartService,
  rollback,
  "scale-service": scaleService,
};
