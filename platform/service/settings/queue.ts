import { availableParallelism } from "node:os";
import { z } from "zod";
import { type AgentName, agentNames, defaultPorts } from "../../contract.ts";
import { count, httpUrl, milliseconds } from "./shapes.ts";

/** The queue, and the agents behind it. */
export const queueSettings = {
  CSRD_REDIS_URL: z.url({ protocol: /^rediss?$/, error: "must be a redis:// or rediss:// URL" }),
  CSRD_AGENT_URLS: z.string().default("").transform(agentUrls),
  CSRD_AGENT_URLS_FILE: z.string().startsWith("/", "must be an absolute path").optional(),
};

/** How a worker takes reports. */
export const workerSettings = {
  CSRD_CONCURRENCY: count(100).default(10),
  CSRD_GLOBAL_CONCURRENCY: count(50).default(10),
  CSRD_LOCK_MS: milliseconds(1_000, 600_000).default(10_000),
  CSRD_STALLED_MS: milliseconds(500, 600_000).default(5_000),
  CSRD_SWEEP_MS: milliseconds(500, 600_000).default(10_000),
  CSRD_RELEASE_MS: milliseconds(0, 600_000).default(15_000),
};

const stageLimit = { CSRD_STAGE_TIMEOUT_MS: milliseconds(100, 86_400_000).default(1_800_000) };

/** How long a report may be worked on: one stage, and all of them together. Waiting does not count. */
export const reportLimits = {
  ...stageLimit,
  CSRD_REPORT_TIMEOUT_MS: milliseconds(1_000, 86_400_000).default(7_200_000),
};

/** How many stages an agent works on at once, and what each may use. */
export const agentLimits = {
  ...stageLimit,
  CSRD_AGENT_CONCURRENCY: count(64).default(Math.max(2, Math.min(8, availableParallelism()))),
  CSRD_REPORT_MEMORY_MB: z.coerce
    .number({ error: "must be a number of megabytes" })
    .int("must be a whole number of megabytes")
    .min(64, "must be at least 64")
    .max(65_536, "must be at most 65536")
    .default(2_048),
};

/** How the worker proves to an agent who it is. */
export const internalSettings = {
  CSRD_INTERNAL_TOKEN: z.string().min(20, "must be at least 20 characters").optional(),
};

/** Base URLs of each agent's instances; at least one each. */
export type AgentUrls = Readonly<Record<AgentName, readonly string[]>>;

/** `intake=http://a:8001,intake=http://b:8001,audit=…`: an agent that is not named is expected on its default port on this machine. */
function agentUrls(text: string, context: z.RefinementCtx<string>): AgentUrls {
  const urls = agentUrlsIn(text);
  if (urls === undefined)
    context.addIssue({
      code: "custom",
      message: "must be entries like intake=http://host:8001, separated by commas",
    });
  const of = (name: AgentName): readonly string[] =>
    urls?.[name] ?? [`http://127.0.0.1:${defaultPorts[name]}`];
  return {
    intake: of("intake"),
    materiality: of("materiality"),
    calculator: of("calculator"),
    aggregator: of("aggregator"),
    reporting: of("reporting"),
    audit: of("audit"),
  };
}

/** The agents that a list names, its entries separated by commas or line ends; undefined when an entry is none. */
export function agentUrlsIn(text: string): Partial<AgentUrls> | undefined {
  const urls: Partial<Record<AgentName, string[]>> = {};
  for (const entry of text.split(/[,\n]/).map((part) => part.trim())) {
    if (entry === "") continue;
    const [name, ...rest] = entry.split("=");
    const url = rest.join("=");
    const known = agentNames.find((agentName) => agentName === name);
    if (known === undefined || !httpUrl.safeParse(url).success) return undefined;
    urls[known] = [...(urls[known] ?? []), url.replace(/\/+$/, "")];
  }
  return urls;
}
