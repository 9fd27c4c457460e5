import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { MessageChannel } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import type { Measure } from "#platform/agent.ts";
import { metrics } from "#platform/contract.ts";
import { retryAfter } from "#platform/llm/failure.ts";
import { modelsForRun } from "#platform/llm/models-for-run.ts";
import { openModels } from "#platform/llm/open-models.ts";
import {
  factsOf,
  type ModelsBack,
  type ModelsSent,
  remoteModels,
  serveModels,
} from "#platform/llm/remote-models.ts";
import { retryBudget } from "#platform/llm/retry-budget.ts";
import { chainSettings } from "#platform/llm/settings.ts";
import { slots } from "#platform/llm/slots.ts";
import { startLlmStandin } from "#sandbox/standins/start-llm-standin.ts";
import { question } from "#test/contracts/language-model.ts";
import { assess, counted, environmentOf, keys, modelsAt, sampleReport } from "./asking.ts";

// oxlint-disable-next-line no-empty-pattern -- Vitest reads from the pattern what a fixture needs
const it = test.extend("standin", async ({}, { onCleanup }) => {
  const standin = await startLlmStandin({ keys });
  onCleanup(() => standin.stop());
  return standin;
});
const patience = (): AbortSignal => AbortSignal.timeout(30_000);
const asked = (standin: {
  readonly questions: readonly { readonly vendor: string }[];
}): Record<string, number> => ({
  anthropic: standin.questions.filter(({ vendor }) => vendor === "anthropic").length,
  openai: standin.questions.filter(({ vendor }) => vendor === "openai").length,
});

describe("a chain of models", () => {
  it.for([
    "overloaded",
    "server-error",
    "rate-limited",
    "cut",
    "hang",
    "retired",
    "quota-exhausted",
  ] as const)("goes on to the next model when the first is %s", async (fault, { standin }) => {
    standin.faults.set("anthropic", fault);
    const models = modelsAt(standin, "primary,secondary,offline", { CSRD_LLM_IDLE_MS: "1000" });

    const heard = await models.ask(question, patience());

    expect(heard).toMatchObject({ kind: "answer", name: "secondary", provider: "openai" });
    expect(heard.tried.every(({ name }) => name === "primary")).toBe(true);
    expect(asked(standin)["openai"]).toBe(1);
  });

  it.for(["key-revoked", "refusal", "endless"] as const)(
    "does not go on to the next model for %s: it would hide what is wrong",
    async (fault, { standin }) => {
      standin.faults.set("anthropic", fault);

      const heard = await modelsAt(standin).ask(question, patience());

      expect(heard.kind).toBe("failed");
      expect(asked(standin)).toEqual({ anthropic: 1, openai: 0 });
    },
  );

  it("does not go on for a request that is refused", async ({ standin }) => {
    const models = modelsAt(standin, "secondary,primary,offline", {
      CSRD_LLM_SECONDARY_MODEL: "standin-reasoning",
    });

    const heard = await models.ask(question, patience());

    expect(heard).toMatchObject({ kind: "failed", code: "request-refused" });
    expect(asked(standin)).toEqual({ anthropic: 0, openai: 1 });
  });

  it("asks again what passes, after the time the vendor names", async ({ standin }) => {
    standin.faults.set("anthropic", "rate-limited", 1);

    const heard = await modelsAt(standin).ask(question, patience());

    expect(heard).toMatchObject({ kind: "answer", name: "primary", tried: [{ code: "rate-limited" }] });
  });

  it("asks again at most one time in ten, however much fails", async ({ standin }) => {
    standin.faults.set("anthropic", "unavailable");
    const models = openModels(chainSettings("primary,offline", environmentOf(standin)));
    const first = 40;

    for (let each = 0; each < first; each += 1) await models.ask(question, patience());

    // The breaker keeps most of the forty away altogether; of those that were made, few were repeated.
    expect(standin.questions.length).toBeLessThanOrEqual(5 + 1);
  });

  it("leaves a model alone that fails again and again, and says so in metric and log", async ({
    standin,
  }) => {
    standin.faults.set("anthropic", "overloaded");
    const models = modelsAt(standin, "primary,secondary,offline");

    for (let each = 0; each < 8; each += 1) await models.ask(question, patience());

    const heard = await models.ask(question, patience());
    expect(heard).toMatchObject({ kind: "answer", name: "secondary", tried: [{ code: "breaker-open" }] });
    expect(asked(standin)["anthropic"]).toBeLessThanOrEqual(6);
    expect(models.measured).toContainEqual({
      kind: "level",
      metric: metrics.breakerState,
      labels: { part: "llm", provider: "primary" },
      value: 2,
    });
    expect((await models.health()).breaker).toBe("open");
  });

  it("asks no more questions at the same time than it is told", async ({ standin }) => {
    standin.faults.set("anthropic", "slow");
    const models = modelsAt(standin, "primary,offline", { CSRD_LLM_CONCURRENCY: "2" });
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, standin.questions.length - done);
    }, 5);
    let done = 0;

    await Promise.all(
      Array.from({ length: 6 }, async () => {
        await models.ask(question, patience());
        done += 1;
      }),
    );
    clearInterval(watch);

    expect(most).toBe(2);
  });

  it("asks nobody while it is switched off, and does not use what was answered earlier", async ({
    standin,
  }) => {
    const artifacts = await sampleReport();
    await assess(modelsAt(standin), artifacts);
    const before = standin.questions.length;
    const switched = { scope: "llm", reason: "drill", by: "ops", since: "now" } as const;
    const models = openModels(chainSettings("primary,secondary,offline", environmentOf(standin)), {
      off: () => switched,
    });

    const { document, result } = await assess(models, artifacts);

    expect(standin.questions).toHaveLength(before);
    expect(document.topics.every(({ by }) => by === "offline rules")).toBe(true);
    expect(document.assessor?.not_taken[0]).toMatchObject({ code: "switched-off" });
    expect(result.warnings.join("\n")).toContain("switched off");
  });
});

