import type { AgentResult } from "../agent.ts";
import { type AgentName, agentNames } from "../contract.ts";
import type { CsrdError } from "../errors.ts";
import { switchedOff, type WatchedSwitches } from "../service/switches.ts";
import type { Database } from "../storage/database.ts";
import type { ReportError } from "../storage/report.ts";
import {
  confirmCancelled,
  countKill,
  type DeadLetterReason,
  giveUp,
  noteKept,
} from "../storage/report-ends.ts";
import { messageOf } from "../service/error-facts.ts";
import type { ReportFiles } from "../storage/report-files.ts";
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
import type { AgentClient, Unreachable } from "./agent-client.ts";
import type { RunRequest } from "./agent-protocol.ts";
import { clearAway } from "./cancel-report.ts";
import type { ReportQueue } from "./report-queue.ts";
import type { StageRefusal } from "./run-stage.ts";

/** What is needed to take reports through the stages. */
export type ProcessParts = {
  readonly database: Database;
  readonly queue: ReportQueue;
  readonly files: ReportFiles;
  readonly agents: AgentClient;
  readonly switches: Pick<WatchedSwitches, "off">;
  readonly metrics: ReportMetrics;
  readonly log: Log;
  /** Name of this worker, kept with every event. */
  readonly worker: string;
  /** Milliseconds that all stages of one report may run together. */
  readonly reportLimitMs: number;
};

/**
 * How far a report came. `again`: a stage could not be reached, refused for now, or is switched off. `released`: this worker stops and another
 * goes on. `let-go`: cancelled, or kept by an operator. `given-up`: by the platform, with its reason.
 */
export type Processed =
  | { readonly kind: "finished" | "released" | "let-go" }
  | { readonly kind: "failed" | "given-up"; readonly error: ReportError }
  | {
      readonly kind: "again";
      readonly why: "unreachable" | "refused" | "switched-off";
      readonly error: ReportError;
    };

/**
 * Ways to stop: between two stages (`pause`), within one and leaving it to whoever resumes (`release`), or within one and stopping the agent
 * as well (`halt`). `entering` hears which stage begins.
 */
export type Stopping = {
  readonly pause: AbortSignal;
  readonly release: AbortSignal;
  readonly halt: AbortSignal;
  readonly entering: (agent: AgentName) => void;
};

/** After this many deaths of an agent's process in one stage, the report is taken for the cause. */
const mostKills = 5;

/** Takes one report through its remaining stages, in order. `checkpoint` is awaited after each. */
export async function processReport(
  parts: ProcessParts,
  reportId: string,
  checkpoint: (done: readonly AgentName[]) => Promise<void>,
  stopping: Stopping,
): Promise<Processed> {
  const { database, log, switches } = parts;
  const { pause, release, halt } = stopping;
  const report = await findAnyReport(database, reportId);
  if (report === undefined) return { kind: "failed", error: lost(reportId) };
  if (report.finishedAt !== undefined) return { kind: "finished" };

  // The database says what is done; the queue's checkpoint is its copy.
  const stages = await listStages(database, reportId);
  const results = new Map(stages.map(({ agent, result }) => [agent, result]));
  let spentMs = stages.reduce((sum, { ms }) => sum + ms, 0);
  log.info(results.size === 0 ? "Pipeline started" : "Pipeline resumed", {
    report_id: reportId,
    stages_done: results.size,
    worker: parts.worker,
  });
  for (const agent of agentNames) {
    if (results.has(agent)) continue;
    if (pause.aborted || release.aborted) return { kind: "released" };
    const off = switches.off(agent);
    if (off !== undefined) return later(parts, reportId, "switched-off", errorOf(switchedOff(off)));
    const limitMs = parts.reportLimitMs - spentMs;
    if (limitMs <= 0)
      return abandon(parts, reportId, "time-limit", reportTime(parts.reportLimitMs, agent), 1);
    if (!(await beginStage(database, reportId, agent, parts.worker))) return letGo(parts, reportId);
    stopping.entering(agent);
    const request = { reportId, now: report.acceptedAt.toISOString(), limitMs };
    const answer = await haltable(parts.agents, agent, request, release, halt);
    if (release.aborted && answer.kind === "unreachable") return { kind: "released" };
    if (halt.aborted && answer.kind !== "result") {
      const since = switches.off(agent);
      return since === undefined
        ? letGo(parts, reportId)
        : later(parts, reportId, "switched-off", errorOf(switchedOff(since)));
    }
    if (answer.kind === "unreachable") return missed(parts, reportId, agent, answer);
    if (answer.kind === "refused") return refused(parts, reportId, agent, answer);
    const { result, ms } = answer;
    await completeStage(database, reportId, { agent, result, ms, worker: parts.worker });
    results.set(agent, result);
    spentMs += ms;
    observe(parts.metrics, agent, result, ms);
    await checkpoint([...results.keys()]);
    if (result.status === "failed" && agent !== "audit")
      return fail(parts, reportId, stageFailed(agent, result));
  }
  const off = switches.off("all");
  if (off !== undefined) return later(parts, reportId, "switched-off", errorOf(switchedOff(off)));
  return complete(parts, reportId, results);
}

