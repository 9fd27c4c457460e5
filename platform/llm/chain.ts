import type { Measure } from "../agent.ts";
import { metrics } from "../contract.ts";
import { type Breaker, type BreakerState, createBreaker } from "../service/breaker.ts";
import type { SwitchedOff } from "../service/switches.ts";
import { type FailureCode, failureKinds } from "./failure.ts";
import type { Asked, Attempt, Heard, LanguageModel, Manner, Models, Provider, Question } from "./port.ts";
import { inSpan } from "../telemetry/trace.ts";
import { lookAtModels } from "./look.ts";
import { type RetryBudget, retryBudget } from "./retry-budget.ts";
import { slots } from "./slots.ts";

/** How a chain of models behaves; times in milliseconds. */
export type ChainOptions = {
  /** The models in the order of asking. */
  readonly models: readonly LanguageModel[];
  /** The chain by its names. */
  readonly chain: readonly string[];
  readonly budgetMs: number;
  readonly manner: Manner;
  /** Questions at the same time, over all reports of this process. */
  readonly atOnce: number;
  readonly slowMs: number;
  /** What keeps us from asking at all, or one vendor; read before every call. */
  readonly off?: ((provider?: Provider) => SwitchedOff | undefined) | undefined;
  readonly measure?: ((measure: Measure) => void) | undefined;
  /** Told when a breaker opens or closes. */
  readonly onBreaker?: ((name: string, state: BreakerState) => void) | undefined;
  readonly breaker?: { readonly failures: number; readonly openMs: number; readonly mostOpenMs: number };
  /** A number from 0 to 1; for tests of the waits. */
  readonly random?: () => number;
  readonly retry?: { readonly baseMs: number; readonly mostMs: number; readonly attempts: number };
};

/** A model with what we remember of it. */
type Link = { readonly model: LanguageModel; readonly breaker: Breaker };

const usualBreaker = { failures: 5, openMs: 15_000, mostOpenMs: 120_000 };
const usualRetry = { baseMs: 500, mostMs: 20_000, attempts: 3 };

/** An outage, as the breaker counts it. */
class Outage extends Error {
  readonly asked: Asked;
  constructor(asked: Asked) {
    super("the model could not be asked");
    this.asked = asked;
  }
}

/** Asks the models of a chain in turn: the next one for outages only, each behind its breaker, with few retries. */
export function modelChain(options: ChainOptions): Models {
  const { models, chain, budgetMs, atOnce, measure = () => undefined } = options;
  const places = slots(atOnce);
  const retries = retryBudget(0.1, 600_000, () => performance.now());
  const links: readonly Link[] = models.map((model) => {
    const tell = (state: BreakerState): void => {
      measure({
        kind: "level",
        metric: metrics.breakerState,
        labels: { part: "llm", provider: model.name },
        value: { closed: 0, "half-open": 1, open: 2 }[state],
      });
      options.onBreaker?.(model.name, state);
    };
    return { model, breaker: createBreaker({ ...(options.breaker ?? usualBreaker), onState: tell }) };
  });
  const remember = failingGauge(measure);
  const look = lookAtModels(models, options.slowMs, (provider) => options.off?.(provider) !== undefined);
  return {
    chain,
    models: models.map(({ name, provider, model }) => ({ name, provider, model })),
    budgetMs,
    manner: options.manner,
    off: (provider) => options.off?.(provider),
    async ask(question, signal) {
      const leave = await places.take(signal);
      if (leave === undefined) return { ...failed(models[0], "time-spent", "no time was left"), tried: [] };
      try {
        return await askInTurn(links, question, { ...options, measure, remember, retries, signal });
      } finally {
        leave();
      }
    },
    async health() {
      const seen = await look();
      const left = links.filter(({ model }) => options.off?.(model.provider) === undefined);
      const on = left.length === 0 ? links : left;
      const isLeftAlone = on.every(({ breaker }) => breaker.state() === "open");
      return {
        ...seen,
        // The look may be a minute old; questions that failed since then know better.
        reachable: seen.reachable && !isLeftAlone,
        reason: seen.reason ?? (isLeftAlone ? "every model failed too often just now" : undefined),
        breaker: on[0]?.breaker.state() ?? "closed",
      };
    },
  };
}

type Turn = Pick<ChainOptions, "off" | "retry" | "random"> & {
  readonly measure: (measure: Measure) => void;
  readonly remember: (asked: Asked) => void;
  readonly retries: RetryBudget;
  readonly signal: AbortSignal;
};

async function askInTurn(links: readonly Link[], question: Question, turn: Turn): Promise<Heard> {
  const tried: Attempt[] = [];
  let last: Asked = failed(undefined, "unreachable", "no model is named in the chain");
  for (const link of links) {
    last = await askOne(link, question, turn, tried);
    if (last.kind === "answer" || !failureKinds[last.code].elsewhere) break;
  }
  return { ...last, tried };
}

