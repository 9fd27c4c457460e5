import { agentKillSwitch } from "./agent-kill-switch.ts";
import { collectEvidence } from "./collect-evidence.ts";
import { complianceFailure } from "./compliance-failure.ts";
import { dailyHealthCheck } from "./daily-health-check.ts";
import { databaseDown } from "./database-down.ts";
import { dbPoolExhaustion } from "./db-pool-exhaustion.ts";
import { diskFull } from "./disk-full.ts";
import { highCpu } from "./high-cpu.ts";
import { highMemory } from "./high-memory.ts";
import { llmApiOutage } from "./llm-api-outage.ts";
import { lowDataQuality } from "./low-data-quality.ts";
import { platformDown } from "./platform-down.ts";
import { queueBacklog } from "./queue-backlog.ts";
import { redisDown } from "./redis-down.ts";
import { restartService } from "./restart-service.ts";
import { rollback } from "./rollback.ts";
import { scaleService } from "./scale-service.ts";
import { api500s } from "./api-500s.ts";
import { highErrorRate } from "./high-error-rate.ts";
import { highLatency } from "./high-latency.ts";
import { slowPerformance } from "./slow-performance.ts";
import { xbrlSlow } from "./xbrl-slow.ts";
import type { Scenarios } from "./scenario.ts";

/** Every runbook's scenarios, by the runbook's id. */
export const scenarios: Readonly<Record<string, Scenarios>> = {
  "agent-kill-switch": agentKillSwitch,
  "collect-evidence": collectEvidence,
  "compliance-failure": complianceFailure,
  "daily-health-check": dailyHealthCheck,
  "database-down": databaseDown,
  "db-pool-exhaustion": dbPoolExhaustion,
  "disk-full": diskFull,
  "high-cpu": highCpu,
  "high-memory": highMemory,
  "llm-api-outage": llmApiOutage,
  "low-data-quality": lowDataQuality,
  "platform-down": platformDown,
  "queue-backlog": queueBacklog,
  "redis-down": redisDown,
  "restart-service": restartService,
  rollback,
  "scale-service": scaleService,
  "api-500s": api500s,
  "high-error-rate": highErrorRate,
  "high-latency": highLatency,
  "slow-performance": slowPerformance,
  "xbrl-slow": xbrlSlow,
};
