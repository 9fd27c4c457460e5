import type { Agent, AgentResult, Artifacts } from "../agent.ts";
import type { ReportFiles } from "../storage/report-files.ts";
import type { Log } from "../telemetry/log.ts";
import { inSpan } from "../telemetry/trace.ts";
import { Receipt, receiptName, type RunRequest } from "./agent-protocol.ts";

/** The end of one stage, and whether it had been reached before this request. */
export type StageEnd = { readonly result: AgentResult; readonly ms: number; readonly repeated: boolean };

/** What one agent's service works with. */
export type AgentRoom = {
  readonly agent: Agent;
  readonly files: ReportFiles;
  readonly version: string;
  readonly log: Log;
};

/** Called as work proceeds, with real counts. */
export type OnProgress = (done: number, total: number | undefined, what: string) => void;

/**
 * Runs an agent for a report at most once at a time in this process, and not again once its receipt is kept:
 * a repeated request joins the one under way or gets the kept result.
 */
export function onceRunner(
  room: AgentRoom,
): (request: RunRequest, onProgress: OnProgress) => Promise<StageEnd> {
  const underWay = new Map<string, Promise<StageEnd>>();
  return async (request, onProgress) => {
    const key = `${request.reportId}/${room.agent.name}`;
    const joined = underWay.get(key);
    if (joined !== undefined) return { ...(await joined), repeated: true };
    const work = runOnce(room, key, request, onProgress).finally(() => underWay.delete(key));
    underWay.set(key, work);
    return work;
  };
}

async function runOnce(
  room: AgentRoom,
  key: string,
  request: RunRequest,
  onProgress: OnProgress,
): Promise<StageEnd> {
  const { agent, log } = room;
  const artifacts = room.files.of(request.reportId);
  const receipt = await readReceipt(artifacts, agent.name, key);
  if (receipt !== undefined) return { result: receipt.result, ms: receipt.ms, repeated: true };
  const from = performance.now();
  const now = new Date(request.now);
  log.info("Agent started", { report_id: request.reportId, agent: agentLabel(agent.name) });
  const facts = { "csrd.agent": agent.name, "csrd.report_id": request.reportId };
  const result = await inSpan(`agent ${agent.name}`, "internal", facts, async (span) => {
    const ended = await agent.run({
      reportId: request.reportId,
      artifacts,
      now: () => now,
      log: (level, message, context) => log.write(level, message, { report_id: request.reportId, ...context }),
      progress: onProgress,
    });
    span.set({ "csrd.outcome": ended.status });
    return ended;
  });
  const ms = Math.round(performance.now() - from);
  const kept: Receipt = { key, now: request.now, result, ms, version: room.version };
  await artifacts.write(receiptName(agent.name), `${JSON.stringify(kept)}\n`);
  // The agent itself has said what is wrong; a second ERROR line would count its failure twice.
  log.info("Agent completed", {
    report_id: request.reportId,
    agent: agentLabel(agent.name),
    status: result.status,
    processing_time_seconds: ms / 1000,
  });
  return { result, ms, repeated: false };
}

/** An agent's name as the manual's log lines have it: IntakeAgent. */
export function agentLabel(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}Agent`;
}

async function readReceipt(artifacts: Artifacts, agent: string, key: string): Promise<Receipt | undefined> {
  const name = receiptName(agent);
  if (!(await artifacts.exists(name))) return undefined;
  const parsed = Receipt.safeParse(JSON.parse(Buffer.from(await artifacts.read(name)).toString("utf8")));
  return parsed.success && parsed.data.key === key ? parsed.data : undefined;
}