/** One model, asked again a few times while the failure is one that passes. */
async function askOne(
  { model, breaker }: Link,
  question: Question,
  turn: Turn,
  tried: Attempt[],
): Promise<Asked> {
  const { baseMs, mostMs, attempts } = turn.retry ?? usualRetry;
  turn.retries.called();
  for (let attempt = 1; ; attempt += 1) {
    const asked =
      switchedOff(model, turn.off) ?? (await throughBreaker(model, breaker, question, turn.signal));
    count(asked, turn.measure);
    turn.remember(asked);
    if (asked.kind === "answer") return asked;
    tried.push({
      name: model.name,
      provider: model.provider,
      model: model.model,
      code: asked.code,
      says: asked.says,
    });
    if (!failureKinds[asked.code].again || attempt >= attempts || turn.signal.aborted) return asked;
    const jitter = (turn.random ?? Math.random)() * Math.min(mostMs, baseMs * 2 ** (attempt - 1));
    const wait = Math.max(asked.retryAfterMs ?? 0, jitter);
    // A vendor that wants to be left alone for long is left alone: the next one is asked.
    if (wait > mostMs || !turn.retries.take()) return asked;
    if (!(await waited(wait, turn.signal))) return failed(model, "time-spent", "no time was left");
  }
}

/** A model that may not be asked now: because nobody is, which ends the chain, or because its vendor is left out, which does not. */
function switchedOff(model: LanguageModel, off: ChainOptions["off"]): Asked | undefined {
  if (off?.() !== undefined) return failed(model, "switched-off", "asking language models is switched off");
  if (off?.(model.provider) === undefined) return undefined;
  return failed(model, "vendor-off", `asking ${model.provider} is switched off`);
}

async function throughBreaker(
  model: LanguageModel,
  breaker: Breaker,
  question: Question,
  signal: AbortSignal,
): Promise<Asked> {
  if (signal.aborted) return failed(model, "time-spent", "no time was left");
  try {
    const answer = await breaker.call(async () => {
      const facts = { model: model.model, provider: model.provider };
      const asked = await inSpan("llm ask", "client", facts, () => model.ask(question, signal));
      if (asked.kind === "failed" && failureKinds[asked.code].elsewhere) throw new Outage(asked);
      return asked;
    });
    if (answer.kind === "made") return answer.value;
    return failed(model, "breaker-open", "it failed too often just now and is left alone");
  } catch (error) {
    if (error instanceof Outage) return error.asked;
    throw error;
  }
}

function failed(model: LanguageModel | undefined, code: FailureCode, says: string): Asked {
  const { name, provider, model: id } = model ?? { name: "", provider: "openai" as const, model: "" };
  return {
    kind: "failed",
    name,
    provider,
    model: id,
    ms: 0,
    tokens: { input: 0, output: 0 },
    costUsd: undefined,
    code,
    says,
  };
}

/** Outcomes of calls that were not made. */
const unasked: ReadonlySet<string> = new Set(["breaker-open", "switched-off", "vendor-off"]);

/** Counts a call that was made. */
function count(asked: Asked, measure: (measure: Measure) => void): void {
  const labels = { provider: asked.provider, model: asked.model };
  const outcome = asked.kind === "answer" ? "ok" : asked.code;
  measure({ kind: "count", metric: metrics.llmRequests, labels: { ...labels, outcome }, value: 1 });
  if (unasked.has(outcome)) return;
  measure({ kind: "time", metric: metrics.llmDuration, labels, value: asked.ms / 1000 });
  for (const [direction, value] of Object.entries(asked.tokens))
    if (value > 0)
      measure({ kind: "count", metric: metrics.llmTokens, labels: { ...labels, direction }, value });
  if (asked.costUsd !== undefined && asked.costUsd > 0)
    measure({ kind: "count", metric: metrics.llmCost, labels, value: asked.costUsd });
}

/** Keeps the metric that says by which code each model fails now; what was not asked changes nothing. */
function failingGauge(measure: (measure: Measure) => void): (asked: Asked) => void {
  const codes = new Map<string, FailureCode>();
  return (asked) => {
    const { name, provider } = asked;
    if (asked.kind === "failed" && (unasked.has(asked.code) || asked.code === "time-spent")) return;
    // A model whose answer a guardrail stops is there.
    const now = asked.kind === "failed" && !failureKinds[asked.code].guardrail ? asked.code : undefined;
    const before = codes.get(name);
    if (before === now) return;
    const tell = (code: FailureCode, value: number): void =>
      measure({ kind: "level", metric: metrics.llmFailing, labels: { name, provider, code }, value });
    if (before !== undefined) tell(before, 0);
    if (now === undefined) codes.delete(name);
    else {
      tell(now, 1);
      codes.set(name, now);
    }
  };
}

/** True when the time has passed; false when the signal came first. */
function waited(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const gone = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", gone);
      resolve(true);
    }, ms);
    signal.addEventListener("abort", gone, { once: true });
  });
}
