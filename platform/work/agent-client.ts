import { createHash } from "node:crypto";
import type { AgentResult } from "../agent.ts";
import { type AgentName, agentNames, routes } from "../contract.ts";
import { type Breaker, type BreakerState, createBreaker } from "../service/breaker.ts";
import { messageOf, vendorCode } from "../service/error-facts.ts";
import type { AgentUrls } from "../service/settings/queue.ts";
import { inSpan, traceparent } from "../telemetry/trace.ts";
import { RunLine, type RunRequest } from "./agent-protocol.ts";
import type { StageProgress } from "./progress.ts";
import type { StageRefusal } from "./run-stage.ts";

/** No answer. `midway`: the stage ran, and the agent's process was gone in the middle of it. */
export type Unreachable = {
  readonly kind: "unreachable";
  readonly reason: string;
  readonly midway: boolean;
};

/** How a call to an agent ended. `unreachable` and `refused` with `retry` may end otherwise next time. */
type AgentAnswer =
  | { readonly kind: "result"; readonly result: AgentResult; readonly ms: number }
  | StageRefusal
  | Unreachable;

/** One instance of an agent as a worker sees it. */
type InstanceState = {
  readonly agent: AgentName;
  readonly url: string;
  readonly state: BreakerState;
  readonly inHand: number;
};

/** Calls the agents' services. */
export type AgentClient = {
  /** Has a stage done by the instance with the least to do; the next one when it does not answer. Ending `signal` leaves the stage to whoever asks for it next. */
  run(agent: AgentName, request: RunRequest, signal: AbortSignal): Promise<AgentAnswer>;
  /** Stops a report's stage on every instance; answers within a few seconds, whether they did or not. */
  stop(agent: AgentName, reportId: string): Promise<void>;
  instances(): readonly InstanceState[];
};

/** How a client calls. */
export type ClientOptions = {
  /** Where the instances are now; asked before every call, because they come and go. */
  readonly urls: () => AgentUrls;
  /** Milliseconds that one call may last, waiting for its turn included. */
  readonly mostMs: number;
  readonly token: string | undefined;
  /** Hears how far each stage is. */
  readonly tell?: (progress: StageProgress) => void;
  /** Hears when an instance is left out or let in. */
  readonly onState?: (agent: AgentName, url: string, state: BreakerState) => void;
};

/** An agent says every five seconds that it is there; one that is silent this long hangs. */
const silentMs = 30_000;
const failures = 3;
const openMs = 1_000;
const mostOpenMs = 5_000;

type Instance = {
  readonly agent: AgentName;
  readonly url: string;
  readonly breaker: Breaker;
  inHand: number;
};

class NoAnswer extends Error {
  readonly answer: Unreachable;
  constructor(answer: Unreachable) {
    super(answer.reason);
    this.answer = answer;
  }
}

/** A client over HTTP. */
export function agentClient(options: ClientOptions): AgentClient {
  const { urls, mostMs, token, onState } = options;
  const known = new Map<string, Instance>();
  const instanceAt = (agent: AgentName, url: string): Instance => {
    const key = `${agent} ${url}`;
    const instance = known.get(key) ?? {
      agent,
      url,
      inHand: 0,
      breaker: createBreaker({
        failures,
        openMs,
        mostOpenMs,
        onState: (state) => onState?.(agent, url, state),
      }),
    };
    known.set(key, instance);
    return instance;
  };
  const of = (agent: AgentName): readonly Instance[] => {
    const listed = urls()[agent];
    for (const [key, { agent: whose, url, inHand, breaker }] of known) {
      if (whose !== agent || listed.includes(url) || inHand > 0) continue;
      known.delete(key);
      // Nobody waits for it any more.
      if (breaker.state() !== "closed") onState?.(agent, url, "closed");
    }
    return listed.map((url) => instanceAt(agent, url));
  };
  /** Those on the list, and those that were taken from it and still work. */
  const everyOne = (agent: AgentName): readonly Instance[] => [
    ...new Set([...of(agent), ...[...known.values()].filter((one) => one.agent === agent)]),
  ];
  const headers = {
    "content-type": "application/json",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };

  const run: AgentClient["run"] = async (agent, request, signal) => {
    let answer: AgentAnswer = { kind: "unreachable", reason: "no instance is known", midway: false };
    for (const instance of inOrder(of(agent), request.reportId)) {
      instance.inHand += 1;
      try {
        answer = await throughBreaker(instance, signal, () =>
          inSpan(
            `call ${agent}`,
            "client",
            { "csrd.agent": agent, "csrd.report_id": request.reportId },
            async (span) => {
              const within = AbortSignal.any([signal, AbortSignal.timeout(mostMs)]);
              const said = await callOne(instance.url, agent, request, within, headers, options.tell);
              if (said.kind !== "result") span.fail(said.kind === "refused" ? said.code : "unreachable");
              return said;
            },
          ),
        );
      } finally {
        instance.inHand -= 1;
      }
      // After the middle of a stage another instance would be brought down as well, if it is the report.
      if (answer.kind !== "unreachable" || answer.midway || signal.aborted) return answer;
    }
    return answer;
  };

  return {
    run,
    stop: async (agent, reportId) => {
      const stopOne = ({ url }: Instance) =>
        fetch(`${url}/stop`, {
          method: "POST",
          redirect: "error",
          headers,
          body: JSON.stringify({ reportId }),
          signal: AbortSignal.timeout(5_000),
        }).then((response) => response.body?.cancel());
      await Promise.allSettled(everyOne(agent).map(stopOne));
    },
    instances: () =>
      agentNames.flatMap((agent) =>
        of(agent).map(({ url, breaker, inHand }) => ({ agent, url, state: breaker.state(), inHand })),
      ),
  };
}

