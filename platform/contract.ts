/**
 * The names by which others may rely on the platform: services, ports, routes, queue and metrics.
 * Source: csrd-production-runbook "Critical Services", csrd-operations-manual "Health Check Endpoints" and "Alert Rules".
 */

/** The six agents in pipeline order. */
export const agentNames = [
  "intake",
  "materiality",
  "calculator",
  "aggregator",
  "reporting",
  "audit",
] as const;
export type AgentName = (typeof agentNames)[number];

/** The processes that make up a running platform. */
export type ServiceName = "api" | "worker" | AgentName;

/** Vendors of language models whose protocols the platform speaks; each has a kill switch of its own, `llm-<vendor>`. */
export const llmVendors = ["openai", "anthropic"] as const;
export type LlmVendor = (typeof llmVendors)[number];

/** Default TCP port of each service in production; the sandbox picks free ones. The worker's port serves its health and metrics only. */
export const defaultPorts: Readonly<Record<ServiceName, number>> = {
  api: 8000,
  intake: 8001,
  calculator: 8002,
  aggregator: 8003,
  materiality: 8004,
  audit: 8005,
  reporting: 8006,
  worker: 8010,
};

/** Paths every service answers. `live` depends on nothing; `ready` on hard dependencies only; `health` is the full picture, for people. */
export const routes = {
  live: "/livez",
  ready: "/readyz",
  readyAlias: "/health/ready",
  health: "/health",
  metrics: "/metrics",
  reports: "/api/v1/reports",
  keys: "/api/v1/keys",
  /** Where a process spends its time or what it allocates; closed without CSRD_PROBE_TOKEN. */
  profile: "/debug/profile",
} as const;

/** Where reports wait; BullMQ queue `report_queue` under prefix `csrd` in Redis. */
export const reportQueue = { prefix: "csrd", name: "report_queue" } as const;

/** Prefixes of everything the platform keeps in Redis; each has one purpose, so that one can be emptied without touching another. */
export const redisPrefixes = {
  /** The queue's own keys (BullMQ). */
  queue: "csrd:",
  /** How far a stage is; lost without harm. */
  progress: "csrd-progress:",
  /** Answers that may be asked for again; emptied without harm. */
  cache: "csrd-cache:",
  /** Requests counted per key; lost without harm. */
  limits: "csrd-limits:",
  /** Kill switches, as the processes see them. */
  switches: "csrd-switches:",
} as const;

/** Metric names that alerts and checks may query. */
export const metrics = {
  reportsFailed: "csrd_reports_failed_total",
  reportsCompleted: "csrd_reports_completed_total",
  complianceFailures: "csrd_compliance_failures_total",
  /** Rules that reports of which the audit failed did not meet; label `rule`, `taxonomy` for all of the taxonomy's own together. */
  complianceRulesFailed: "csrd_compliance_rule_failures_total",
  pipelineDuration: "csrd_pipeline_duration_seconds",
  dataQuality: "csrd_data_quality_score",
  /** Reports by whether their data are good enough, `verdict` good or low. */
  dataQualityReports: "csrd_data_quality_reports_total",
  /** Rules of data quality that reports did not meet; label `rule`. */
  dataQualityRulesFailed: "csrd_data_quality_rule_failures_total",
  httpRequests: "csrd_http_requests_total",
  httpDuration: "csrd_http_request_duration_seconds",
  agentDuration: "csrd_agent_duration_seconds",
  /** Calls of one agent by outcome; rate and errors beside `agentDuration`. */
  agentRequests: "csrd_agent_requests_total",
  /** Stages that run, or wait for their turn, in an agent's service. */
  agentStages: "csrd_agent_stages",
  /** Reports given up by the platform, by reason. */
  deadLetters: "csrd_reports_dead_letter_total",
  queueJobs: "csrd_queue_jobs",
  /** Connections of one process's pool to the database that are handed out. */
  databasePoolInUse: "csrd_database_pool_in_use",
  /** Requests of one process that wait for one. */
  databasePoolWaiting: "csrd_database_pool_waiting",
  /** 0 closed, 1 half open, 2 open; labels `part` and, for language models, `provider`. */
  breakerState: "csrd_circuit_breaker_state",
  /** 1 when the platform or an agent (label `scope`) is switched off. */
  switchedOff: "csrd_switched_off",
  llmRequests: "csrd_llm_requests_total",
  llmDuration: "csrd_llm_request_duration_seconds",
  llmTokens: "csrd_llm_tokens_total",
  /** US dollars at the prices of the configuration. */
  llmCost: "csrd_llm_cost_usd_total",
  /** 1 with the code by which the latest question to a model failed; 0 once one is answered. */
  llmFailing: "csrd_llm_failing",
  /** Place of each model in the chain, from 1: the order in which they are asked. */
  llmPlace: "csrd_llm_chain_place",
  /** Answers of a language model that people or the rules agreed with, by outcome; the win rate is won over all. */
  llmAnswers: "csrd_llm_answers_total",
  guardrails: "csrd_guardrail_triggers_total",
  authFailures: "csrd_auth_failures_total",
  rateLimited: "csrd_rate_limited_total",
  /** Age of the report that has waited longest; 0 when none waits. */
  queueOldest: "csrd_queue_oldest_age_seconds",
  databasePoolIdle: "csrd_database_pool_idle",
  /** Most connections that the pool may open. */
  databasePoolMax: "csrd_database_pool_max",
  /** From a query, its wait for a connection included, to its answer. */
  databaseDuration: "csrd_database_query_duration_seconds",
  databaseErrors: "csrd_database_query_errors_total",
  /** 1 while the database takes writes, as this process sees it; 0 while it does not, or does not answer. */
  databaseUp: "csrd_database_up",
  /** Bytes of log that the primary had written when this process last saw it; what a replica lacks of it is lost in a failover. */
  databasePosition: "csrd_database_log_position_bytes",
  redisDuration: "csrd_redis_command_duration_seconds",
  redisErrors: "csrd_redis_command_errors_total",
  /** 1 while Redis answers this process; 0 while it does not. */
  redisUp: "csrd_redis_up",
  /** 0 to 1 by `resource`: cpu, memory, disk; as `/health` sees them. */
  resourceUsage: "csrd_resource_usage_ratio",
  /** Lines that a sink could not take: a full disk, a reader that stopped. */
  logLinesLost: "csrd_log_lines_lost_total",
  /** Spans of traces by `outcome`: sent, refused by the receiver, or overflowed because they came faster than they went. */
  traceSpans: "csrd_trace_spans_total",
  /** Always 1; the labels say which build answers. */
  buildInfo: "csrd_build_info",
} as const;

/** Prometheus job name under which the API instances are scraped. */
export const apiJob = "csrd-platform";

/** CloudWatch log group to which the platform's JSON logs go. */
export const logGroup = "/aws/csrd-platform";
