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
} as const;

/** Where reports wait; BullMQ queue `report_queue` under prefix `csrd` in Redis. */
export const reportQueue = { prefix: "csrd", name: "report_queue" } as const;

/** Metric names that alerts and checks may query. */
export const metrics = {
  reportsFailed: "csrd_reports_failed_total",
  reportsCompleted: "csrd_reports_completed_total",
  complianceFailures: "csrd_compliance_failures_total",
  pipelineDuration: "csrd_pipeline_duration_seconds",
  dataQuality: "csrd_data_quality_score",
  httpRequests: "csrd_http_requests_total",
  httpDuration: "csrd_http_request_duration_seconds",
  agentDuration: "csrd_agent_duration_seconds",
} as const;

/** Prometheus job name under which the API instances are scraped. */
export const apiJob = "csrd-platform";

/** CloudWatch log group to which the platform's JSON logs go. */
export const logGroup = "/aws/csrd-platform";
