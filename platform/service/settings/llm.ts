import { z } from "zod";
import { count, httpUrl, milliseconds } from "./shapes.ts";

/** The language models and services outside that the platform may ask. */
export const externalSettings = {
  CSRD_LLM_URL: httpUrl.optional(),
  CSRD_XBRL_VALIDATOR_URL: httpUrl.optional(),
};

/** How the language models of the materiality assessment are asked; which they are says the chain (platform/llm/settings.ts). */
export const llmSettings = {
  CSRD_LLM_TIMEOUT_MS: milliseconds(100, 600_000).default(30_000),
  CSRD_LLM_IDLE_MS: milliseconds(100, 600_000).default(10_000),
  CSRD_LLM_BUDGET_MS: milliseconds(100, 1_800_000).default(120_000),
  CSRD_LLM_SLOW_MS: milliseconds(10, 600_000).default(5_000),
  CSRD_LLM_CONCURRENCY: count(100).default(4),
  CSRD_LLM_MOST_TOKENS: count(16_000).default(1_200),
  /** Points by which a model's score may differ from that of the rules and still be taken over. */
  CSRD_LLM_MOST_DEPARTURE: z.coerce
    .number({ error: "must be a number from 0 to 10" })
    .min(0, "must be a number from 0 to 10")
    .max(10, "must be a number from 0 to 10")
    .default(4),
  /** Whether the company's own texts on its boundaries and changes go along. */
  CSRD_LLM_COMPANY_TEXTS: z
    .enum(["withheld", "redacted"], { error: "must be withheld or redacted" })
    .default("withheld"),
};

/** Answers of language models, kept in Redis for a while (csrd-operations-manual "Performance Optimization"). */
export const cacheSettings = {
  CSRD_CACHE_ENABLED: z
    .string()
    .default("true")
    .transform((text, context) => {
      const word = text.toLowerCase();
      if (["true", "1", "yes"].includes(word)) return true;
      if (!["false", "0", "no"].includes(word))
        context.addIssue({ code: "custom", message: "must be true or false" });
      return false;
    }),
  CSRD_CACHE_TTL: z.coerce
    .number({ error: "must be a number of seconds" })
    .int("must be a whole number of seconds")
    .min(1, "must be at least 1 s")
    .max(2_592_000, "must be at most 2592000 s, 30 days")
    .default(3_600),
};
