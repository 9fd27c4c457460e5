import { describe, expect, test } from "vitest";
import { allClear, defineCheck, escalate, eventually, handOver, healthy, plan, unhealthy } from "#kit";
import type { Decision } from "#kit/decision.ts";
import type { Runbook } from "#kit/runbook.ts";
import { lena, omar } from "#test/fakes/engine.ts";
import { toyBench, toyBook, type Hands, type Toy } from "./toy.ts";

const because = { rule: "any", because: "a test says so" };
const on = (hands: Hands, ...targets: readonly string[]): Decision =>
  plan(
    because,
    targets.map((target) => hands.set({ target, value: "on" })),
  );

describe("rounds", () => {
  test("again looks and decides anew, knowing what was tried, and asks for a new approval", async () => {
    const toy = toyBench();
    toy.approveSoon();
    toy.cured = () => toy.effects.includes("b=on");
    const seen: unknown[] = [];
    const book = toyBook(
      toy,
      (hands, { round, tried }) => {
        seen.push([round, tried?.map(({ input }) => input)]);
        return on(hands, round === 1 ? "a" : "b");
      },
      { notVerified: "again", risk: "reversible" },
    );

    const state = await toy.run(book);

    expect(state.ended).toMatchObject({ outcome: "solved", exit: 0 });
    expect(state.ended?.verdict).toContain("2 of 2 steps done in 2 rounds");
    expect(state.round).toBe(2);
    expect(state.steps.map(({ key }) => key)).toEqual(["R2-1"]);
    expect(seen.at(-1)).toEqual([2, [{ target: "a", value: "on" }]]);
    const digests = toy.entries.flatMap(({ event }) =>
      event.type === "approval.given" ? [event.digest] : [],
    );
    expect(new Set(digests).size).toBe(2);
  });

  test("wait no longer for a check than its own time, though another may take more", async () => {
    const toy = toyBench();
    toy.cured = () => toy.effects.includes("b=on");
    const quick = defineCheck({
      id: "quick",
      title: "What an act shows at once",
      every: "30s",
      timeout: "5s",
      look: async () => toy.effects.includes("b=on"),
      judge: (shown) => (shown ? healthy("it shows") : unhealthy("it does not show")),
    });
    const book = toyBook(toy, (hands, { round }) => on(hands, round === 1 ? "a" : "b"), {
      notVerified: "again",
    });

    const state = await toy.run({
      ...book,
      verify: [...book.verify, eventually(quick, { within: "10s", steadyFor: "steady" })],
    });

    expect(state.ended?.outcome).toBe("solved");
    const at = (type: string) => Date.parse(toy.entries.find(({ event }) => event.type === type)?.at ?? "");
    expect(at("verify.failed") - at("verify.started")).toBeLessThan(15_000);
  });

  test("end after the third", async () => {
    const toy = toyBench();
    toy.cured = false;
    const book = toyBook(toy, (hands, { round = 1 }) => on(hands, ["a", "b", "c", "d"][round - 1] ?? "z"), {
      notVerified: "again",
    });

    const state = await toy.run(book);

    expect(state.ended).toMatchObject({ outcome: "not-verified", exit: 4 });
    expect(toy.effects).toEqual(["a=on", "b=on", "c=on"]);
  });

  test("never repeat a step", async () => {
    const toy = toyBench();
    toy.cured = false;
    const book = toyBook(toy, (hands) => on(hands, "a"), { notVerified: "again" });

    const state = await toy.run(book);

    expect(toy.effects).toEqual(["a=on"]);
    expect(state.ended).toMatchObject({ outcome: "not-verified", fault: { code: "guard-refused" } });
  });

  test("a second round that finds nothing to do is proven again before it counts", async () => {
    const toy = toyBench();
    let looks = 0;
    toy.cured = () => (looks += 1) > 14;
    const book = toyBook(toy, (hands, { round }) => (round === 1 ? on(hands, "a") : allClear(because)), {
      notVerified: "again",
    });

    const state = await toy.run(book);

    expect(state.ended?.outcome).toBe("solved");
  });

  test("a second round that gives up says that the cure is not proven", async () => {
    const toy = toyBench();
    toy.cured = false;
    const book = toyBook(toy, (hands, { round }) => (round === 1 ? on(hands, "a") : escalate(because)), {
      notVerified: "again",
    });

    const state = await toy.run(book);

    expect(state.ended).toMatchObject({ outcome: "not-verified", exit: 4 });
  });

  test("undo takes back every round, the last first", async () => {
    const toy = toyBench();
    toy.approveSoon();
    toy.cured = false;
    const book = toyBook(toy, (hands, { round = 1 }) => on(hands, ["a", "b", "c"][round - 1] ?? "z"), {
      notVerified: "again",
      risk: "reversible",
    });
    const ended = await toy.run(book);

    const state = await toy.engine({ runbooks: [book] }).undo(ended.run, { by: omar });

    expect(state.ended?.exit).toBe(8);
    expect(toy.effects.slice(3)).toEqual(["c=off", "b=off", "a=off"]);
    expect([...state.earlier, ...state.steps].filter((step) => step.state === "undone")).toHaveLength(3);
  });

  test("a cure that cannot be proven is taken back where the runbook says undo", async () => {
    const toy = toyBench();
    toy.approveSoon();
    toy.cured = false;
    const book = toyBook(toy, (hands) => on(hands, "a", "b"), { notVerified: "undo", risk: "reversible" });

    const state = await toy.run(book);

    expect(state.ended).toMatchObject({ outcome: "undone", exit: 8 });
    expect(toy.effects).toEqual(["a=on", "b=on", "b=off", "a=off"]);
  });
});

