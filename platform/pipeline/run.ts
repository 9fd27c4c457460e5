import type { AgentResult, AgentWork } from "../agent.ts";
import { agents } from "../agents/index.ts";
import { type AgentName, agentNames } from "../contract.ts";

/** What a whole run needs beside an agent's own work: called around every stage, for terminals and checkpoints. */
export type PipelineWork = AgentWork & {
  readonly onStage?: (stage: StageEvent) => void;
};

/** A stage began, or ended with its result and its duration in milliseconds. */
export type StageEvent =
  | { readonly kind: "started"; readonly agent: AgentName }
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

/** Runs the six agents in one process, in order. A stage that refuses throws its coded error; a failed audit does not stop what was written. */
export async function runPipeline({ onStage, ...work }: PipelineWork): Promise<PipelineResult> {
  const stages: { agent: AgentName; result: AgentResult; ms: number }[] = [];
  for (const agent of agentNames) {
    work.signal?.throwIfAborted();
    onStage?.({ kind: "started", agent });
    const from = performance.now();
    const result = await agents[agent].run(work);
    const ms = Math.round(performance.now() - from);
    stages.push({ agent, result, ms });
    onStage?.({ kind: "ended", agent, result, ms });
    if (result.status === "failed" && agent !== "audit") break;
  }
  const status = stages.reduce<AgentResult["status"]>(
    (worst, { result }) => (order[result.status] > order[worst] ? result.status : worst),
    "ok",
  );
  return { reportId: work.reportId, status, stages };
}
