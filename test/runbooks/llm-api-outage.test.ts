import { describe, expect, onTestFinished, test } from "vitest";
import type { Sample } from "#kit/ports.ts";
import { decideWith } from "#kit/run/decide.ts";
import { languageModels } from "#checks/language-models.ts";
import { judgeModels, type ModelSamples } from "#rules/language-models.ts";
import { llmApiOutage } from "#runbooks/llm-api-outage.ts";
import { llmApiOutage as situations } from "#runbooks/scenarios/llm-api-outage.ts";
import { bench, lena } from "#test/fakes/engine.ts";
import { productionTimes } from "#test/fakes/world.ts";

type Vendors = Readonly<Record<string, { readonly ok?: number; readonly fail?: readonly [string, number] }>>;

/** A chain in the order of writing, as Prometheus tells it. */
function seen(
  vendors: Vendors,
  { rules = true, off = [] }: { rules?: boolean; off?: readonly string[] } = {},
): ModelSamples {
  const series = (labels: Sample["labels"], value: number): Sample => ({ labels, value });
  const names = Object.keys(vendors);
  return {
    places: [
      ...names.map((provider, index) => series({ name: `${provider}-1`, provider }, index + 1)),
      ...(rules ? [series({ name: "offline", provider: "rules" }, 9)] : []),
    ],
    outcomes: Object.entries(vendors).flatMap(([provider, { ok, fail }]) => [
      ...(ok === undefined ? [] : [series({ provider, outcome: "ok" }, ok)]),
      ...(fail === undefined ? [] : [series({ provider, outcome: fail[0] }, fail[1])]),
    ]),
    breakers: [],
    failing: [],
    switches: off.map((scope) => series({ scope }, 1)),
  };
}

const down: readonly [string, number] = ["unreachable", 12];
const everybody = { known: true, value: ["users", "compliance-manager", "engineering"] };
const nobody = { known: true, value: [] };
const notKnown = { known: false, reason: "no answer in 5 s" };

