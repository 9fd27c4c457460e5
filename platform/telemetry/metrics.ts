import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { metrics as names } from "../contract.ts";
import { llmMetrics } from "./llm-metrics.ts";
import { readResources } from "./resources.ts";
import { lostLines } from "./sink.ts";
import { spanCounts } from "./span-counts.ts";

/** The metrics of one process; every process answers them on `/metrics`. */
export type Metrics = {
  readonly registry: Registry;
  readonly httpRequests: Counter<"method" | "route" | "status">;
  readonly httpDuration: Histogram<"method" | "route">;
  readonly authFailures: Counter<"reason">;
};

/** HTTP and process metrics, with the build named in `csrd_build_info`. `disk` is the folder whose disk counts. */
export function createMetrics(build: {
  readonly service: string;
  readonly instance: string;
  readonly version: string;
  readonly disk?: string | undefined;
}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Gauges under names that end as counters do; the resources by type say the same.
  for (const name of [
    "nodejs_active_handles_total",
    "nodejs_active_requests_total",
    "nodejs_active_resources_total",
  ])
    registry.removeSingleMetric(name);
  const registers = [registry];
  ownMetrics(registry, build.disk ?? process.cwd());
  if (build.service === "materiality") llmMetrics(registry);
  new Gauge({
    name: names.buildInfo,
    help: "Always 1; the labels say which build answers",
    labelNames: ["service", "instance_name", "version"],
    registers,
  }).set({ service: build.service, instance_name: build.instance, version: build.version }, 1);
  return {
    registry,
    httpRequests: new Counter({
      name: names.httpRequests,
      help: "HTTP requests answered",
      labelNames: ["method", "route", "status"],
      registers,
    }),
    httpDuration: new Histogram({
      name: names.httpDuration,
      help: "Seconds from request to answer",
      labelNames: ["method", "route"],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10, 60, 600],
      registers,
    }),
    authFailures: new Counter({
      name: names.authFailures,
      help: "Requests refused for their key: missing, unknown, or without the right",
      labelNames: ["reason"],
      registers,
    }),
  };
}

/** What a process says of its own telemetry and of the machine it is on. */
function ownMetrics(registry: Registry, disk: string): void {
  const registers = [registry];
  const lost: Counter<"sink"> = new Counter({
    name: names.logLinesLost,
    help: "Log lines that a sink could not take",
    labelNames: ["sink"],
    registers,
    collect() {
      lost.reset();
      for (const [sink, count] of lostLines()) lost.inc({ sink }, count);
    },
  });
  const spans: Counter<"outcome"> = new Counter({
    name: names.traceSpans,
    help: "Spans of traces by what became of them",
    labelNames: ["outcome"],
    registers,
    collect() {
      spans.reset();
      for (const [outcome, count] of Object.entries(spanCounts)) spans.inc({ outcome }, count);
    },
  });
  const usage: Gauge<"resource"> = new Gauge({
    name: names.resourceUsage,
    help: "Share of this machine's (or container's) resource in use, 0 to 1",
    labelNames: ["resource"],
    registers,
    async collect() {
      const { cpuUsage, memoryUsage, diskUsage } = await readResources(disk);
      usage.set({ resource: "cpu" }, cpuUsage / 100);
      usage.set({ resource: "memory" }, memoryUsage / 100);
      usage.set({ resource: "disk" }, diskUsage / 100);
    },
  });
}

/** What the worker counts about reports. */
export type ReportMetrics = {
  readonly completed: Counter<"outcome">;
  readonly failed: Counter<"code">;
  readonly deadLetters: Counter<"reason">;
  readonly complianceFailures: Counter;
  readonly pipelineDuration: Histogram;
  readonly agentDuration: Histogram<"agent" | "outcome">;
  readonly dataQuality: Gauge;
};

/** Adds the report metrics to a process's registry; counters start at 0, so that an alert's `rate()` sees the first failure. */
export function reportMetrics(registry: Registry): ReportMetrics {
  const registers = [registry];
  const completed = new Counter({
    name: names.reportsCompleted,
    help: "Reports that reached their end",
    labelNames: ["outcome"],
    registers,
  });
  const failed = new Counter({
    name: names.reportsFailed,
    help: "Reports that ended in failure, by error code",
    labelNames: ["code"],
    registers,
  });
  completed.inc({ outcome: "ok" }, 0);
  completed.inc({ outcome: "warnings" }, 0);
  failed.inc({ code: "csrd-defect" }, 0);
  const deadLetters = new Counter({
    name: names.deadLetters,
    help: "Reports given up by the platform, by reason; each is among the failed ones as well",
    labelNames: ["reason"],
    registers,
  });
  for (const reason of ["unreachable", "refused", "memory-limit", "time-limit", "poison", "queue-lost"])
    deadLetters.inc({ reason }, 0);
  return {
    completed,
    failed,
    deadLetters,
    complianceFailures: new Counter({
      name: names.complianceFailures,
      help: "Reports whose compliance audit failed",
      registers,
    }),
    pipelineDuration: new Histogram({
      name: names.pipelineDuration,
      help: "Seconds from acceptance of a report to its end",
      buckets: [1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1200, 1800, 2700, 3600, 7200],
      registers,
    }),
    agentDuration: new Histogram({
      name: names.agentDuration,
      help: "Seconds one agent took for one report",
      labelNames: ["agent", "outcome"],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 45, 120, 300, 900],
      registers,
    }),
    dataQuality: new Gauge({
      name: names.dataQuality,
      help: "Data quality score of the latest report, 0 to 100",
      registers,
    }),
  };
}
