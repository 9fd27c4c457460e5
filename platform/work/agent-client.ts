import type { AgentResult } from "../agent.ts";
import type { AgentName } from "../contract.ts";
import { messageOf, vendorCode } from "../service/error-facts.ts";
import type { AgentUrls } from "../service/settings/queue.ts";
import { inSpan, traceparent } from "../telemetry/trace.ts";
import { RunLine, type RunRequest } from "./agent-protocol.ts";
import type { StageProgress } from "./progress.ts";

/** How a call to an agent ended. `unreachable` and `refused` with `retry` may end otherwise next time. */
type AgentAnswer =
  | { readonly kind: "result"; readonly result: AgentResult; readonly ms: number }
  | {
      readonly kind: "refused";
      readonly code: string;
      readonly message: string;
      readonly hint: string;
      readonly retry: boolean;
    }
  | { readonly kind: "unreachable"; readonly reason: string };

/** Calls an agent's service: its instances in turn, the next one when one does not answer. */
export type AgentClient = (
  agent: AgentName,
  request: RunRequest,
  signal: AbortSignal,
) => Promise<AgentAnswer>;

/** A client over HTTP. `stageTimeoutMs` bounds one whole stage; `tell` hears how far each one is. */
export function agentClient(
  urls: AgentUrls,
  stageTimeoutMs: number,
  token: string | undefined,
  tell: (progress: StageProgress) => void = () => undefined,
): AgentClient {
  let turn = 0;
  return async (agent, request, signal) => {
    const instances = urls[agent];
    turn += 1;
    let answer: AgentAnswer = { kind: "unreachable", reason: "no instance is known" };
    for (let i = 0; i < instances.length; i += 1) {
      const url = instances[(turn + i) % instances.length] ?? "";
      const facts = { "csrd.agent": agent, "csrd.report_id": request.reportId };
      answer = await inSpan(`call ${agent}`, "client", facts, async (span) => {
        const within = AbortSignal.any([signal, AbortSignal.timeout(stageTimeoutMs)]);
        const said = await callOne(`${url}/run`, agent, request, within, token, tell);
        if (said.kind !== "result") span.fail(said.kind === "refused" ? said.code : "unreachable");
        return said;
      });
      if (answer.kind !== "unreachable" || signal.aborted) return answer;
    }
    return answer;
  };
}

async function callOne(
  url: string,
  agent: AgentName,
  request: RunRequest,
  signal: AbortSignal,
  token: string | undefined,
  tell: (progress: StageProgress) => void,
): Promise<AgentAnswer> {
  try {
    const response = await fetch(url, {
      method: "POST",
      redirect: "error",
      headers: {
        "content-type": "application/json",
        "idempotency-key": `${request.reportId}/${agent}`,
        traceparent: traceparent(),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(request),
      signal,
    });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      return { kind: "unreachable", reason: `HTTP ${response.status}` };
    }
    for await (const line of linesOf(response.body)) {
      const parsed = RunLine.parse(JSON.parse(line));
      if (parsed.kind !== "working") return parsed;
      if (parsed.done === undefined) continue;
      const { done, total, what = "" } = parsed;
      tell({ reportId: request.reportId, agent, done, total, what, at: new Date().toISOString() });
    }
    return { kind: "unreachable", reason: "the connection ended before the result" };
  } catch (error) {
    return { kind: "unreachable", reason: reasonOf(error) };
  }
}

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line !== "");
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError")
    return "no result within the time for one stage";
  return vendorCode(error) ?? messageOf(error);
}
