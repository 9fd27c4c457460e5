import { remembered } from "../service/remembered.ts";
import type { LanguageModel, ModelsHealth } from "./port.ts";

/** How long a look is believed. */
const freshMs = 60_000;
/** How long a health page waits for a look; the look itself goes on and is there next time. */
const mostMs = 3_000;

/** Looks at the models of a chain by asking each vendor for its list of models; at most once a minute. */
export function lookAtModels(
  models: readonly LanguageModel[],
  slowMs: number,
): () => Promise<Omit<ModelsHealth, "breaker">> {
  return remembered(freshMs, async () => {
    const looks = await Promise.all(
      models.map(async (model) => ({ model, reach: await model.look(AbortSignal.timeout(mostMs)) })),
    );
    const first = looks.find(({ reach }) => reach.reachable) ?? looks[0];
    if (first === undefined)
      return {
        reachable: false,
        ms: 0,
        slow: false,
        provider: "none",
        model: "none",
        reason: "no model is named in the chain",
      };
    const slow = first.reach.ms > slowMs;
    return {
      reachable: first.reach.reachable,
      ms: first.reach.ms,
      slow,
      provider: first.model.provider,
      model: first.model.model,
      reason: reasonOf(looks, slow),
    };
  });
}

function reasonOf(
  looks: readonly {
    readonly model: LanguageModel;
    readonly reach: Awaited<ReturnType<LanguageModel["look"]>>;
  }[],
  slow: boolean,
): string | undefined {
  const wrong = looks.flatMap(({ model, reach }) => {
    if (!reach.reachable) return [`${model.name}: ${reach.failure.says}`];
    return reach.hasModel === false ? [`${model.name}: the vendor does not list ${model.model}`] : [];
  });
  if (slow) wrong.push("the language model is slow");
  return wrong.length === 0 ? undefined : wrong.join("; ");
}
