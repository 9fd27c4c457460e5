import { timingSafeEqual } from "node:crypto";
import { PassThrough } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { isCodedError } from "#kit/errors.ts";
import type { Agent, Artifacts } from "../agent.ts";
import { messageOf } from "../service/error-facts.ts";
import { httpServer } from "../service/http-server.ts";
import { Problem } from "../service/problem.ts";
import { remembered } from "../service/remembered.ts";
import type { AgentSettings } from "../service/settings.ts";
import { openFiles } from "../storage/open-files.ts";
import type { Log } from "../telemetry/log.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { type RunLine, RunRequest } from "./agent-protocol.ts";
import { agentLabel, onceRunner } from "./run-agent.ts";

const LastRun = z.object({ last_successful_run: z.string() });

/** One agent over HTTP: `POST /run`, and the four probe routes. */
export async function agentService(
  agent: Agent,
  settings: AgentSettings,
  log: Log,
): Promise<FastifyInstance> {
  const { files } = openFiles(settings);
  const metrics = createMetrics({
    service: agent.name,
    instance: settings.CSRD_INSTANCE,
    version: settings.CSRD_VERSION,
  });
  const agentLog = log.named(`agents.${agent.name}_agent`);
  const run = onceRunner({ agent, files, version: settings.CSRD_VERSION, log: agentLog });
  const lastRun = lastRunRecord(files.notes, `${agent.name}.json`);

  const app = await httpServer({
    log,
    metrics,
    needs: {
      artifacts: async () => ((await files.accessible()) ? undefined : "not accessible"),
      agent: async () => agent.health().then(() => undefined, sentenceOf),
    },
    health: async () => {
      const last = await lastRun.read();
      try {
        const facts = await agent.health();
        const accessible = await files.accessible();
        const status = accessible ? "healthy" : "unhealthy";
        const reason = accessible ? {} : { reason: "the store of the reports' files is not accessible" };
        return {
          status,
          body: { status, ...(last === undefined ? {} : { last_successful_run: last }), ...reason, ...facts },
        };
      } catch (error) {
        return { status: "unhealthy", body: { status: "unhealthy", reason: sentenceOf(error) } };
      }
    },
  });

  app.post("/run", async (request, reply) => {
    if (!mayCall(settings.CSRD_INTERNAL_TOKEN, request.headers.authorization))
      throw new Problem("key-unknown", "Only the platform's own worker may call this.");
    const parsed = RunRequest.safeParse(request.body);
    if (!parsed.success) throw new Problem("body-invalid", "The body is { reportId, now }.");
    const { reportId } = parsed.data;
    if (request.headers["idempotency-key"] !== `${reportId}/${agent.name}`)
      throw new Problem("idempotency-key-invalid", "It is the report id, a slash, and this agent's name.");

    const lines = new PassThrough();
    const say = (line: RunLine) => {
      if (!lines.writableEnded && !lines.destroyed) lines.write(`${JSON.stringify(line)}\n`);
    };
    const heartbeat = setInterval(() => say({ kind: "working" }), 5_000);
    const answer = async (): Promise<void> => {
      try {
        const end = await run(parsed.data, (done, total, what) =>
          say({ kind: "working", done, what, ...(total === undefined ? {} : { total }) }),
        );
        if (end.result.status !== "failed" && !end.repeated) await lastRun.write(new Date());
        say({ kind: "result", ...end });
      } catch (error) {
        const refusal = refusalOf(error);
        agentLog.error("Agent failed", {
          report_id: reportId,
          agent: agentLabel(agent.name),
          code: refusal.code,
          error_message: refusal.message,
        });
        say(refusal);
      } finally {
        clearInterval(heartbeat);
        lines.end();
      }
    };
    void answer();
    return reply.type("application/x-ndjson").send(lines);
  });
  return app;
}

/** When this agent last did its work, on any instance, kept beside the reports. What cannot be read in a second is not known; what cannot be written is not worth a stage. */
function lastRunRecord(
  notes: Artifacts,
  name: string,
): {
  read(): Promise<string | undefined>;
  write(at: Date): Promise<void>;
} {
  let own: string | undefined;
  const noted = async (): Promise<string | undefined> => {
    try {
      const text = Buffer.from(await notes.read(name)).toString("utf8");
      return LastRun.parse(JSON.parse(text)).last_successful_run;
    } catch {
      return undefined;
    }
  };
  const any = remembered(5_000, () => Promise.race([noted(), pause(1_000, undefined, { ref: false })]));
  return {
    read: async () =>
      [own, await any()]
        .filter((at) => at !== undefined)
        .toSorted()
        .at(-1),
    write: async (at) => {
      own = `${at.toISOString().slice(0, 19)}Z`;
      await notes.write(name, JSON.stringify({ last_successful_run: own })).catch(() => undefined);
    },
  };
}

function refusalOf(error: unknown): Extract<RunLine, { kind: "refused" }> {
  if (isCodedError(error))
    return {
      kind: "refused",
      code: error.code,
      message: error.summary,
      hint: error.hint,
      retry: error.retry !== "never",
    };
  return {
    kind: "refused",
    code: "csrd-defect",
    message: messageOf(error),
    hint: "Read the agent's log; the report is tried again.",
    retry: true,
  };
}

function mayCall(token: string | undefined, authorization: string | undefined): boolean {
  if (token === undefined) return true;
  const [given, wanted] = [Buffer.from(authorization ?? ""), Buffer.from(`Bearer ${token}`)];
  return given.byteLength === wanted.byteLength && timingSafeEqual(given, wanted);
}

function sentenceOf(error: unknown): string {
  return isCodedError(error) ? error.summary : messageOf(error);
}
