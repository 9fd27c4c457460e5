import { metrics } from "../contract.ts";

/** Which processes show a metric: all of them, or the API, the workers, every agent, or one agent. */
type Shown = "all" | "api" | "worker" | "api and worker" | "agents" | "materiality" | "intake" | "audit";

/** What is to be known of a metric before it is queried. */
export type MetricFacts = {
  readonly type: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  readonly shown: Shown;
  readonly about: string;
};

/**
 * Every metric of the contract; docs/metrics.md is made of it, and a test compares it with what the processes really show. No label holds
 * what a client sends or whose report it is: routes are templates, and tenants are none at all.
 */
export const metricFacts: Readonly<Record<keyof typeof metrics, MetricFacts>> = {
  reportsFailed: counter(["code"], "worker", "Reports that ended in failure, by error code"),
  reportsCompleted: counter(
    ["outcome"],
    "worker",
    "Reports that reached their end: ok, warnings, failed by the audit",
  ),
  complianceFailures: counter([], "worker", "Reports whose compliance audit failed"),
  complianceRulesFailed: counter(
    ["rule"],
    "audit",
    "Rules that reports of which the audit failed did not meet; `taxonomy` stands for all of the taxonomy's own",
  ),
  pipelineDuration: histogram(
    [],
    "worker",
    "Seconds from acceptance of a report to its end; the objectives are p95 under 1,800 and p99 under 2,700",
  ),
  dataQuality: gauge([], "worker", "Data quality score of the latest report, 0 to 100"),
  dataQualityReports: counter(
    ["verdict"],
    "intake",
    "Reports by whether their data are good enough: good or low",
  ),
  dataQualityRulesFailed: counter(["rule"], "intake", "Rules of data quality that reports did not meet"),
  httpRequests: counter(
    ["method", "route", "status"],
    "all",
    "HTTP requests answered; rate and errors of each route",
  ),
  httpDuration: histogram(
    ["method", "route"],
    "all",
    "Seconds from request to answer; event streams are left out",
  ),
  agentDuration: histogram(["agent", "outcome"], "worker", "Seconds one agent took for one report"),
  agentRequests: counter(["agent", "outcome"], "agents", "Stages asked of an agent, by how they ended"),
  agentStages: gauge(["agent", "state"], "agents", "Stages that run, or wait for their turn"),
  deadLetters: counter(["reason"], "worker", "Reports given up by the platform; each can be put back"),
  queueJobs: gauge(
    ["state"],
    "worker",
    "Reports in the queue by state; absent while the queue does not answer",
  ),
  queueOldest: gauge(
    [],
    "worker",
    "Seconds since the report that has waited longest was accepted; 0 when none waits",
  ),
  databasePoolInUse: gauge([], "api and worker", "Connections to the database that are handed out"),
  databasePoolIdle: gauge([], "api and worker", "Connections to the database that nobody uses"),
  databasePoolWaiting: gauge([], "api and worker", "Requests that wait for a connection"),
  databasePoolMax: gauge([], "api and worker", "Most connections that the process may open"),
  databaseDuration: histogram(
    [],
    "api and worker",
    "Seconds from a query, its wait for a connection included, to its answer",
  ),
  databaseErrors: counter([], "api and worker", "Queries that the database refused or did not answer"),
  redisUp: gauge([], "api and worker", "1 while Redis answers this process; 0 while it does not"),
  databaseUp: gauge(
    [],
    "api and worker",
    "1 while the database takes writes; 0 while it does not, or is silent",
  ),
  databasePosition: gauge(
    [],
    "api and worker",
    "Bytes of log the primary had written when last seen; kept while it is away",
  ),
  redisDuration: histogram([], "api and worker", "Seconds of a Redis command that does not wait by design"),
  redisErrors: counter([], "api and worker", "Commands that Redis refused or did not answer"),
  breakerState: gauge(["part", "provider"], "worker", "0 closed, 1 half open, 2 open"),
  switchedOff: gauge(
    ["scope"],
    "agents",
    "1 when everything, one agent, or asking language models (all, or one vendor's) is switched off",
  ),
  llmFailing: gauge(
    ["name", "provider", "code"],
    "materiality",
    "1 with the code by which the latest question to a model failed; 0 once one is answered",
  ),
  llmPlace: gauge(
    ["name", "provider", "model"],
    "materiality",
    "Place of each model in the chain, from 1: the order in which they are asked",
  ),
  llmRequests: counter(["provider", "model", "outcome"], "materiality", "Questions to language models"),
  llmDuration: histogram(["provider", "model"], "materiality", "Seconds of one question to a language model"),
  llmTokens: counter(["provider", "model", "direction"], "materiality", "Tokens in and out"),
  llmCost: counter(["provider", "model"], "materiality", "US dollars at the prices of the configuration"),
  llmAnswers: counter(
    ["outcome"],
    "materiality",
    "Proposals by what became of them; the win rate is agreed over all",
  ),
  guardrails: counter(["guardrail"], "materiality", "Answers of a language model that a guardrail stopped"),
  authFailures: counter(["reason"], "api", "Requests refused for their key; the manual's failed logins"),
  rateLimited: counter(["budget"], "api", "Requests refused because there were too many"),
  resourceUsage: gauge(
    ["resource"],
    "all",
    "Share of cpu, memory and disk in use, 0 to 1, as /health sees them",
  ),
  logLinesLost: counter(
    ["sink"],
    "all",
    "Log lines that a sink could not take: a full disk, a reader that stopped",
  ),
  traceSpans: counter(["outcome"], "all", "Spans sent, refused by their receiver, or overflowed"),
  buildInfo: gauge(
    ["service", "instance_name", "version"],
    "all",
    "Always 1; the labels say which build answers",
  ),
};

function counter(labels: readonly string[], shown: Shown, about: string): MetricFacts {
  return { type: "counter", labels, shown, about };
}

function gauge(labels: readonly string[], shown: Shown, about: string): MetricFacts {
  return { type: "gauge", labels, shown, about };
}

function histogram(labels: readonly string[], shown: Shown, about: string): MetricFacts {
  return { type: "histogram", labels, shown, about };
}

/** docs/metrics.md. */
export function metricsPage(): string {
  const keys = Object.keys(metricFacts).filter((key): key is keyof typeof metrics =>
    Object.hasOwn(metrics, key),
  );
  const rows = keys
    .map((key) => ({ name: metrics[key], ...metricFacts[key] }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      ({ name, type, labels, shown, about }) =>
        `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(", ") || "–"} | ${shown} | ${about} |`,
    );
  return [
    "# Metrics",
    "",
    "Generated from `platform/telemetry/metric-facts.ts`; do not edit. Every process answers `/metrics`; `nodejs_*` and `process_*` are prom-client's own (event-loop lag is `nodejs_eventloop_lag_p99_seconds`, memory `process_resident_memory_bytes`). No label holds what a client sends or whose report it is.",
    "",
    "| Metric | Type | Labels | Shown by | Meaning |",
    "|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
