import type { AgentResult, Artifacts } from "../agent.ts";
import type { AgentName } from "../contract.ts";
import type { ReportFiles } from "../storage/report-files.ts";
import type { Log } from "../telemetry/log.ts";
import { inSpan } from "../telemetry/trace.ts";
import { Receipt, receiptName, type RunRequest } from "./agent-protocol.ts";
import type { StageRefusal } from "./run-stage.ts";
import type { StageNews } from "./stage-messages.ts";
import type { StageRunner } from "./stage-pool.ts";

/** The end of one stage; `repeated` when it had been reached before this request. */
export type StageEnd =
  | { readonly kind: "result"; readonly result: AgentResult; readonly ms: number; readonly repeated: boolean }
  | StageRefusal
  | { readonly kind: "stopped" };

/** What one agent's service works with. */
export type AgentRoom = {
  readonly name: AgentName;
  readonly files: ReportFiles;
  readonly stages: StageRunner;
  readonly stageLimitMs: number;
  readonly version: string;
  readonly log: Log;
  /** Whatever a stage would count. */
  readonly measure: (measure: Extract<StageNews, { kind: "measure" }>["measure"]) => void;
};

/** What a caller hears while a stage works, and whether it still listens. */
type Caller = {
  readonly hear: (news: StageNews) => void;
  readonly gone: AbortSignal;
};

/** Runs stages once. */
export type OnceRunner = {
  run(request: RunRequest, caller: Caller): Promise<StageEnd>;
  /** Stops a report's stage and waits until it has put down its pen; false when there is none. */
  stop(reportId: string): Promise<boolean>;
  /** Stops every stage in hand. */
  stopAll(): Promise<void>;
};

/** How long a stage whose callers are all gone goes on, for one who takes the report over to find its work. */
const orphanMs = 60_000;

type UnderWay = {
  readonly work: Promise<StageEnd>;
  readonly ending: AbortController;
  readonly callers: Set<Caller>;
  isStarted: boolean;
  orphan: NodeJS.Timeout | undefined;
};

/**
 * Runs an agent for a report at most once at a time in this process, and not again once its receipt is kept:
 * a repeated request joins the one under way or gets the kept result.
 */
export function onceRunner(room: AgentRoom): OnceRunner {
  const underWay = new Map<string, UnderWay>();
  const join = async (stage: UnderWay, caller: Caller): Promise<StageEnd> => {
    stage.callers.add(caller);
    clearTimeout(stage.orphan);
    if (stage.isStarted) caller.hear({ kind: "started" });
    const leave = (): void => {
      stage.callers.delete(caller);
      if (stage.callers.size === 0) stage.orphan = setTimeout(() => stage.ending.abort(), orphanMs).unref();
    };
    caller.gone.addEventListener("abort", leave, { once: true });
    return stage.work.finally(() => caller.gone.removeEventListener("abort", leave));
  };
  return {
    run: async (request, caller) => {
      const joined = underWay.get(request.reportId);
      if (joined !== undefined) {
        const end = await join(joined, caller);
        return end.kind === "result" ? { ...end, repeated: true } : end;
      }
      const ending = new AbortController();
      const callers = new Set<Caller>();
      const tell = (news: StageNews): void => {
        if (news.kind === "started") stage.isStarted = true;
        for (const { hear } of callers) hear(news);
      };
      const work = runOnce(room, request, ending.signal, tell).finally(() => {
        clearTimeout(stage.orphan);
        underWay.delete(request.reportId);
      });
      const stage: UnderWay = { work, ending, callers, isStarted: false, orphan: undefined };
      underWay.set(request.reportId, stage);
      return join(stage, caller);
    },
    stop: async (reportId) => {
      const stage = underWay.get(reportId);
      stage?.ending.abort();
      await stage?.work.catch(() => undefined);
      return stage !== undefined;
    },
    stopAll: async () => {
      for (const { ending } of underWay.values()) ending.abort();
      await Promise.allSettled([...underWay.values()].map(({ work }) => work));
    },
  };
}

async function runOnce(
  room: AgentRoom,
  request: RunRequest,
  signal: AbortSignal,
  tell: (news: StageNews) => void,
): Promise<StageEnd> {
  const { name, log } = room;
  const { reportId } = request;
  const key = `${reportId}/${name}`;
  const artifacts = room.files.of(reportId);
  const receipt = await readReceipt(artifacts, name, key);
  if (receipt !== undefined)
    return { kind: "result", result: receipt.result, ms: receipt.ms, repeated: true };
  let from = performance.now();
  log.info("Agent started", { report_id: reportId, agent: agentLabel(name) });
  const hear = (news: StageNews): void => {
    if (news.kind === "log") log.write(news.level, news.message, { report_id: reportId, ...news.context });
    else if (news.kind === "measure") room.measure(news.measure);
    else {
      // Waiting for a turn is not the stage's own time.
      if (news.kind === "started") from = performance.now();
      tell(news);
    }
  };
  const limitMs = Math.min(room.stageLimitMs, request.limitMs ?? room.stageLimitMs);
  const facts = { "csrd.agent": name, "csrd.report_id": reportId };
  const outcome = await inSpan(`agent ${name}`, "internal", facts, async (span) => {
    const ended = await room.stages.run({ reportId, now: request.now, limitMs, signal, hear });
    if (ended.kind === "refused") span.fail(ended.code);
    span.set({ "csrd.outcome": ended.kind === "result" ? ended.result.status : ended.kind });
    return ended;
  });
  if (outcome.kind !== "result") return outcome;
  if (signal.aborted) return { kind: "stopped" };
  const { result } = outcome;
  const ms = Math.round(performance.now() - from);
  const kept: Receipt = { key, now: request.now, result, ms, version: room.version };
  await artifacts.write(receiptName(name), `${JSON.stringify(kept)}\n`);
  // The agent itself has said what is wrong; a second ERROR line would count its failure twice.
  log.info("Agent completed", {
    report_id: reportId,
    agent: agentLabel(name),
    status: result.status,
    processing_time_seconds: ms / 1000,
  });
  return { kind: "result", result, ms, repeated: false };
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
