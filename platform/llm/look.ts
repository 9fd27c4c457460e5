import { remembered } from "../service/remembered.ts";
import type { LanguageModel, ModelsHealth, Provider } from "./port.ts";

/** How long a look is believed. */
const freshMs = 60_000;
/** How long a look may take. */
const mostMs = 20_000;
/** How long a health page waits for it; the look goes on, and is there next time. */
const patienceMs = 1_000;

type Seen = Omit<ModelsHealth, "breaker">;

/** Looks at the models of a chain by asking each vendor for its list of models; at most once a minute. */
export function lookAtModels(
  all: readonly LanguageModel[],
  slowMs: number,
  isOff: (provider: Provider) => boolean = () => false,
): () => Promise<Seen> {
  // A vendor that is switched off says nothing about those that are asked.
  const asked = (): readonly LanguageModel[] => {
    const on = all.filter(({ provider }) => !isOff(provider));
    return on.length === 0 ? all : on;
  };
  let latest: Seen | undefined;
  const look = remembered(freshMs, async () => {
    latest = await seen(asked(), slowMs);
    return latest;
  });
  return async () => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), patienceMs);
    });
    const found = await Promise.race([look(), late]);
    clearTimeout(timer);
    return found ?? latest ?? silent(asked()[0]);
  };
}

async function seen(models: readonly LanguageModel[], slowMs: number): Promise<Seen> {
  const looks = await Promise.all(
    models.map(async (model) => ({ model, reach: await model.look(AbortSignal.timeout(mostMs)) })),
  );
  const first = looks.find(({ reach }) => reach.reachable) ?? looks[0];
  if (first === undefined) return silent(undefined);
  const slow = first.reach.ms > slowMs;
  return {
    reachable: first.reach.reachable,
    ms: first.reach.ms,
    slow,
    provider: first.model.provider,
    model: first.model.model,
    reason: reasonOf(looks, slow),
  };
}

function silent(model: LanguageModel | undefined): Seen {
  return {
    reachable: false,
    ms: patienceMs,
    slow: true,
    provider: model?.provider ?? "none",
    model: model?.model ?? "none",
    reason: "no vendor has answered yet",
  };
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
