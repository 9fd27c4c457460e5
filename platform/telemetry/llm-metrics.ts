import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { type metrics as contract, metrics as names } from "../contract.ts";
import { metricFacts } from "./metric-facts.ts";

/** What the materiality agent's stages measure of language models, there from the start, so that an alert's `rate()` sees the first one. */
export function llmMetrics(registry: Registry): void {
  const options = (key: keyof typeof contract) => ({
    name: names[key],
    help: metricFacts[key].about,
    labelNames: [...metricFacts[key].labels],
    registers: [],
  });
  for (const key of ["llmRequests", "llmTokens", "llmCost", "llmAnswers", "guardrails"] as const)
    registry.registerMetric(new Counter(options(key)));
  for (const key of ["breakerState", "llmPlace", "llmFailing"] as const)
    registry.registerMetric(new Gauge(options(key)));
  const buckets = [0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120];
  registry.registerMetric(new Histogram({ ...options("llmDuration"), buckets }));
}