describe("a vendor that is switched off", () => {
  const off = (...scopes: readonly string[]) => ({
    off: (vendor?: string) =>
      scopes.includes(vendor === undefined ? "llm" : `llm-${vendor}`)
        ? ({ scope: "llm-anthropic", reason: "INC-7", by: "ops", since: "now" } as const)
        : undefined,
  });

  it("is passed over without a question, and the next of the chain is asked", async ({ standin }) => {
    const measured: Measure[] = [];
    const models = openModels(chainSettings("primary,secondary,offline", environmentOf(standin)), {
      ...off("llm-anthropic"),
      measure: (measure) => void measured.push(measure),
    });

    const { document } = await assess(models, await sampleReport());

    expect(asked(standin)["anthropic"]).toBe(0);
    expect(asked(standin)["openai"]).toBeGreaterThan(0);
    expect(document.topics.some(({ by }) => by === "language model")).toBe(true);
    expect(document.provider).toBe("openai");
    expect(document.assessor?.failed).toContainEqual(
      expect.objectContaining({ name: "primary", code: "vendor-off" }),
    );
    expect(measured).toContainEqual(
      expect.objectContaining({
        metric: metrics.llmRequests,
        labels: expect.objectContaining({ provider: "anthropic", outcome: "vendor-off" }),
      }),
    );
  });

  it("has its earlier answers left out, and those of the others kept", async ({ standin }) => {
    const artifacts = await sampleReport();
    await assess(modelsAt(standin), artifacts);
    const before = asked(standin);
    const models = openModels(
      chainSettings("primary,secondary,offline", environmentOf(standin)),
      off("llm-anthropic"),
    );

    await assess(models, artifacts);
    const after = asked(standin);
    await assess(models, artifacts);

    expect(after["anthropic"]).toBe(before["anthropic"]);
    expect(after["openai"]).toBeGreaterThan(0);
    expect(asked(standin)).toEqual(after);
  });

  it("leaves the rules to assess when no other is left, and says why", async ({ standin }) => {
    const models = openModels(
      chainSettings("primary,secondary,offline", environmentOf(standin)),
      off("llm-anthropic", "llm-openai"),
    );

    const { document } = await assess(models, await sampleReport());

    expect(standin.questions).toHaveLength(0);
    expect(document.topics.every(({ by }) => by === "offline rules")).toBe(true);
  });

  it("says nothing about the health of those that are asked", async ({ standin }) => {
    standin.faults.set("anthropic", "unavailable");
    const models = openModels(
      chainSettings("primary,secondary,offline", environmentOf(standin)),
      off("llm-anthropic"),
    );

    await expect
      .poll(async () => models.health(), { timeout: 10_000 })
      .toMatchObject({ reachable: true, provider: "openai", reason: undefined });
  });
});