/** The one with the least in hand first; among equals, the same report finds the same one, and with it work that was left there. */
function inOrder(instances: readonly Instance[], reportId: string): readonly Instance[] {
  const place = ({ url }: Instance): string => createHash("md5").update(`${reportId} ${url}`).digest("hex");
  return instances.toSorted((a, b) => a.inHand - b.inHand || (place(a) < place(b) ? -1 : 1));
}

/** Makes the call unless the instance is left out; one that was is asked whether it lives, before a report is given to it. */
async function throughBreaker(
  { url, breaker }: Instance,
  signal: AbortSignal,
  call: () => Promise<AgentAnswer>,
): Promise<AgentAnswer> {
  try {
    if (breaker.state() !== "closed") {
      const probe = await breaker.call(() => requireAlive(url));
      if (probe.kind === "left-out") return leftOut;
    }
    const made = await breaker.call(async () => {
      const answer = await call();
      if (answer.kind === "unreachable" && !signal.aborted) throw new NoAnswer(answer);
      return answer;
    });
    return made.kind === "made" ? made.value : leftOut;
  } catch (error) {
    return error instanceof NoAnswer
      ? error.answer
      : { kind: "unreachable", reason: reasonOf(error), midway: false };
  }
}

const leftOut: Unreachable = {
  kind: "unreachable",
  reason: "it failed several times in a row and is left out for a few seconds",
  midway: false,
};

async function requireAlive(url: string): Promise<void> {
  const response = await fetch(`${url}${routes.live}`, {
    redirect: "error",
    signal: AbortSignal.timeout(1_000),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
}

async function callOne(
  url: string,
  agent: AgentName,
  request: RunRequest,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>>,
  tell: ClientOptions["tell"],
): Promise<AgentAnswer> {
  const silence = new AbortController();
  let runs = false;
  let timer = setTimeout(() => silence.abort(), silentMs);
  try {
    const response = await fetch(`${url}/run`, {
      method: "POST",
      redirect: "error",
      headers: {
        ...headers,
        "idempotency-key": `${request.reportId}/${agent}`,
        traceparent: traceparent(),
      },
      body: JSON.stringify(request),
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      return { kind: "unreachable", reason: `HTTP ${response.status}`, midway: false };
    }
    for await (const line of linesOf(response.body)) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silentMs);
      const parsed = RunLine.parse(JSON.parse(line));
      if (parsed.kind !== "working") return parsed;
      runs ||= parsed.running === true;
      if (parsed.done === undefined) continue;
      const { done, total, what = "" } = parsed;
      tell?.({ reportId: request.reportId, agent, done, total, what, at: new Date().toISOString() });
    }
    return { kind: "unreachable", reason: "the connection ended before the result", midway: runs };
  } catch (error) {
    if (silence.signal.aborted)
      return { kind: "unreachable", reason: `silent for ${silentMs / 1000} s`, midway: false };
    return { kind: "unreachable", reason: reasonOf(error), midway: runs && !signal.aborted };
  } finally {
    clearTimeout(timer);
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
  if (error instanceof Error && error.name === "TimeoutError") return "no result within the time";
  return vendorCode(error) ?? messageOf(error);
}
