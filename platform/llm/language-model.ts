import { anthropic } from "./anthropic.ts";
import { type Failure, failureOf } from "./failure.ts";
import { openAi } from "./openai.ts";
import type { Asked, LanguageModel, Provider, Question, Tokens } from "./port.ts";
import type { AnswerFormat } from "./wire.ts";

/** US dollars for a million tokens. */
export type Prices = { readonly input: number; readonly output: number };

/** One model as it is configured. */
export type ModelSettings = {
  readonly name: string;
  readonly provider: Provider;
  readonly model: string;
  /** Base address; the vendor's own where it is left out. */
  readonly url: string | undefined;
  readonly key: () => Promise<string>;
  readonly format: AnswerFormat;
  readonly fixed: boolean;
  readonly prices: Prices | undefined;
};

/** How long one question may take. */
export type TimeLimits = {
  /** The whole question. */
  readonly totalMs: number;
  /** From one piece of the answer to the next, and until the first. */
  readonly idleMs: number;
};

const vendors = { openai: openAi, anthropic } as const;
/** An answer that is longer is not read to its end. */
const mostText = 64_000;

const endings = {
  complete: undefined,
  cut: { code: "cut", says: "the answer broke off" },
  refusal: { code: "refusal", says: "the model refuses to answer" },
  length: { code: "length", says: "the answer is too long" },
} as const;

/** A language model over its vendor's client. Every way to fail is a value. */
export function languageModel(settings: ModelSettings, limits: TimeLimits): LanguageModel {
  const { name, provider, model } = settings;
  const vendor = vendors[provider]({ url: settings.url, key: settings.key, timeoutMs: limits.totalMs });
  const call = (from: number, tokens: Tokens) => ({
    name,
    provider,
    model,
    ms: Math.round(performance.now() - from),
    tokens,
    costUsd: costOf(tokens, settings.prices),
  });
  return {
    name,
    provider,
    model,
    async ask(question: Question, signal: AbortSignal): Promise<Asked> {
      await vendor.load();
      const from = performance.now();
      const ended = await timed(limits, signal, (within, onPiece) =>
        vendor.speak({ ...question, model, format: settings.format, fixed: settings.fixed }, within, onPiece),
      );
      if ("code" in ended) return { kind: "failed", ...call(from, { input: 0, output: 0 }), ...ended };
      const facts = call(from, ended.tokens);
      const wrong = endings[ended.end];
      if (wrong !== undefined) return { kind: "failed", ...facts, ...wrong };
      if (ended.text.length > mostText) return { kind: "failed", ...facts, ...endings.length };
      return { kind: "answer", ...facts, text: ended.text, answeredBy: ended.model };
    },
    async look(signal) {
      await vendor.load();
      const from = performance.now();
      const { totalMs } = limits;
      const ended = await timed({ totalMs, idleMs: totalMs }, signal, (within) => vendor.models(within));
      const ms = Math.round(performance.now() - from);
      if ("code" in ended) return { reachable: false, ms, failure: ended };
      return { reachable: true, ms, hasModel: ended.length === 0 ? undefined : ended.includes(model) };
    },
  };
}

/** Runs one call within its limits; a hanging vendor is told apart from a caller who gave up. */
async function timed<T extends object>(
  { totalMs, idleMs }: TimeLimits,
  signal: AbortSignal,
  work: (within: AbortSignal, onPiece: () => void) => Promise<T>,
): Promise<T | Failure> {
  const late = new AbortController();
  let begun = false;
  const hang = (): void => late.abort();
  const whole = setTimeout(hang, totalMs);
  let idle = setTimeout(hang, idleMs);
  const within = AbortSignal.any([signal, late.signal]);
  try {
    // A client that does not obey the signal must not keep us either.
    const over = new Promise<never>((_, reject) => {
      within.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
    });
    return await Promise.race([
      work(within, () => {
        begun = true;
        clearTimeout(idle);
        idle = setTimeout(hang, idleMs);
      }),
      over,
    ]);
  } catch (error) {
    if (signal.aborted) return { code: "time-spent", says: "no time was left" };
    if (late.signal.aborted)
      return {
        code: "no-answer",
        says: begun ? "the answer stopped half-way" : "the vendor does not answer",
      };
    return failureOf(error, begun);
  } finally {
    clearTimeout(whole);
    clearTimeout(idle);
  }
}

function costOf({ input, output }: Tokens, prices: Prices | undefined): number | undefined {
  if (prices === undefined) return undefined;
  return (input * prices.input + output * prices.output) / 1_000_000;
}