describe("handOver", () => {
  const child = (toy: Toy, more: Partial<Runbook> = {}) =>
    toyBook(toy, (hands) => on(hands, "b"), { id: "child", risk: "reversible", ...more });
  const parent = (toy: Toy, to: { readonly id: string }, more: Partial<Runbook> = {}) =>
    toyBook(toy, () => handOver(to, {}, because), { id: "parent", handsOverTo: [to.id], ...more });

  test("is a run of its own, with its own plan and approval; the parent proves its own cure after it", async () => {
    const toy = toyBench();
    toy.approveSoon();
    const next = child(toy);
    const first = parent(toy, next);

    const state = await toy.engine({ runbooks: [first, next] }).run(first, {}, { by: lena });

    expect(state.ended).toMatchObject({ outcome: "handed-over", exit: 0 });
    expect(state.verify?.state).toBe("held");
    const own = await toy.read(state.child?.run ?? "");
    expect(own).toMatchObject({ runbook: "child", parent: { run: state.run, depth: 1 } });
    expect(own.ended?.outcome).toBe("solved");
    expect(own.approvals).toHaveLength(1);
    expect(toy.effects).toEqual(["b=on"]);
  });

  test("the worse exit status wins", async () => {
    const toy = toyBench();
    toy.approveSoon();
    toy.broken.add("b");
    const next = child(toy);
    const first = parent(toy, next);

    const state = await toy.engine({ runbooks: [first, next] }).run(first, {}, { by: lena });

    expect(state.ended).toMatchObject({ outcome: "handed-over", exit: 4 });
    expect(state.verify?.state).toBe("held");
  });

  test("goes on with the same child after it was left", async () => {
    const toy = toyBench();
    const next = child(toy);
    const first = parent(toy, next);
    const engine = () => toy.engine({ runbooks: [first, next] });
    const left = await engine().run(first, {}, { by: lena, wait: false });
    const digest = (await toy.read(left.child?.run ?? "")).plan?.digest ?? "";
    await engine().approve(left.child?.run ?? "", { digest, by: omar });

    const state = await engine().resume(left.run, { by: lena, wait: false });

    expect(left.ended).toBeUndefined();
    expect(state.child?.run).toBe(left.child?.run);
    expect(state.ended).toMatchObject({ outcome: "handed-over", exit: 0 });
    expect(toy.effects).toEqual(["b=on"]);
  });

  test("passes its lock straight to the child", async () => {
    const toy = toyBench();
    toy.approveSoon();
    toy.cured = () => toy.effects.includes("b=on");
    const next = child(toy);
    const first = toyBook(
      toy,
      (hands, { round }) => (round === 1 ? on(hands, "a") : handOver(next, {}, because)),
      { id: "parent", handsOverTo: ["child"], notVerified: "again" },
    );

    const state = await toy.engine({ runbooks: [first, next] }).run(first, {}, { by: lena });

    expect(state.ended).toMatchObject({ outcome: "handed-over", exit: 0 });
    const lockEvents = toy.entries.flatMap(({ run, event }) =>
      event.type === "lock.taken" || event.type === "lock.released"
        ? [[run === state.run ? "parent" : "child", event]]
        : [],
    );
    expect(lockEvents.map(([who, event]) => [who, (event as { readonly type: string }).type])).toEqual([
      ["parent", "lock.taken"],
      ["parent", "lock.released"],
      ["child", "lock.taken"],
      ["child", "lock.released"],
    ]);
    const fences = lockEvents.flatMap(([, event]) =>
      "fence" in (event as object) ? [(event as { fence: number }).fence] : [],
    );
    expect(fences[1]).toBeGreaterThan(fences[0] ?? 0);
  });

  test("never goes round in a circle", async () => {
    const toy = toyBench();
    const first = toyBook(toy, () => handOver({ id: "back" }, {}, because), {
      id: "first",
      handsOverTo: ["back"],
    });
    const back = toyBook(toy, () => handOver({ id: "first" }, {}, because), {
      id: "back",
      handsOverTo: ["first"],
    });

    const state = await toy.engine({ runbooks: [first, back] }).run(first, {}, { by: lena });

    expect(state.ended).toMatchObject({ outcome: "handed-over", exit: 6 });
    expect(state.ended?.verdict).toContain("first → back → first would go round in a circle");
  });

  test("is at most three deep", async () => {
    const toy = toyBench();
    const names = ["r0", "r1", "r2", "r3", "r4"];
    const books = names.map((id, index) =>
      toyBook(toy, () => handOver({ id: names[index + 1] ?? "none" }, {}, because), {
        id,
        handsOverTo: [names[index + 1] ?? "none"],
      }),
    );
    const [first] = books;
    if (first === undefined) throw new Error("no runbook");

    const state = await toy.engine({ runbooks: books }).run(first, {}, { by: lena });

    expect(state.ended?.exit).toBe(6);
    expect(state.ended?.verdict).toContain("would be 4 hand-overs deep; 3 are allowed");
  });

  test("to a runbook that is not here is said", async () => {
    const toy = toyBench();
    const first = parent(toy, { id: "nowhere" });

    const state = await toy.engine({ runbooks: [first] }).run(first, {}, { by: lena });

    expect(state.ended?.fault?.code).toMatch(/runbook-unknown|definition-invalid/);
  });
});

