import { expect, test } from "vitest";
import type { Question } from "#platform/llm/port.ts";
import type { LanguageModel } from "#platform/llm/port.ts";
import { strictSchema } from "#platform/llm/schema.ts";
import { z } from "zod";

/** The shape that the contract's question asks for. */
const Weighed = z.object({
  heavy: z.boolean(),
  colour: z.enum(["red", "green", "blue"]),
  reasons: z.array(z.string()),
});

/** A question that every model can answer. */
export const question: Question = {
  name: "weighed",
  system: "You answer in JSON of the given schema, and nothing else.",
  prompt:
    "Is a steel anvil of 80 kg heavy for one person? What colour is a ripe tomato? Give one short reason each.",
  schema: strictSchema(Weighed),
  mostTokens: 400,
};

/** What every adapter of the port keeps to, whoever is at the other end. */
export function languageModelContract(model: () => LanguageModel): void {
  test("answers with a value of the schema, its tokens, and the model that answered", async () => {
    const asked = await model().ask(question, AbortSignal.timeout(60_000));

    if (asked.kind === "failed") throw new Error(`${asked.code}: ${asked.says}`);
    expect(Weighed.parse(JSON.parse(asked.text))).toBeDefined();
    expect(asked.answeredBy).not.toBe("");
    expect(asked.tokens.input).toBeGreaterThan(10);
    expect(asked.tokens.output).toBeGreaterThan(5);
    expect(asked.provider).toBe(model().provider);
  });

  test("says that it can be reached and has the model", async () => {
    const reach = await model().look(AbortSignal.timeout(60_000));

    expect(reach).toMatchObject({ reachable: true });
    expect(reach.reachable && reach.hasModel !== false).toBe(true);
  });

  test("stops when nobody waits any more", async () => {
    const asked = await model().ask(question, AbortSignal.abort());

    expect(asked).toMatchObject({ kind: "failed", code: "time-spent" });
  });
}
