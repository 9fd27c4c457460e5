import type { AgentResult } from "../agent.ts";
import { type AgentName, agentNames } from "../contract.ts";
import type { Database } from "../storage/database.ts";
import type { ReportError } from "../storage/report.ts";
import {
  beginStage,
  completeStage,
  findAnyReport,
  finishReport,
  listStages,
  noteWaiting,
} from "../storage/reports.ts";
import type { Log } from "../telemetry/log.ts";
import type { ReportMetrics } from "../telemetry/metrics.ts";
import type { AgentClient } from "./agent-client.ts";

/** What is needed to take reports through the stages. */
export type ProcessParts = {
  readonly database: Database;
  readonly agents: AgentClient;
  readonly metrics: ReportMetrics;
  readonly log: Log;
  /** Name of this worker, kept with every event. */
  readonly worker: string;
};

/** How far a report came. `again`: a stage could not be reached. `released`: this worker stops and another goes on. */
export type Processed =
  | { readonly kind: "finished" }
  | { readonly kind: "failed"; readonly error: ReportError }
  | { readonly kind: "again"; readonly why: "unreachable" | "refused"; readonly error: ReportError }
  | { readonly kind: "released" };

/** Ways to stop between two stages (`pause`), or within one (`release`): the agent's work goes on and is found by whoever resumes. */
export type Stopping = { readonly pause: AbortSignal; readonly release: AbortSignal };

/** Takes one report through its remaining stages, in order. `checkpoint` is awaited after each. */
export async function processReport(
  parts: ProcessParts,
  reportId: string,
  checkpoint: (done: readonly AgentName[]) => Promise<void>,
  { pause, release }: Stopping,
): Promise<Processed> {
  const { database, log } = parts;
  const report = await findAnyReport(database, reportId);
  if (report === undefined) return { kind: "failed", error: lost(reportId) };
  if (report.finishedAt !== undefined) return { kind: "finished" };

  // The database says what is done; the queue's checkpoint is its copy.
  const results = new Map((await listStages(database, reportId)).map(({ agent, result }) => [agent, result]));
  log.info(results.size === 0 ? "Pipeline started" : "Pipeline resumed", {
    report_id: reportId,
    stages_done: results.size,
    worker: parts.worker,
  });
  for (const agent of agentNames) {
    if (results.has(agent)) continue;
    if (pause.aborted || release.aborted) return { kind: "released" };
    await beginStage(database, reportId, agent, parts.worker);
    const answer = await parts.agents(agent, { reportId, now: report.acceptedAt.toISOString() }, release);
    if (release.aborted && answer.kind === "unreachable") return { kind: "released" };
    if (answer.kind === "unreachable")
      return later(parts, reportId, "unreachable", unreachable(agent, answer.reason));
    if (answer.kind === "refused") {
      parts.metrics.agentDuration.observe({ agent, outcome: "failed" }, 0);
      const error = { code: answer.code, message: answer.message, hint: answer.hint };
      return answer.retry ? later(parts, reportId, "refused", error) : fail(parts, reportId, error);
    }
    const { result, ms } = answer;
    await completeStage(database, reportId, { agent, result, ms, worker: parts.worker });
    results.set(agent, result);
    observe(parts.metrics, agent, result, ms);
    await checkpoint([...results.keys()]);
    if (result.status === "failed" && agent !== "audit")
      return fail(parts, reportId, stageFailed(agent, result));
  }
  return complete(parts, reportId, results);
}

async function complete(
  { database, metrics, log }: ProcessParts,
  reportId: string,
  results: ReadonlyMap<AgentName, AgentResult>,
): Promise<Processed> {
  const statuses = [...results.values()].map((result) => result.status);
  const outcome = statuses.includes("failed") ? "failed" : statuses.includes("warnings") ? "warnings" : "ok";
  const ms = await finishReport(database, reportId, { status: "completed", outcome });
  if (ms === undefined) return { kind: "finished" };
  metrics.pipelineDuration.observe(ms / 1000);
  metrics.completed.inc({ outcome });
  log.info("Pipeline completed", { report_id: reportId, outcome, processing_time_seconds: ms / 1000 });
  return { kind: "finished" };
}

/** Ends a report as failed: recorded, counted and logged once, however often it is called. */
export async function fail(
  { database, metrics, log }: Omit<ProcessParts, "agents">,
  reportId: string,
  error: ReportError,
): Promise<Processed> {
  const ms = await finishReport(database, reportId, { status: "failed", error });
  if (ms !== undefined) {
    metrics.failed.inc({ code: error.code });
    metrics.pipelineDuration.observe(ms / 1000);
    log.named("pipeline").error("Pipeline failed", {
      report_id: reportId,
      code: error.code,
      error_message: error.message,
      processing_time_seconds: ms / 1000,
    });
  }
  return { kind: "failed", error };
}

async function later(
  parts: ProcessParts,
  reportId: string,
  why: "unreachable" | "refused",
  error: ReportError,
): Promise<Processed> {
  await noteWaiting(parts.database, reportId, error);
  parts.log.warning("Pipeline waits", {
    report_id: reportId,
    code: error.code,
    error_message: error.message,
  });
  return { kind: "again", why, error };
}

function observe(metrics: ReportMetrics, agent: AgentName, result: AgentResult, ms: number): void {
  metrics.agentDuration.observe({ agent, outcome: result.status }, ms / 1000);
  const quality = result.figures["quality_score"];
  if (agent === "intake" && typeof quality === "number") metrics.dataQuality.set(quality);
  if (agent === "audit" && result.status === "failed") metrics.complianceFailures.inc();
}

function unreachable(agent: AgentName, reason: string): ReportError {
  return {
    code: "agent-unreachable",
    message: `The ${agent} agent did not answer (${reason}).`,
    hint: "It is tried again by itself; check that the agent runs.",
  };
}

function stageFailed(agent: AgentName, result: AgentResult): ReportError {
  return {
    code: "stage-failed",
    message: result.summary,
    hint: `Correct what the ${agent} stage found and send a new report.`,
  };
}

function lost(reportId: string): ReportError {
  return {
    code: "report-unknown",
    message: `The database has no report ${reportId}.`,
    hint: "It was never accepted; nothing to do.",
  };
}
