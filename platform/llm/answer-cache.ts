import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { z } from "zod";
import { redisPrefixes } from "../contract.ts";
import type { Heard, Models, Question } from "./port.ts";
import { providers } from "./port.ts";

const Kept = z.object({
  name: z.string(),
  provider: z.enum(providers),
  model: z.string(),
  ms: z.number(),
  tokens: z.object({ input: z.number(), output: z.number() }),
  costUsd: z.number().optional(),
  text: z.string(),
  answeredBy: z.string(),
});

/** Where answers are kept for a while. */
type Store = Pick<Redis, "get" | "set">;

/** The same models, of which the same question is answered from the cache: a stage that is taken up again comes to the same bytes. A cache that is away is done without. */
export function cachedModels(models: Models, store: Store, ttlSeconds: number): Models {
  return {
    ...models,
    async ask(question, signal) {
      if (models.off?.() === undefined)
        for (const { name, provider, model } of models.models) {
          if (models.off?.(provider) !== undefined) continue;
          const found = await read(store, keyOf(question, provider, model));
          // Names may have changed since; what was asked and who answered has not.
          if (found !== undefined) return { ...found, name, kind: "answer", tried: [] };
        }
      const heard = await models.ask(question, signal);
      if (heard.kind === "answer")
        await write(store, keyOf(question, heard.provider, heard.model), heard, ttlSeconds);
      return heard;
    },
  };
}

/** By everything that is sent, and the model. */
function keyOf(question: Question, provider: string, model: string): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([question, provider, model]))
    .digest("hex");
  return `${redisPrefixes.cache}llm:${hash}`;
}

async function read(
  store: Store,
  key: string,
): Promise<(Omit<z.infer<typeof Kept>, "costUsd"> & { readonly costUsd: number | undefined }) | undefined> {
  try {
    const text = await store.get(key);
    if (text === null) return undefined;
    const kept = Kept.parse(JSON.parse(text));
    return { ...kept, costUsd: kept.costUsd };
  } catch {
    return undefined;
  }
}

async function write(
  store: Store,
  key: string,
  { name, provider, model, ms, tokens, costUsd, text, answeredBy }: Extract<Heard, { kind: "answer" }>,
  ttlSeconds: number,
): Promise<void> {
  const kept = { name, provider, model, ms, tokens, costUsd, text, answeredBy };
  await store.set(key, JSON.stringify(kept), "EX", ttlSeconds).catch(() => undefined);
}