describe("an assessment while a vendor is down", () => {
  it("completes by the other vendor, and says which failed", async ({ standin }) => {
    standin.faults.set("anthropic", "overloaded");

    const { document, result } = await assess(modelsAt(standin), await sampleReport());

    expect(document.provider).toBe("openai");
    expect(document.assessor?.failed.map(({ name, code }) => `${name} ${code}`)).toContain(
      "primary overloaded",
    );
    expect(result.warnings.join("\n")).toContain("The language model primary (anthropic) could not be used");
  });

  it("names the setting of a model that is retired", async ({ standin }) => {
    standin.faults.set("anthropic", "retired");

    const { result } = await assess(modelsAt(standin), await sampleReport());

    expect(result.warnings.join("\n")).toContain(
      "anthropic no longer serves the model standin-haiku; set CSRD_LLM_PRIMARY_MODEL to one that it does.",
    );
  });

  it("completes by the rules within its time when both hang, and says so", async ({ standin }) => {
    standin.faults.set("anthropic", "hang");
    standin.faults.set("openai", "hang-midway");
    const models = modelsAt(standin, "primary,secondary,offline", { CSRD_LLM_BUDGET_MS: "1500" });
    const from = performance.now();

    const { document, result } = await assess(models, await sampleReport());

    // Without the budget it would take half a minute.
    expect(performance.now() - from).toBeLessThan(8_000);
    expect(document.provider).toBe("offline-rules");
    expect(document.topics).toHaveLength(10);
    expect(document.assessor?.not_taken).toHaveLength(10);
    expect(document.notice).toContain("no language model's answer could be taken");
    expect(result.warnings.join("\n")).toMatch(
      /No language model's answer is taken for E1.*offline rules propose there/,
    );
  });

  it("waits for a model where the chain names no rules to fall back on", async ({ standin }) => {
    standin.faults.set("anthropic", "unavailable");

    const assessing = assess(modelsAt(standin, "primary"), await sampleReport());

    await expect(assessing).rejects.toMatchObject({ code: "llm-unreachable", retry: "later" });
  });

  it("ends at once when its report is cancelled", async ({ standin }) => {
    standin.faults.set("anthropic", "hang");
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(), 100);

    const assessing = assess(modelsAt(standin), await sampleReport(), { signal: cancel.signal });

    await expect(assessing).rejects.toMatchObject({ name: "AbortError" });
  });
});

test("a stage in a process of its own asks through its service, and can give up", async () => {
  const standin = await startLlmStandin({ keys });
  const models = modelsAt(standin);
  const { port1, port2 } = new MessageChannel();
  const served = serveModels(models, (back) => port1.postMessage(back));
  port1.on("message", (sent: ModelsSent) => served.hear(sent));
  const remote = remoteModels(
    structuredClone(factsOf(models)),
    (sent) => port2.postMessage(sent),
    () => undefined,
  );
  port2.on("message", (back: ModelsBack) => remote.hear(back));

  const { document } = await assess(remote, await sampleReport());
  standin.faults.set("anthropic", "hang");
  const given = await remote.ask(question, AbortSignal.timeout(200));

  expect(document.assessor?.answered[0]?.topics).toHaveLength(10);
  expect(given).toMatchObject({ kind: "failed", code: "time-spent" });
  port1.close();
  await once(port2, "close");
  await standin.stop();
});

