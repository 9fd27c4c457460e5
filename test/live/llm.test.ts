import { describe, expect, test } from "vitest";
import { languageModel } from "#platform/llm/language-model.ts";
import { chainSettings } from "#platform/llm/settings.ts";
import { languageModelContract } from "../contracts/language-model.ts";

// For instance CSRD_TEST_LLM_CHAIN=openai,anthropic with CSRD_LLM_OPENAI_MODEL, OPENAI_API_KEY and the same for Anthropic;
// CSRD_LLM_<NAME>_URL leads to any compatible server. Each contract costs a few hundred tokens.
const names = process.env["CSRD_TEST_LLM_CHAIN"] ?? "";
const models = names === "" ? [] : chainSettings(names, process.env).models;
if (names === "") process.stdout.write("skipped, real language models: CSRD_TEST_LLM_CHAIN names none\n");

describe.skipIf(names === "")("real language models", () => {
  test("are named", () => {
    expect(models.map(({ model }) => model)).not.toContain("");
  });

  describe.for(models)("$name: $provider $model", (settings) => {
    const model = languageModel(settings, { totalMs: 60_000, idleMs: 30_000 });
    languageModelContract(() => model);
  });
});
