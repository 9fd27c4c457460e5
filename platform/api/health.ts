import { z } from "zod";
import { type AgentName, agentNames, routes } from "../contract.ts";
import type { AgentUrls } from "../service/settings/queue.ts";
import type { Log } from "../telemetry/log.ts";
import { judgeResources, type Resources } from "../telemetry/resources.ts";

const AgentHealth = z.object({
  status: z.enum(["healthy", "degraded", "unhealthy"]),
  reason: z.string().max(500).optional().catch(undefined),
});

/** A part's state as the operations manual names it ("Health Check Endpoints"). */
export type State = "healthy" | "degraded" | "unhealthy";

/** One group of `/health`. */
type Group = { readonly status: State; readonly details: Readonly<Record<string, string | number>> };

/** What was looked at. `external` is undefined where nothing is configured. */
export type Looked = {
  readonly agents: Readonly<Record<AgentName, State>>;
  readonly inputStorage: boolean;
  readonly outputStorage: boolean;
  readonly llm: boolean | undefined;
  readonly xbrlValidator: boolean | undefined;
  readonly resources: Resources;
};

/** The body of `/health`. */
export type HealthBody = {
  readonly status: State;
  readonly timestamp: string;
  readonly version: string;
  readonly checks: Readonly<Record<string, Group>>;
};

/**
 * The manual's `/health` body. Healthy: all four groups. Otherwise: the groups that are not healthy, as in the manual's second example.
 * An external dependency that is not configured is not needed (the offline assessor and the built-in audit do the work) and counts as healthy;
 * one that is configured and unreachable degrades the platform without failing it.
 */
export function healthBody(looked: Looked, version: string, now: Date): HealthBody {
  const { resources } = looked;
  const external = [looked.llm, looked.xbrlValidator];
  const groups: Readonly<Record<string, Group>> = {
    agents: {
      status: worst(Object.values(looked.agents)),
      details: Object.fromEntries(agentNames.map((name) => [`${name}_agent`, looked.agents[name]])),
    },
    storage: {
      status: looked.inputStorage && looked.outputStorage ? "healthy" : "unhealthy",
      details: {
        input_storage: accessible(looked.inputStorage),
        output_storage: accessible(looked.outputStorage),
      },
    },
    external_dependencies: {
      status: external.includes(false) ? "degraded" : "healthy",
      details: { llm_api: reachable(looked.llm), xbrl_validator: reachable(looked.xbrlValidator) },
    },
    resources: {
      status: judgeResources(resources),
      details: {
        cpu_usage: resources.cpuUsage,
        memory_usage: resources.memoryUsage,
        disk_usage: resources.diskUsage,
      },
    },
  };
  const status = worst(Object.values(groups).map((group) => group.status));
  const shown = Object.entries(groups).filter(
    ([, group]) => status === "healthy" || group.status !== "healthy",
  );
  return {
    status,
    timestamp: `${now.toISOString().slice(0, 19)}Z`,
    version,
    checks: Object.fromEntries(shown),
  };
}

/** Asks every instance of every agent. An agent with some instances gone is degraded, with none left unhealthy. */
export async function lookAtAgents(
  urls: AgentUrls,
  token?: string,
  saw: AgentWatch["saw"] = () => undefined,
): Promise<Readonly<Record<AgentName, State>>> {
  const of = async (name: AgentName): Promise<State> => {
    const answers = await Promise.all(urls[name].map((url) => lookAtAgent(url, token)));
    const states = answers.map(({ status }) => status);
    const state = states.every((one) => one === "unhealthy")
      ? "unhealthy"
      : states.every((one) => one === "healthy")
        ? "healthy"
        : "degraded";
    saw(name, state, answers.find(({ status }) => status !== "healthy")?.reason);
    return state;
  };
  const [intake, materiality, calculator, aggregator, reporting, audit] = await Promise.all([
    of("intake"),
    of("materiality"),
    of("calculator"),
    of("aggregator"),
    of("reporting"),
    of("audit"),
  ]);
  return { intake, materiality, calculator, aggregator, reporting, audit };
}

async function lookAtAgent(
  url: string,
  token: string | undefined,
): Promise<{ readonly status: State; readonly reason: string | undefined }> {
  try {
    const response = await fetch(`${url}${routes.health}`, {
      redirect: "error",
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
      signal: AbortSignal.timeout(2_000),
    });
    const { status, reason } = AgentHealth.parse(await response.json());
    return { status: response.ok ? status : "unhealthy", reason };
  } catch (error) {
    const isLate = error instanceof Error && error.name === "TimeoutError";
    return { status: "unhealthy", reason: isLate ? "no answer within 2 s" : "it does not answer" };
  }
}

/** Notes when an agent's state changes, and why: the manual's body has the states only. */
type AgentWatch = {
  readonly saw: (agent: AgentName, state: State, reason: string | undefined) => void;
};

/** A watch that writes one line per change. */
export function watchAgents(log: Log): AgentWatch {
  const known = new Map<AgentName, State>();
  return {
    saw: (agent, state, reason) => {
      const before = known.get(agent);
      known.set(agent, state);
      if (before === state || (before === undefined && state === "healthy")) return;
      if (state === "healthy") log.info("Agent is healthy again", { agent });
      else log.warning("Agent is not healthy", { agent, state, reason: reason ?? "it does not say" });
    },
  };
}

/** Whether anything answers there; undefined when nothing is configured. */
export async function lookAtExternal(url: string | undefined): Promise<boolean | undefined> {
  if (url === undefined) return undefined;
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.status < 500;
  } catch {
    return false;
  }
}

function worst(states: readonly State[]): State {
  if (states.includes("unhealthy")) return "unhealthy";
  return states.includes("degraded") ? "degraded" : "healthy";
}

function accessible(is: boolean): string {
  return is ? "accessible" : "inaccessible";
}

function reachable(is: boolean | undefined): string {
  return is === undefined ? "not configured" : is ? "reachable" : "unreachable";
}
