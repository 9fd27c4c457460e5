import { guardrails } from "#rules/materiality-guardrails.ts";
import type { Measure } from "../agent.ts";
import { metrics } from "../contract.ts";
import { openRedis } from "../service/redis.ts";
import type { Switches } from "../service/switches.ts";
import type { Log } from "../telemetry/log.ts";
import { cachedModels } from "./answer-cache.ts";
import { failureKinds } from "./failure.ts";
import { openModels } from "./open-models.ts";
import type { Models } from "./port.ts";
import { chainSettings, offline } from "./settings.ts";

/** What an agent's service brings to its models. */
export type ServiceRoom = {
  readonly switches: Pick<Switches, "off">;
  readonly measure: (measure: Measure) => void;
  readonly log: Log;
};

/** What the service is told about caching. */
export type CacheSettings = {
  readonly CSRD_INSTANCE: string;
  readonly CSRD_CACHE_ENABLED: boolean;
  readonly CSRD_CACHE_TTL: number;
  readonly CSRD_REDIS_URL?: string | undefined;
};

/** Models of a service, and how to let go of them. */
export type ServiceModels = { readonly models: Models; close(): Promise<void> };

/** The models that `CSRD_LLM_CHAIN` names for the materiality agent's service; undefined when it names none. Throws `settings-invalid`. */
export async function serviceModels(
  environment: Readonly<Record<string, string | undefined>>,
  settings: CacheSettings,
  { switches, measure, log }: ServiceRoom,
): Promise<ServiceModels | undefined> {
  const names = environment["CSRD_LLM_CHAIN"];
  if (names === undefined || names === "") return undefined;
  const chain = chainSettings(names, environment);
  if (chain.models.length === 0) return undefined;
  const models = openModels(chain, {
    off: (vendor) =>
      (vendor === undefined ? undefined : switches.off(`llm-${vendor}`)) ?? switches.off("llm"),
    measure,
    onBreaker: (name, state) =>
      log[state === "open" ? "warning" : "info"]("Language model's breaker changed", { model: name, state }),
  });
  beginAtZero(models, measure);
  log.info("Language models set up", {
    chain: chain.chain.join(","),
    models: models.models.map(({ name, provider, model }) => `${name}: ${provider} ${model}`),
    cached: settings.CSRD_CACHE_ENABLED && settings.CSRD_REDIS_URL !== undefined,
  });
  // The first look reads the vendors' clients, so that no report waits for that.
  void models.health();
  if (!settings.CSRD_CACHE_ENABLED || settings.CSRD_REDIS_URL === undefined)
    return { models, close: async () => undefined };
  const redis = await openRedis(
    {
      url: settings.CSRD_REDIS_URL,
      name: `csrd-materiality-cache/${settings.CSRD_INSTANCE}`,
      onError: (error) => log.warning("Cache connection lost", { error_message: error.message }),
    },
    500,
  );
  return {
    models: cachedModels(models, redis, settings.CSRD_CACHE_TTL),
    close: async () => redis.disconnect(),
  };
}

/** Counters that are there from the start let an alert's `rate()` see the first one. */
function beginAtZero({ chain, models }: Models, measure: (measure: Measure) => void): void {
  const zero = (metric: Measure["metric"], labels: Measure["labels"]): void =>
    measure({ kind: "count", metric, labels, value: 0 });
  for (const guardrail of guardrails) zero(metrics.guardrails, { guardrail });
  for (const outcome of ["agreed", "overruled", "open"]) zero(metrics.llmAnswers, { outcome });
  // Where the rules take over, that is a place of the chain as well.
  if (chain.includes(offline))
    measure({
      kind: "level",
      metric: metrics.llmPlace,
      labels: { name: offline, provider: "rules", model: "rules" },
      value: models.length + 1,
    });
  for (const [index, { name, provider, model }] of models.entries()) {
    measure({
      kind: "level",
      metric: metrics.llmPlace,
      labels: { name, provider, model },
      value: index + 1,
    });
    for (const outcome of ["ok", ...Object.keys(failureKinds)])
      zero(metrics.llmRequests, { provider, model, outcome });
    zero(metrics.llmCost, { provider, model });
    measure({
      kind: "level",
      metric: metrics.llmFailing,
      labels: { name, provider, code: "unreachable" },
      value: 0,
    });
    measure({
      kind: "level",
      metric: metrics.breakerState,
      labels: { part: "llm", provider: name },
      value: 0,
    });
  }
}
