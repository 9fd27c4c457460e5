import { describe, expect, test } from "vitest";
import { languageModel, type ModelSettings } from "#platform/llm/language-model.ts";
import type { LanguageModel, Provider } from "#platform/llm/port.ts";
import type { LlmFault } from "#sandbox/standins/llm/faults.ts";
import { startLlmStandin } from "#sandbox/standins/start-llm-standin.ts";
import { languageModelContract, question } from "#test/contracts/language-model.ts";

const keys = { openai: "sk-standin-openai", anthropic: "sk-ant-standin" };
const ids = { openai: "standin-mini", anthropic: "standin-haiku" } as const;

// oxlint-disable-next-line no-empty-pattern -- Vitest reads from the pattern what a fixture needs
const it = test.extend("standin", async ({}, { onCleanup }) => {
  const standin = await startLlmStandin({ keys });
  onCleanup(() => standin.stop());
  return standin;
});
type Standin = Awaited<ReturnType<typeof startLlmStandin>>;

/** The production adapter, pointed at the stand-in. */
function modelAt(
  standin: Pick<Standin, "openAiUrl" | "anthropicUrl">,
  provider: Provider,
  more: Partial<ModelSettings> = {},
): LanguageModel {
  return languageModel(
    {
      name: "primary",
      provider,
      model: ids[provider],
      url: provider === "openai" ? standin.openAiUrl : standin.anthropicUrl,
      key: async () => keys[provider],
      format: "schema",
      fixed: provider === "openai",
      prices: { input: 3, output: 15 },
      ...more,
    },
    { totalMs: 6_000, idleMs: 1_000 },
  );
}
const patience = (): AbortSignal => AbortSignal.timeout(10_000);
const both = ["openai", "anthropic"] as const;

for (const provider of both)
  for (const format of ["schema", "tool"] as const)
    describe(`the ${provider} adapter, held by a ${format}`, async () => {
      const standin = await startLlmStandin({ keys });
      languageModelContract(() => modelAt(standin, provider, { format }));
      test.afterAll(() => standin.stop());
    });

describe.for(both)("the %s adapter", (provider) => {
  it.for([
    ["overloaded", "overloaded"],
    ["unavailable", "overloaded"],
    ["rate-limited", "rate-limited"],
    ["server-error", "server-error"],
    ["quota-exhausted", "quota-exhausted"],
    ["retired", "model-retired"],
    ["key-revoked", "key-refused"],
    ["hang", "no-answer"],
    ["hang-midway", "no-answer"],
    ["cut", "cut"],
    ["ended-early", "cut"],
    ["garbled", "garbled"],
    ["refusal", "refusal"],
    ["endless", "length"],
  ] as const satisfies readonly (readonly [LlmFault, string])[])(
    "tells %s as %s",
    async ([fault, code], { standin }) => {
      standin.faults.set(provider, fault, 1);

      const asked = await modelAt(standin, provider).ask(question, patience());

      expect(asked).toMatchObject({ kind: "failed", code });
      expect(JSON.stringify(asked)).not.toContain(keys[provider]);
      expect(standin.questions).toHaveLength(1);
    },
  );

  it("tells an error in the middle of an answer as the vendor's, not as an answer", async ({ standin }) => {
    standin.faults.set(provider, "stream-error", 1);

    const asked = await modelAt(standin, provider).ask(question, patience());

    expect(asked).toMatchObject({
      kind: "failed",
      code: provider === "openai" ? "server-error" : "overloaded",
    });
  });

  it("hands on how long the vendor wants to be left alone", async ({ standin }) => {
    standin.faults.set(provider, "rate-limited", 1);

    const asked = await modelAt(standin, provider).ask(question, patience());

    expect(asked).toMatchObject({ status: 429, retryAfterMs: 40 });
  });

  it("waits for a slow answer as long as pieces keep coming", async ({ standin }) => {
    standin.faults.set(provider, "slow", 1);

    const asked = await modelAt(standin, provider).ask(question, patience());

    expect(asked.kind).toBe("answer");
    expect(asked.ms).toBeGreaterThan(400);
  });

  it("counts the cost at the configured prices, and none where none are", async ({ standin }) => {
    const [priced, free] = [modelAt(standin, provider), modelAt(standin, provider, { prices: undefined })];

    const asked = await priced.ask(question, patience());
    const unpriced = await free.ask(question, patience());

    expect(asked.costUsd).toBeCloseTo((asked.tokens.input * 3 + asked.tokens.output * 15) / 1e6, 12);
    expect(unpriced.costUsd).toBeUndefined();
  });

  it("gives the same answer to the same question", async ({ standin }) => {
    const model = modelAt(standin, provider);

    const [one, two] = [await model.ask(question, patience()), await model.ask(question, patience())];

    expect(one.kind === "answer" && two.kind === "answer" && one.text === two.text).toBe(true);
  });

  it("refuses a wrong key and a key that is not there without another word", async ({ standin }) => {
    const wrong = modelAt(standin, provider, { key: async () => "sk-wrong" });
    const unknown = modelAt(standin, provider, { model: "gone-model" });

    expect(await wrong.ask(question, patience())).toMatchObject({ code: "key-refused", status: 401 });
    expect(await unknown.ask(question, patience())).toMatchObject({ code: "model-retired", status: 404 });
  });

  it("sends neither key nor question to where it is redirected", async ({ standin }) => {
    const { createServer } = await import("node:http");
    const elsewhere: string[] = [];
    const server = createServer((request, response) => {
      elsewhere.push(request.url ?? "");
      response.writeHead(307, { location: `${standin.url}/elsewhere` }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const url = `http://127.0.0.1:${port}`;

    const asked = await modelAt(standin, provider, { url }).ask(question, patience());
    server.close();

    expect(asked).toMatchObject({ kind: "failed", code: "unreachable" });
    expect(elsewhere).toHaveLength(1);
  });

  test("is unreachable when nobody listens", async () => {
    const standin = await startLlmStandin({ keys });
    const model = modelAt(standin, provider);
    await standin.stop();

    expect(await model.ask(question, patience())).toMatchObject({ code: "unreachable" });
    expect(await model.look(patience())).toMatchObject({ reachable: false });
  });
});

describe("temperature and seed", () => {
  it("are refused by models that reason, and told as our own mistake", async ({ standin }) => {
    const model = modelAt(standin, "openai", { model: "standin-reasoning", fixed: true });

    expect(await model.ask(question, patience())).toMatchObject({ code: "request-refused", status: 400 });
  });

  it("are left out where the vendor decides, and always for Anthropic", async ({ standin }) => {
    const reasoning = modelAt(standin, "openai", { model: "standin-reasoning", fixed: false });
    const fixed = modelAt(standin, "openai", { fixed: true });

    await reasoning.ask(question, patience());
    await fixed.ask(question, patience());
    await modelAt(standin, "anthropic", { fixed: true }).ask(question, patience());

    const [left, sent, anthropic] = standin.questions.map(({ body }) => JSON.parse(body));
    expect(left).not.toHaveProperty("temperature");
    expect(sent).toMatchObject({ temperature: 0, seed: 20_260_101 });
    expect(anthropic).not.toHaveProperty("temperature");
  });
});
