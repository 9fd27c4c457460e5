import { PassThrough } from "node:stream";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { isCodedError } from "#kit/errors.ts";
import type { Agent } from "../agent.ts";
import { messageOf } from "../service/error-facts.ts";
import { httpServer } from "../service/http-server.ts";
import { Problem } from "../service/problem.ts";
import type { Models, ModelsHealth } from "../llm/port.ts";
import type { ServiceModels, ServiceRoom } from "../llm/service-models.ts";
import type { AgentSettings } from "../service/settings.ts";
import { openSwitches } from "../service/switch-sources.ts";
import { switchedOff, type WatchedSwitches } from "../service/switches.ts";
import { openFiles } from "../storage/open-files.ts";
import type { Log } from "../telemetry/log.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { type RunLine, RunRequest } from "./agent-protocol.ts";
import { agentMetrics } from "./agent-metrics.ts";
import { lastRunRecord } from "./last-run.ts";
import { agentLabel, onceRunner, type StageEnd } from "./run-agent.ts";
import { refusalOf } from "./run-stage.ts";
import type { StageNews } from "./stage-messages.ts";
import type { StageRunner } from "./stage-pool.ts";

const StopRequest = z.strictObject({ reportId: RunRequest.shape.reportId });

/** How long a service that stops waits for its stages before it stops them too; within the 25 s of its process. */
const stopStagesMs = 20_000;

/** How long a stage waits for the first word of the switches; whoever sends stages keeps them up to date. */
const hearSwitchesMs = 5_000;

/** Where an agent's stages are worked on, and the language models that they may ask. */
export type AgentParts = {
  readonly stages: (
    settings: AgentSettings,
    switches: WatchedSwitches,
    models: Models | undefined,
  ) => StageRunner;
  /** The language models of the service, where it is set up to have some. */
  readonly models?: (room: ServiceRoom) => Promise<ServiceModels | undefined>;
};

