import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Measure } from "../agent.ts";
import { type AgentName, metrics as names } from "../contract.ts";
import { switchScopes, type WatchedSwitches } from "../service/switches.ts";
import type { StageEnd } from "./run-agent.ts";
import type { StageRunner } from "./stage-pool.ts";

/** What an agent's service counts of its stages. */
export type AgentMetrics = {
  /** One request has ended: with the stage's status, or refused, or stopped. */
  readonly ended: (end: StageEnd) => void;
  /** Shows how many stages run and wait. */
  readonly watch: (stages: Pick<StageRunner, "load">) => void;
  /** Takes over what a stage has measured in its own process. */
  readonly measure: (measure: Measure) => void;
};

/** Rate, errors and load of one agent, the switches it sees, and whatever its stages measure themselves. */
export function agentMetrics(registry: Registry, agent: AgentName, switches: WatchedSwitches): AgentMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: names.agentRequests,
    help: "Stages asked of an agent, by how they ended",
    labelNames: ["agent", "outcome"],
    registers,
  });
  for (const outcome of ["ok", "warnings", "failed", "refused", "stopped"])
    requests.inc({ agent, outcome }, 0);
  switchGauge(registry, switches);
  return {
    watch: (stages) => {
      const load = new Gauge({
        name: names.agentStages,
        help: "Stages of an agent that run or wait for their turn",
        labelNames: ["agent", "state"],
        registers,
        collect() {
          for (const [state, value] of Object.entries(stages.load())) load.set({ agent, state }, value);
        },
      });
    },
    ended: (end) => requests.inc({ agent, outcome: end.kind === "result" ? end.result.status : end.kind }),
    measure: (measure) => {
      const { kind, metric, labels, value } = measure;
      const found = registry.getSingleMetric(metric) ?? made(registry, measure);
      if (kind === "count" && found instanceof Counter) found.inc(labels, value);
      else if (kind === "time" && found instanceof Histogram) found.observe(labels, value);
      else if (kind === "level" && found instanceof Gauge) found.set(labels, value);
    },
  };
}

/** `csrd_switched_off`: 1 for each scope that is off, as this process sees it. */
export function switchGauge(registry: Registry, switches: WatchedSwitches): void {
  const gauge = new Gauge({
    name: names.switchedOff,
    help: "1 when everything (all), one agent, or asking language models (llm) or those of one vendor (llm-…) is switched off",
    labelNames: ["scope"],
    registers: [registry],
    collect() {
      const off = new Set(switches.all().map(({ scope }) => scope));
      for (const scope of switchScopes) gauge.set({ scope }, off.has(scope) ? 1 : 0);
    },
  });
}

function made(registry: Registry, { kind, metric, labels }: Measure): Counter | Histogram | Gauge {
  const options = {
    name: metric,
    help: "Measured by the agent's stages",
    labelNames: Object.keys(labels),
    registers: [registry],
  };
  if (kind === "count") return new Counter(options);
  return kind === "level"
    ? new Gauge(options)
    : new Histogram({ ...options, buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120] });
}