describe("without", () => {
  test("leaves a step out and makes another plan", async () => {
    const toy = toyBench();
    const book = toyBook(toy, (hands) => on(hands, "a", "b", "c"));
    const engine = toy.engine({ runbooks: [book] });

    const whole = await engine.plan(book, {}, { by: lena });
    const part = await engine.run(book, {}, { by: lena, without: ["2"] });

    expect(part.ended?.outcome).toBe("solved");
    expect(toy.effects).toEqual(["a=on", "c=on"]);
    expect(part.plan?.digest).not.toBe(whole.plan?.digest);
    expect(part.plan?.without).toMatchObject([{ title: "Set b to on" }]);
    expect(part.steps.map(({ key }) => key)).toEqual(["1", "3"]);
  });

  test.for([
    [["9"], 'no step "9"'],
    [["1", "2", "3"], "nothing of the plan remains"],
  ] as const)("%o is refused", async ([without, says]) => {
    const toy = toyBench();
    const book = toyBook(toy, (hands) => on(hands, "a", "b", "c"));

    const state = await toy.run(book, { without });

    expect(state.ended?.fault?.summary).toContain(says);
    expect(toy.effects).toEqual([]);
  });
});

describe("a decide", () => {
  test.for<[string, () => Decision, RegExp]>([
    [
      "throws",
      () => {
        throw new Error("no idea");
      },
      /The decide of toy threw at rounds\.test\.ts:\d+: no idea/,
    ],
    [
      "takes for ever",
      () => {
        for (;;);
      },
      /did not answer within 2 s and was stopped/,
    ],
    ["promises", () => Promise.resolve(escalate(because)) as unknown as Decision, /answered with a promise/],
  ])("that %s ends the run with a clear sentence, and nothing was done", async ([, decide, says]) => {
    const toy = toyBench();

    const state = await toy.run(toyBook(toy, decide));

    expect(state.ended).toMatchObject({ outcome: "defect", exit: 1, fault: { code: "definition-invalid" } });
    expect(state.ended?.fault?.summary).toMatch(says);
    expect(toy.effects).toEqual([]);
  });
});