/** One agent over HTTP: `POST /run`, `POST /stop`, and the probe routes. */
export async function agentService(
  agent: Agent,
  settings: AgentSettings,
  log: Log,
  parts: AgentParts,
): Promise<FastifyInstance> {
  const { files } = openFiles(settings);
  const metrics = createMetrics({
    service: agent.name,
    instance: settings.CSRD_INSTANCE,
    version: settings.CSRD_VERSION,
  });
  // Shown from the start: the first stage of a new unit counts as much as its second.
  metrics.httpDuration.zero({ method: "POST", route: "/run" });
  const agentLog = log.named(`agents.${agent.name}_agent`);
  const opened = await openSwitches(settings, `csrd-${agent.name}/${settings.CSRD_INSTANCE}`);
  const { switches } = opened;
  const counted = agentMetrics(metrics.registry, agent.name, switches);
  const llm = await parts.models?.({ switches, measure: counted.measure, log: agentLog });
  const work = parts.stages(settings, switches, llm?.models);
  counted.watch(work);
  const runner = onceRunner({
    name: agent.name,
    files,
    stages: work,
    stageLimitMs: settings.CSRD_STAGE_TIMEOUT_MS,
    version: settings.CSRD_VERSION,
    log: agentLog,
    measure: counted.measure,
  });
  const lastRun = lastRunRecord(files.notes, `${agent.name}.json`);
  const isOff = () => switches.off(agent.name);
  const forget = switches.onChange(() => {
    const off = isOff();
    if (off === undefined) return;
    agentLog.warning("Agent switched off", { scope: off.scope, reason: off.reason, by: off.by });
    void runner.stopAll();
  });

  const app = await httpServer({
    gate: { workerToken: settings.CSRD_INTERNAL_TOKEN, watcherToken: settings.CSRD_PROBE_TOKEN },
    log,
    metrics,
    stageProfiles: async (order) => (await work.profile?.(order)) ?? [],
    needs: {
      artifacts: async () => ((await files.accessible()) ? undefined : "not accessible"),
      agent: async () => agent.health().then(() => undefined, sentenceOf),
    },
    health: async () => {
      const last = await lastRun.read();
      try {
        const asked = llm === undefined ? undefined : modelsFacts(await llm.models.health());
        const facts = { ...(await agent.health()), ...asked?.facts };
        const accessible = await files.accessible();
        const off = isOff();
        const why = off === undefined ? asked?.reason : switchedOff(off).summary;
        const status = !accessible ? "unhealthy" : why === undefined ? "healthy" : "degraded";
        const reason = accessible ? why : "the store of the reports' files is not accessible";
        const { running, waiting } = work.load();
        const all = switches.all();
        return {
          status,
          body: {
            status,
            ...(all.length === 0 ? {} : { switched_off: all }),
            ...(last === undefined ? {} : { last_successful_run: last }),
            ...(reason === undefined ? {} : { reason }),
            ...facts,
            stages_running: running,
            stages_waiting: waiting,
          },
        };
      } catch (error) {
        return { status: "unhealthy", body: { status: "unhealthy", reason: sentenceOf(error) } };
      }
    },
  });
  let stopping: NodeJS.Timeout | undefined;
  app.addHook("preClose", async () => {
    stopping = setTimeout(() => void runner.stopAll(), stopStagesMs).unref();
  });
  app.addHook("onClose", async () => {
    clearTimeout(stopping);
    forget();
    await runner.stopAll();
    await work.close();
    await llm?.close();
    await opened.close();
  });

  app.post("/stop", { config: { inner: "worker" } }, async (request, reply) => {
    const parsed = StopRequest.safeParse(request.body);
    if (!parsed.success) throw new Problem("body-invalid", "The body is { reportId }.");
    return reply.send({ stopped: await runner.stop(parsed.data.reportId) });
  });

  app.post("/run", { config: { inner: "worker" } }, async (request, reply) => {
    const parsed = RunRequest.safeParse(request.body);
    if (!parsed.success) throw new Problem("body-invalid", "The body is { reportId, now }.");
    const { reportId } = parsed.data;
    if (request.headers["idempotency-key"] !== `${reportId}/${agent.name}`)
      throw new Problem("idempotency-key-invalid", "It is the report id, a slash, and this agent's name.");

    const lines = new PassThrough();
    const gone = new AbortController();
    request.raw.socket.once("close", () => gone.abort());
    const say = (line: RunLine) => {
      if (!lines.writableEnded && !lines.destroyed) lines.write(`${JSON.stringify(line)}\n`);
    };
    const hear = (news: StageNews): void => {
      if (news.kind === "started") say({ kind: "working", running: true });
      if (news.kind !== "progress") return;
      const { done, total, what } = news;
      say({ kind: "working", done, what, ...(total === undefined ? {} : { total }) });
    };
    const heartbeat = setInterval(() => say({ kind: "working" }), 5_000);
    const answer = async (): Promise<void> => {
      await switches.heard(hearSwitchesMs);
      const off = isOff();
      const end: StageEnd =
        off === undefined
          ? await runner.run(parsed.data, { hear, gone: gone.signal }).catch(refusalOf)
          : { kind: "stopped" };
      clearInterval(heartbeat);
      counted.ended(end);
      if (end.kind === "result") {
        // A verdict against the report is work done as well; what the agent could not do ends otherwise.
        if (!end.repeated) await lastRun.write(new Date());
        say({ kind: "result", result: end.result, ms: end.ms, repeated: end.repeated });
      } else if (end.kind === "stopped") say(stoppedLine(agent.name, isOff()));
      else {
        agentLog.error("Agent failed", {
          report_id: reportId,
          agent: agentLabel(agent.name),
          code: end.code,
          error_message: end.message,
        });
        say(end);
      }
      lines.end();
    };
    void answer();
    return reply.type("application/x-ndjson").send(lines);
  });
  return app;
}

/** What a service's health page says of its language models, and why they make it `degraded`; never worse, because the rules can take over. */
function modelsFacts({ reachable, ms, slow, provider, model, breaker, reason }: ModelsHealth): {
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  readonly reason: string | undefined;
} {
  return {
    facts: { provider, model, llm_api_reachable: reachable, llm_latency_ms: ms, breaker },
    reason: reason ?? (slow || breaker !== "closed" ? "the language model fails or is slow" : undefined),
  };
}

/** Why a stage has stopped: a switch, or the service itself stops. */
function stoppedLine(agent: string, off: ReturnType<WatchedSwitches["off"]>): RunLine {
  const again = "The report waits and goes on by itself.";
  if (off === undefined)
    return {
      kind: "refused",
      code: "agent-unreachable",
      message: `The ${agent} agent stopped the stage.`,
      hint: again,
      retry: true,
    };
  const { code, summary, hint } = switchedOff(off);
  return { kind: "refused", code, message: summary, hint, retry: true };
}

function sentenceOf(error: unknown): string {
  return isCodedError(error) ? error.summary : messageOf(error);
}
