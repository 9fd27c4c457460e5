import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { metrics as names } from "../contract.ts";

/** The metrics of one process; every process answers them on `/metrics`. */
export type Metrics = {
  readonly registry: Registry;
  readonly httpRequests: Counter<"method" | "route" | "status">;
  readonly httpDuration: Histogram<"method" | "route">;
  readonly authFailures: Counter<"reason">;
};

/** HTTP and process metrics, with the build named in `csrd_build_info`. */
export function createMetrics(build: {
  readonly service: string;
  readonly instance: string;
  readonly version: string;
}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: "csrd_build_info",
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

/** What the worker counts about reports. */
export type ReportMetrics = {
  readonly completed: Counter<"outcome">;
  readonly failed: Counter<"code">;
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
  return {
    completed,
    failed,
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
