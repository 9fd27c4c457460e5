import type { Measure } from "../agent.ts";
import type { BreakerState } from "../service/breaker.ts";
import type { SwitchedOff } from "../service/switches.ts";
import { modelChain } from "./chain.ts";
import { languageModel } from "./language-model.ts";
import type { Models, Provider } from "./port.ts";
import type { ChainSettings } from "./settings.ts";

/** What a process brings to its models. */
export type Around = {
  readonly off?: ((provider?: Provider) => SwitchedOff | undefined) | undefined;
  readonly measure?: ((measure: Measure) => void) | undefined;
  readonly onBreaker?: ((name: string, state: BreakerState) => void) | undefined;
};

/** The chain of models as it is configured; no vendor's client is read before the first question. */
export function openModels({ chain, models, limits }: ChainSettings, around: Around = {}): Models {
  return modelChain({
    models: models.map((settings) =>
      languageModel(settings, { totalMs: limits.CSRD_LLM_TIMEOUT_MS, idleMs: limits.CSRD_LLM_IDLE_MS }),
    ),
    chain,
    budgetMs: limits.CSRD_LLM_BUDGET_MS,
    manner: {
      companyTexts: limits.CSRD_LLM_COMPANY_TEXTS,
      mostTokens: limits.CSRD_LLM_MOST_TOKENS,
      mostDeparture: limits.CSRD_LLM_MOST_DEPARTURE,
    },
    atOnce: limits.CSRD_LLM_CONCURRENCY,
    slowMs: limits.CSRD_LLM_SLOW_MS,
    ...around,
  });
}