describe("llm-api-outage decides", () => {
  test.for([
    ["all-clear", "none-set-up", "no model is set up", seen({}), {}],
    [
      "all-clear",
      "switched-off",
      "asking is switched off",
      seen({ anthropic: { fail: down } }, { off: ["llm"] }),
      {},
    ],
    [
      "all-clear",
      "switched-off",
      "every vendor is switched off",
      seen({ anthropic: { fail: down } }, { off: ["llm-anthropic"] }),
      {},
    ],
    ["all-clear", "answers", "the first vendor answers", seen({ anthropic: { ok: 9 } }), {}],
    [
      "all-clear",
      "answers",
      "two questions failed, which is bad luck",
      seen({ anthropic: { fail: ["overloaded", 2] } }),
      {},
    ],
    [
      "all-clear",
      "answers",
      "a later vendor fails",
      seen({ anthropic: { ok: 9 }, openai: { fail: down } }),
      {},
    ],
    [
      "all-clear",
      "answers",
      "the vendor that fails is switched off",
      seen({ anthropic: { fail: down }, openai: { ok: 4 } }, { off: ["llm-anthropic"] }),
      {},
    ],
    [
      "plan",
      "falls-back",
      "the first is overloaded, the next answers",
      seen({ anthropic: { fail: ["overloaded", 8] }, openai: { ok: 8 } }),
      {},
    ],
    [
      "plan",
      "in-the-way",
      "the first hangs",
      seen({ anthropic: { fail: ["no-answer", 8] }, openai: { ok: 8 } }),
      {},
    ],
    [
      "plan",
      "in-the-way",
      "the next is never asked",
      seen({ anthropic: { fail: ["server-error", 8] }, openai: {} }),
      {},
    ],
    ["plan", "out", "none answers", seen({ anthropic: { fail: down }, openai: { fail: down } }), {}],
    ["plan", "out", "the only one fails", seen({ openai: { fail: ["rate-limited", 20] } }), {}],
    [
      "plan",
      "rules-alone",
      "none answers and the rules are wanted",
      seen({ openai: { fail: down } }),
      { materiality: "rules" },
    ],
    [
      "escalate",
      "no-rules",
      "the chain does not name the rules",
      seen({ openai: { fail: down } }, { rules: false }),
      { materiality: "rules" },
    ],
    [
      "escalate",
      "models-answer",
      "the rules are wanted and a model answers",
      seen({ openai: { ok: 3 } }),
      { materiality: "rules" },
    ],
    [
      "escalate",
      "quota",
      "the account has no quota left",
      seen({ openai: { fail: ["quota-exhausted", 5] } }),
      {},
    ],
    [
      "escalate",
      "ours",
      "our key is refused",
      seen({ anthropic: { fail: ["key-refused", 5] }, openai: {} }),
      {},
    ],
  ] as const)("%s (%s) when %s", ([kind, rule, , models, params]) => {
    expect(decide(models, params)).toMatchObject({ kind, rule });
  });

  test.for([
    ["nobody is named", nobody],
    ["who is named is not known", notKnown],
  ] as const)("escalate (nobody-to-tell) when %s, and names whom to tell", ([, audiences]) => {
    const decision = decide(seen({ openai: { fail: down } }), {}, audiences);

    expect(decision).toMatchObject({ kind: "escalate", rule: "nobody-to-tell" });
    expect(decision.because).toContain("users, compliance-manager, engineering");
  });

  test("escalate (falls-back-untold) when the next vendor answers and nobody is named", () => {
    const decision = decide(seen({ anthropic: { fail: down }, openai: { ok: 8 } }), {}, nobody);

    expect(decision).toMatchObject({ kind: "escalate", rule: "falls-back-untold" });
  });

  test("still leaves a hanging vendor out when nobody can be told, and says whom to tell", () => {
    const decision = decide(seen({ anthropic: { fail: ["no-answer", 8] }, openai: { ok: 8 } }), {}, nobody);

    expect(decision).toMatchObject({ kind: "plan", rule: "in-the-way", items: [{ action: "leaveOut" }] });
    expect(decision.because).toContain("tell them yourself");
  });

  test("says what the manual asks for: what is not available, that nobody knows for how long, what can be done by hand", () => {
    const text = JSON.stringify(decide(seen({ anthropic: { fail: down }, openai: { fail: down } }), {}));

    expect(text).toMatch(/not available at the moment/);
    expect(text).toMatch(/When it will be back is not known/);
    expect(text).toMatch(/assess materiality yourselves/);
  });

  test("names of vendors that nobody knows are no vendors", () => {
    const samples = seen({ "`rm -rf /`": { fail: down }, "<!channel>": { fail: down } });

    expect(judgeModels(samples).vendors).toEqual([]);
  });
});