/** Calls an agent; when the report is halted, the agent is stopped first, and only then the call is given up. */
async function haltable(
  agents: AgentClient,
  agent: AgentName,
  request: RunRequest,
  release: AbortSignal,
  halt: AbortSignal,
): ReturnType<AgentClient["run"]> {
  const cut = new AbortController();
  let stopped: Promise<void> | undefined;
  const onHalt = (): void => {
    stopped = agents.stop(agent, request.reportId).finally(() => cut.abort());
  };
  if (halt.aborted) return { kind: "unreachable", reason: "halted", midway: false };
  halt.addEventListener("abort", onHalt, { once: true });
  const answer = await agents.run(agent, request, AbortSignal.any([release, cut.signal]));
  halt.removeEventListener("abort", onHalt);
  await stopped;
  return answer;
}

async function missed(
  parts: ProcessParts,
  reportId: string,
  agent: AgentName,
  { reason, midway }: Unreachable,
): Promise<Processed> {
  const kills = midway ? await countKill(parts.database, reportId) : 0;
  if (kills >= mostKills) return abandon(parts, reportId, "poison", poison(agent, kills), kills);
  return later(parts, reportId, "unreachable", unreachable(agent, reason));
}

/**
 * Refusals that say nothing about the report: it waits like for an agent that does not answer. A file that is not there is one of them, because a
 * report is accepted with all its files and a stage begins behind the last: the store's folder is not mounted, or is another.
 */
const awayCodes: ReadonlySet<string> = new Set([
  "agent-unreachable",
  "storage-full",
  "files-unreachable",
  "files-refused",
  "artifact-missing",
]);

async function refused(
  parts: ProcessParts,
  reportId: string,
  agent: AgentName,
  { code, message, hint, retry }: StageRefusal,
): Promise<Processed> {
  const error = { code, message, hint };
  if (code === "switched-off") return later(parts, reportId, "switched-off", error);
  if (awayCodes.has(code)) return later(parts, reportId, "unreachable", error);
  parts.metrics.agentDuration.observe({ agent, outcome: "failed" }, 0);
  if (code === "memory-limit" || code === "time-limit") return abandon(parts, reportId, code, error, 1);
  return retry ? later(parts, reportId, "refused", error) : fail(parts, reportId, error);
}

/** Lets go of a report that its sender took back or an operator keeps; nothing of it is published from here on. */
async function letGo(parts: ProcessParts, reportId: string): Promise<Processed> {
  const { database, log } = parts;
  if (await confirmCancelled(database, reportId)) {
    log.info("Pipeline cancelled", { report_id: reportId });
    await clearAway({ queue: { remove: async () => undefined }, files: parts.files }, reportId);
  } else if (await noteKept(database, reportId))
    log.warning("Pipeline kept by an operator", { report_id: reportId });
  return { kind: "let-go" };
}

/** Gives a report up: recorded, counted and logged once, however often it is called. */
export async function abandon(
  { database, metrics, log }: Pick<ProcessParts, "database" | "metrics" | "log">,
  reportId: string,
  reason: DeadLetterReason,
  error: ReportError,
  attempts: number,
): Promise<Processed> {
  const ms = await giveUp(database, reportId, { reason, error, attempts });
  if (ms !== undefined) {
    metrics.deadLetters.inc({ reason });
    metrics.failed.inc({ code: error.code });
    metrics.pipelineDuration.observe(ms / 1000);
    log.error("Pipeline given up", {
      report_id: reportId,
      reason,
      code: error.code,
      error_message: error.message,
      attempts,
      processing_time_seconds: ms / 1000,
    });
  }
  return { kind: "given-up", error };
}

async function complete(
  parts: ProcessParts,
  reportId: string,
  results: ReadonlyMap<AgentName, AgentResult>,
): Promise<Processed> {
  const { database, metrics, log } = parts;
  const statuses = [...results.values()].map((result) => result.status);
  const outcome = statuses.includes("failed") ? "failed" : statuses.includes("warnings") ? "warnings" : "ok";
  const ms = await finishReport(database, reportId, { status: "completed", outcome });
  // Cancelled in its last moment: then it is not published.
  if (ms === undefined) return letGo(parts, reportId);
  metrics.pipelineDuration.observe(ms / 1000);
  metrics.completed.inc({ outcome });
  log.info("Pipeline completed", { report_id: reportId, outcome, processing_time_seconds: ms / 1000 });
  await index(parts, reportId);
  return { kind: "finished" };
}

/** Makes the report's lineage known to questions over all reports; `csrd lineage --rebuild` does it again where this failed. */
async function index({ database, files, log }: ProcessParts, reportId: string): Promise<void> {
  try {
    const { indexLineage } = await import("../storage/lineage-index.ts");
    await indexLineage(database, files.of(reportId), reportId);
  } catch (error) {
    log.warning("Lineage not indexed", { report_id: reportId, error_message: messageOf(error) });
  }
}

/** Ends a report as failed: recorded, counted and logged once, however often it is called. */
async function fail(
  { database, metrics, log }: Pick<ProcessParts, "database" | "metrics" | "log">,
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
  why: "unreachable" | "refused" | "switched-off",
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

function poison(agent: AgentName, kills: number): ReportError {
  return {
    code: "poison-report",
    message: `The ${agent} agent ended ${kills} times while it worked on this report.`,
    hint: "Look at the agent's last log lines before the report is put back (csrd queue requeue).",
  };
}

function reportTime(limitMs: number, agent: AgentName): ReportError {
  return {
    code: "time-limit",
    message: `The stages before ${agent} took the ${Math.round(limitMs / 1000)} s that the whole report may take.`,
    hint: "Have CSRD_REPORT_TIMEOUT_MS raised and the report put back.",
  };
}

function errorOf({ code, summary, hint }: CsrdError): ReportError {
  return { code, message: summary, hint };
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