describe("the settings of a chain", () => {
  const environment = {
    KEY: "sk-1",
    CSRD_LLM_A_PROVIDER: "openai",
    CSRD_LLM_A_MODEL: "m-1",
    CSRD_LLM_A_KEY: "env:KEY",
  };

  test("need no more than a model's id for the two vendors", () => {
    const { chain, models } = chainSettings("openai,anthropic,offline", {
      OPENAI_API_KEY: "a",
      ANTHROPIC_API_KEY: "b",
      CSRD_LLM_OPENAI_MODEL: "m-1",
      CSRD_LLM_ANTHROPIC_MODEL: "m-2",
    });

    expect(chain).toEqual(["openai", "anthropic", "offline"]);
    expect(models.map(({ provider, model, url, fixed }) => [provider, model, url, fixed])).toEqual([
      ["openai", "m-1", undefined, true],
      ["anthropic", "m-2", undefined, false],
    ]);
  });

  test.for([
    ["a,offline,b", {}, "offline last"],
    ["a,a", {}, "each model once"],
    ["A B", {}, "lower-case letters"],
    ["", {}, "at least one model"],
    ["b", {}, "CSRD_LLM_B_PROVIDER must be openai or anthropic"],
    ["a", { CSRD_LLM_A_MODEL: "" }, "none is built in"],
    ["a", { CSRD_LLM_A_KEY: "sk-live-123456" }, "never the key itself"],
    ["a", { CSRD_LLM_A_KEY: "env:NOBODY" }, "NOBODY, which is empty"],
    ["a", { CSRD_LLM_A_URL: "ftp://x" }, "CSRD_LLM_A_URL must be an http or https URL"],
    ["a", { CSRD_LLM_A_URL: "https://me:pw@host/v1" }, "without a name, password"],
    ["a", { CSRD_LLM_A_PRICES: "cheap" }, "like 3/15"],
    ["a", { CSRD_LLM_A_FORMAT: "xml" }, "schema or tool"],
    ["a", { CSRD_LLM_A_PROVIDER: "anthropic", CSRD_LLM_A_SAMPLING: "fixed" }, "neither temperature nor seed"],
    ["a", { CSRD_LLM_BUDGET_MS: "soon" }, "CSRD_LLM_BUDGET_MS must be a number"],
    ["a", { CSRD_LLM_MOST_DEPARTURE: "11" }, "from 0 to 10"],
    ["a", { CSRD_LLM_COMPANY_TEXTS: "all" }, "withheld or redacted"],
  ] as const)("%s with %o is refused with a sentence", ([names, more, sentence]) => {
    const opening = (): unknown => chainSettings(names, { ...environment, ...more });

    expect(opening).toThrow(
      expect.objectContaining({ code: "settings-invalid", summary: expect.stringContaining(sentence) }),
    );
    expect(opening).toThrow(
      expect.objectContaining({ summary: expect.not.stringContaining("sk-live-123456") }),
    );
  });

  it("a key that is gone is told as a refused key, and found again when it is back", async ({ standin }) => {
    const dir = await mkdtemp(path.join(tmpdir(), "csrd-llm-"));
    const file = path.join(dir, "key");
    const models = modelsAt(standin, "primary,offline", { CSRD_LLM_PRIMARY_KEY: `file:${file}` });

    const without = await models.ask(question, patience());
    await writeFile(file, `${keys.anthropic}\n`);
    const withKey = await models.ask(question, patience());
    await rm(dir, { recursive: true });

    expect(without).toMatchObject({ kind: "failed", code: "key-refused" });
    expect(withKey.kind).toBe("answer");
  });

  test("of a run on the command line always end with the rules, and offline means the rules alone", () => {
    process.env["OPENAI_API_KEY"] = "sk-x";

    const named = modelsForRun("openai", "m-1");

    delete process.env["OPENAI_API_KEY"];
    expect(named?.chain).toEqual(["openai", "offline"]);
    expect(modelsForRun("offline", undefined)).toBeUndefined();
  });
});

describe("Retry-After", () => {
  const now = Date.parse("2026-11-21T10:00:00Z");
  test.for([
    [{ "retry-after-ms": "1500" }, 1_500],
    [{ "retry-after": "2" }, 2_000],
    [{ "retry-after-ms": "250", "retry-after": "9" }, 250],
    [{ "retry-after": "Sat, 21 Nov 2026 10:00:07 GMT" }, 7_000],
    [{ "retry-after": "Sat, 21 Nov 2026 09:00:00 GMT" }, 0],
    [{ "retry-after": "soon" }, undefined],
    [{}, undefined],
  ] as const)("%o is %s ms", ([headers, ms]) => {
    expect(retryAfter(new Headers(headers), now)).toBe(ms);
  });
});

test("a retry budget gives one in ten over its window, and one where there were few", () => {
  let now = 0;
  const budget = retryBudget(0.1, 1_000, () => now);
  const take = (calls: number): number => {
    for (let each = 0; each < calls; each += 1) budget.called();
    return Array.from({ length: 100 }, () => budget.take()).filter(Boolean).length;
  };

  const [few, many] = [take(3), take(97)];
  now = 2_000;
  const later = take(20);

  expect([few, many, few + many, later]).toEqual([1, 9, 10, 2]);
});

test("a place that is waited for in vain is not lost", async () => {
  const places = slots(1);
  const leave = await places.take(new AbortController().signal);
  const impatient = await places.take(AbortSignal.timeout(20));

  leave?.();

  expect(impatient).toBeUndefined();
  expect(await places.take(AbortSignal.timeout(20))).toBeDefined();
});

test("what fails is counted by its code, and left out calls take no time", async () => {
  const standin = await startLlmStandin({ keys });
  standin.faults.set("anthropic", "key-revoked");
  const models = modelsAt(standin);

  await models.ask(question, patience());
  await standin.stop();

  expect(counted(models.measured, metrics.llmRequests, "outcome")).toEqual({ "key-refused": 1 });
});