describe("defect 34: a regulated output is never changed without a word", () => {
  test("the rules alone need somebody who answers for compliance, and another approver is not enough", async () => {
    const made = bench({});
    onTestFinished(() => made.close());
    situations["rules-alone"]?.prepare(made.world);
    const asked = made.engine({
      runbooks: [llmApiOutage],
      environment: {
        ...made.parts.environment,
        approvers: ["omar", "ana"],
        answersFor: { compliance: ["ana"] },
      },
    });
    made.approveSoon(); // as omar, who does not answer for compliance

    const state = await asked.run(llmApiOutage, { materiality: "rules" }, { by: lena });

    expect(state.ended?.outcome).toBe("approval-expired");
    expect(state.need?.word).toEqual({ of: "compliance", names: ["ana"] });
    expect(made.world.effects).toEqual([]);
  });

  test("where nobody answers for compliance, nothing is asked and nothing done", async () => {
    const made = bench({});
    onTestFinished(() => made.close());
    situations["rules-alone"]?.prepare(made.world);

    const state = await made
      .engine({ runbooks: [llmApiOutage], environment: { ...made.parts.environment, answersFor: {} } })
      .run(llmApiOutage, { materiality: "rules" }, { by: lena });

    expect(state.ended).toMatchObject({ outcome: "guarded" });
    expect(made.world.effects).toEqual([]);
  });

  test("changing the vendor is a switch that is seen, undone and stamped, with no model id in it", async () => {
    const made = bench({});
    onTestFinished(() => made.close());
    situations["one-hangs"]?.prepare(made.world);
    made.approveSoon();

    const state = await made.engine({ runbooks: [llmApiOutage] }).run(llmApiOutage, {}, { by: lena });
    const undone = await made.engine({ runbooks: [llmApiOutage] }).undo(state.run, { by: lena });

    expect(state.ended?.outcome).toBe("solved");
    expect(made.world.effects).toEqual([
      "switch llm-anthropic off",
      "tell compliance-manager",
      "tell engineering",
      "switch llm-anthropic on",
    ]);
    expect(undone.ended?.outcome).toBe("undone");
    expect(JSON.stringify(state.plan)).not.toMatch(/claude-|gpt-|standin/);
  });
});

describe("people are told once", () => {
  test("a second run in the same outage says nothing again; Slack being away fails no run", async () => {
    const made = bench({});
    onTestFinished(() => made.close());
    situations["all-down"]?.prepare(made.world);
    const engine = made.engine({ runbooks: [llmApiOutage] });

    const first = await engine.run(llmApiOutage, {}, { by: lena });
    const second = await engine.run(llmApiOutage, {}, { by: lena });

    expect([first.ended?.outcome, second.ended?.outcome]).toEqual(["solved", "solved"]);
    expect(made.world.effects.toSorted()).toEqual([
      "tell compliance-manager",
      "tell engineering",
      "tell users",
    ]);
  });

  test("a place that takes nothing is shown as failed, and what was switched stays proven", async () => {
    const made = bench({});
    onTestFinished(() => made.close());
    situations["one-hangs"]?.prepare(made.world);
    made.approveSoon();
    const away = async () => Promise.reject(new Error("Slack does not answer"));

    const state = await made
      .engine({
        runbooks: [llmApiOutage],
        operators: async () => ({ ...made.world.operators, announcer: { say: away } }),
      })
      .run(llmApiOutage, {}, { by: lena });

    expect(state.ended?.outcome).toBe("solved");
    expect(state.steps.map(({ title, state: end }) => `${title}: ${end}`)).toEqual([
      "Leave out anthropic's language models: done",
      "Tell compliance-manager: failed",
      "Tell engineering: failed",
    ]);
  });
});

describe("language-models judges", () => {
  test.for([
    ["healthy", seen({}), false],
    ["healthy", seen({ anthropic: { ok: 3 } }), false],
    ["healthy", seen({ anthropic: {} }), false],
    ["degraded", seen({ anthropic: { fail: down }, openai: { ok: 3 } }), false],
    ["healthy", seen({ anthropic: { fail: down }, openai: { ok: 3 } }), true],
    ["unhealthy", seen({ anthropic: { fail: down }, openai: {} }), true],
    ["unhealthy", seen({ anthropic: { fail: down } }), false],
    ["healthy", seen({ anthropic: { fail: down } }), true],
    ["healthy", seen({ anthropic: { fail: down } }, { off: ["llm"] }), false],
  ] as const)("%s for %o, people told: %s", ([state, samples, told]) => {
    expect(languageModels.judge({ chain: judgeModels(samples), told }).state).toBe(state);
  });
});

function decide(
  models: ModelSamples,
  params: Readonly<Record<string, unknown>>,
  audiences: object = everybody,
) {
  return decideWith(
    llmApiOutage,
    { models, audiences, pages: notKnown, agent: notKnown, waiting: notKnown },
    { materiality: "models", ...params },
    { now: "2026-11-21T03:12:00.000Z", times: productionTimes },
  );
}
