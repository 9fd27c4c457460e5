import { randomBytes } from "node:crypto";
import { type Line, startLine } from "./line.ts";
import { keepSecret } from "./secrets.ts";
import type { LlmFaults, LlmVendor } from "./standins/llm/faults.ts";
import { standinModels, startLlmStandin } from "./standins/start-llm-standin.ts";

/** The vendors of language models, as the practice production has them: one stand-in for both, each behind a line that can be cut. */
export type ModelVendors = {
  readonly lines: Readonly<Record<LlmVendor, Line>>;
  readonly faults: LlmFaults;
  /** Vendors in the order in which they were asked. */
  questions(): readonly LlmVendor[];
  /** What the materiality agent is told of them; keys by the file that holds them. */
  readonly variables: Readonly<Record<string, string>>;
  /** Where each vendor says how it is. */
  readonly statusPages: Readonly<Record<LlmVendor, string>>;
  stop(): Promise<void>;
};

/** Starts them; their keys are made up here. Times are shorter than production's, so that an outage fits into a practice. */
export async function startModelVendors(dir: string): Promise<ModelVendors> {
  const keys = {
    openai: `sk-${randomBytes(20).toString("hex")}`,
    anthropic: `sk-ant-${randomBytes(20).toString("hex")}`,
  };
  const standin = await startLlmStandin({ keys });
  const lines = { openai: await startLine(standin.url), anthropic: await startLine(standin.url) };
  const keyOf = (vendor: LlmVendor): string => `file:${keepSecret(dir, `${vendor}-key`, keys[vendor]).file}`;
  return {
    lines,
    faults: standin.faults,
    statusPages: { openai: `${standin.url}/status/openai`, anthropic: `${standin.url}/status/anthropic` },
    questions: () => standin.questions.map(({ vendor }) => vendor),
    variables: {
      CSRD_LLM_CHAIN: "primary,secondary,offline",
      CSRD_LLM_PRIMARY_PROVIDER: "anthropic",
      CSRD_LLM_PRIMARY_MODEL: standinModels.anthropic[0],
      CSRD_LLM_PRIMARY_URL: `${lines.anthropic.url}/anthropic`,
      CSRD_LLM_PRIMARY_KEY: keyOf("anthropic"),
      CSRD_LLM_PRIMARY_PRICES: "1/5",
      CSRD_LLM_SECONDARY_PROVIDER: "openai",
      CSRD_LLM_SECONDARY_MODEL: standinModels.openai[0],
      CSRD_LLM_SECONDARY_URL: `${lines.openai.url}/openai/v1`,
      CSRD_LLM_SECONDARY_KEY: keyOf("openai"),
      CSRD_LLM_SECONDARY_PRICES: "2/8",
      // An outage that is practised must be seen, also by a report that has been made before.
      CSRD_CACHE_ENABLED: "false",
      CSRD_LLM_TIMEOUT_MS: "3000",
      CSRD_LLM_IDLE_MS: "2000",
      CSRD_LLM_BUDGET_MS: "10000",
    },
    stop: async () => {
      await Promise.all(Object.values(lines).map((line) => line.stop()));
      await standin.stop();
    },
  };
}
