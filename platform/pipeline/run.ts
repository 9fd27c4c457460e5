import type { Agent, AgentResult, AgentWork } from "../agent.ts";
import { type AgentName, agentNames } from "../contract.ts";

/** What a run needs beside an agent's own work. */
export type PipelineWork = Omit<AgentWork, "progress"> & {
  /** Called around every stage and with its counts, for terminals and checkpoints. */
  readonly onStage?: (stage: StageEvent) => void;
  /** Only these stages, in the pipeline's order; all of them when left out. */
  readonly stages?: readonly AgentName[];
  /** How many stages that do not need each other may work at the same time; one when left out. */
  readonly atOnce?: number;
};

/** A stage began, has come so far, or ended with its result and its duration in milliseconds. */
export type StageEvent =
  | { readonly kind: "started"; readonly agent: AgentName }
  | {
      readonly kind: "progress";
      readonly agent: AgentName;
      readonly done: number;
      readonly total: number | undefined;
      readonly what: string;
    }
  | { readonly kind: "ended"; readonly agent: AgentName; readonly result: AgentResult; readonly ms: number };

/** The outcome of a whole run; `status` is the worst of its stages. */
export type PipelineResult = {
  readonly reportId: string;
  readonly status: AgentResult["status"];
  readonly stages: readonly {
    readonly agent: AgentName;
    readonly result: AgentResult;
    readonly ms: number;
  }[];
};

const order = { ok: 0, warnings: 1, failed: 2 } as const;

/** A stage by its name; its code is read when it is asked for: a single stage does not pay for the others. */
export const loadAgent: Readonly<Record<AgentName, () => Promise<Agent>>> = {
  intake: async () => (await import("../agents/intake.ts")).intake,
  materiality: async () => (await import("../agents/materiality.ts")).materiality,
  calculator: async () => (await import("../agents/calculator.ts")).calculator,
  aggregator: async () => (await import("../agents/aggregator.ts")).aggregator,
  reporting: async () => (await import("../agents/reporting.ts")).reporting,
  audit: async () => (await import("../agents/audit.ts")).audit,
};

/** The stages whose documents a stage reads; everything else may be worked on at the same time. */
export const needs: Readonly<Record<AgentName, readonly AgentName[]>> = {
  intake: [],
  materiality: ["intake"],
  calculator: ["intake"],
  aggregator: ["intake", "calculator"],
  reporting: ["intake", "materiality", "calculator", "aggregator"],
  audit: ["intake", "materiality", "calculator", "reporting"],
};

/** Runs the agents in one process, in order. A stage that refuses throws its coded error; a failed audit does not stop what was written. */
export async function runPipeline({
  onStage,
  stages: wanted = agentNames,
  atOnce = 1,
  ...work
}: PipelineWork): Promise<PipelineResult> {
  const stages: { agent: AgentName; result: AgentResult; ms: number }[] = [];
  const waiting = agentNames.filter((agent) => wanted.includes(agent));
  const working = new Map<AgentName, Promise<void>>();
  const one = async (agent: AgentName): Promise<void> => {
    onStage?.({ kind: "started", agent });
    const from = performance.now();
    const result = await (await loadAgent[agent]()).run({
      ...work,
      progress: (done, total, what) => onStage?.({ kind: "progress", agent, done, total, what }),
    });
    const ms = Math.round(performance.now() - from);
    stages.push({ agent, result, ms });
    onStage?.({ kind: "ended", agent, result, ms });
    if (result.status === "failed" && agent !== "audit") waiting.length = 0;
  };
  try {
    while (waiting.length > 0 || working.size > 0) {
      work.signal?.throwIfAborted();
      const next = waiting.find((agent) =>
        needs[agent].every((name) => !waiting.includes(name) && !working.has(name)),
      );
      if (next !== undefined && working.size < atOnce) {
        waiting.splice(waiting.indexOf(next), 1);
        working.set(
          next,
          one(next).finally(() => working.delete(next)),
        );
      } else await Promise.race(working.values());
    }
  } finally {
    // A stage that refuses ends the run when the others have put down their pens.
    await Promise.allSettled(working.values());
  }
  const status = stages.reduce<AgentResult["status"]>(
    (worst, { result }) => (order[result.status] > order[worst] ? result.status : worst),
    "ok",
  );
  return {
    reportId: work.reportId,
    status,
    stages: stages.toSorted((a, b) => agentNames.indexOf(a.agent) - agentNames.indexOf(b.agent)),
  };
}
