import { describe, expect, test } from "vitest";
import { batches, plan, ref, together } from "#kit";
import { setOf, toyBench, toyBook } from "./toy.ts";

const because = { rule: "any", because: "a test says so" };

describe("together", () => {
  test("its steps run at the same time and all are finished before anything follows", async () => {
    const toy = toyBench();
    const book = toyBook(toy, ({ set }) =>
      plan(because, [
        together([set({ target: "a", value: "on" }), set({ target: "b", value: "on" })]),
        set({ target: "c", value: "on" }),
      ]),
    );

    const state = await toy.run(book);

    expect(state.ended?.outcome).toBe("solved");
    expect(state.steps.map(({ key }) => key)).toEqual(["1.1", "1.2", "2"]);
    const order = toy.entries.flatMap(({ event }) =>
      event.type === "step.started" || event.type === "step.done" ? [`${event.type} ${event.key}`] : [],
    );
    expect(order.slice(0, 2).toSorted()).toEqual(["step.started 1.1", "step.started 1.2"]);
    expect(order.indexOf("step.started 2")).toBe(4);
  });

  test("one that fails does not leave the other unobserved, and nothing follows", async () => {
    const toy = toyBench();
    toy.broken.add("a");
    const book = toyBook(toy, ({ set }) =>
      plan(because, [
        together([set({ target: "a", value: "on" }), set({ target: "b", value: "on" })]),
        set({ target: "c", value: "on" }),
      ]),
    );

    const state = await toy.run(book);

    expect(state.ended?.exit).toBe(4);
    expect(state.steps.map((step) => step.state)).toEqual(["failed", "done", "next"]);
    expect(toy.effects).toEqual(["b=on"]);
  });
});

describe("batches", () => {
  const targets = ["a", "b", "c", "d", "e", "f", "g"];

  test("begin with one and double up to their size, written out in the plan", async () => {
    const toy = toyBench();
    const book = toyBook(toy, ({ set }) =>
      plan(because, [batches(targets, (target) => set({ target, value: "on" }), { size: 4, floor: 0 })]),
    );

    const state = await toy.run(book);

    expect(state.ended?.outcome).toBe("solved");
    expect(state.plan?.steps.map(({ key, group }) => `${key} ${group?.batch}/${group?.of}`)).toEqual([
      "1.1 1/3",
      "1.2 2/3",
      "1.3 2/3",
      "1.4 3/3",
      "1.5 3/3",
      "1.6 3/3",
      "1.7 3/3",
    ]);
    expect(toy.effects).toHaveLength(7);
  });

  test.for([
    [0, ["b"], ["a=on", "c=on"]],
    [1, ["b"], ["a=on", "c=on", "d=on", "e=on", "f=on", "g=on"]],
    [1, ["b", "d"], ["a=on", "c=on", "e=on"]],
    [2, ["b", "d"], ["a=on", "c=on", "e=on", "f=on", "g=on"]],
  ] as const)(
    "with %i allowed to fail and %o broken, exactly %o is done",
    async ([mayFail, broken, done]) => {
      const toy = toyBench();
      for (const one of broken) toy.broken.add(one);
      const book = toyBook(toy, ({ set }) =>
        plan(because, [
          batches(targets, (target) => set({ target, value: "on" }), { size: 2, floor: 0, mayFail }),
        ]),
      );

      const state = await toy.run(book);

      expect(toy.effects.toSorted()).toEqual(done);
      expect(state.ended?.exit).toBe(broken.length > mayFail ? 4 : 0);
    },
  );

  test("a batch waits until enough is in service, and removing what is out already removes nothing", async () => {
    const toy = toyBench();
    toy.serving = ["b", "c"];
    const waits: string[] = [];
    const book = toyBook(
      toy,
      ({ set }) =>
        plan(because, [
          batches(["a", "b", "c"], (target) => set({ target, value: "on" }), {
            size: 1,
            ramp: false,
            floor: 2,
          }),
        ]),
      {
        async capacity() {
          if (toy.effects.includes("a=on") && !toy.serving.includes("a")) toy.serving = [...toy.serving, "a"];
          waits.push(toy.serving.join(""));
          return toy.serving;
        },
      },
    );

    const state = await toy.run(book);

    expect(state.ended?.outcome).toBe("solved");
    expect(waits[0]).toBe("bc");
    expect(toy.effects).toEqual(["a=on", "b=on", "c=on"]);
  });

  test("a batch that would go below the floor never begins", async () => {
    const toy = toyBench();
    toy.serving = ["a", "b"];
    const book = toyBook(toy, ({ set }) =>
      plan(because, [batches(["a", "b"], (target) => set({ target, value: "on" }), { size: 1, floor: 2 })]),
    );

    const state = await toy.run(book);

    expect(toy.effects).toEqual([]);
    expect(state.ended?.exit).toBe(4);
    expect(state.steps[0]?.fault).toMatchObject({
      code: "guard-refused",
      summary: "Batch 1 did not begin: it would leave 1 in service, 2 must remain.",
    });
  });

  test("an unknown capacity is not enough", async () => {
    const toy = toyBench();
    const book = toyBook(
      toy,
      ({ set }) =>
        plan(because, [batches(["a"], (target) => set({ target, value: "on" }), { size: 1, floor: 1 })]),
      {
        async capacity() {
          throw new Error("the balancer is silent");
        },
      },
    );

    const state = await toy.run(book);

    expect(toy.effects).toEqual([]);
    expect(state.steps[0]?.fault?.summary).toContain("the balancer is silent");
  });

  test.for([0, -1, 1.5, Number.NaN])("a size of %d is refused", (size) => {
    expect(() =>
      batches(["a"], (target) => ({ kind: "step", action: "set", input: target }), { size, floor: 0 }),
    ).toThrow("is none");
  });
});

describe("ref", () => {
  test("is filled from what the step before gave back, by way of the journal", async () => {
    const toy = toyBench();
    const book = toyBook(toy, ({ set }) => {
      const first = set({ target: "a", value: "on" });
      return plan(because, [first, set({ target: "b", value: ref(first, "token") })]);
    });

    const state = await toy.run(book);

    expect(state.ended?.outcome).toBe("solved");
    expect(toy.switches.get("b")).toBe("token-of-a");
    expect(state.plan?.steps[1]).toMatchObject({
      title: "Set b to ‹token of step 1›",
      input: { target: "b", value: { $ref: { step: "1", field: "token" } } },
    });
    expect(state.steps[1]?.filled).toEqual({ target: "b", value: "token-of-a" });
  });

  test("never reaches a target that neither the plan nor the inventory names", async () => {
    const toy = toyBench();
    const book = toyBook(toy, ({ set }) => {
      const first = set({ target: "a", value: "on" });
      return plan(because, [first, set({ target: ref(first, "token"), value: "on" })]);
    });

    const state = await toy.run(book);

    expect(toy.effects).toEqual(["a=on"]);
    expect(state.steps[1]?.fault).toMatchObject({ code: "guard-refused" });
    expect(state.steps[1]?.fault?.summary).toContain(
      '"token-of-a", which neither the plan nor the inventory names',
    );
  });

  test("to a step that does not come before is refused when the plan is made", async () => {
    const toy = toyBench();
    const book = toyBook(toy, ({ set }) => {
      const later = set({ target: "a", value: "on" });
      return plan(because, [set({ target: "b", value: ref(later, "token") }), later]);
    });

    const state = await toy.run(book);

    expect(state.ended).toMatchObject({ outcome: "defect", fault: { code: "definition-invalid" } });
    expect(toy.effects).toEqual([]);
  });

  test("a result that its own schema refuses fails the step, and undo still knows of it", async () => {
    const toy = toyBench();
    const set = setOf(toy, "reversible");
    const book = toyBook(toy, (hands) => plan(because, [hands.set({ target: "a", value: "on" })]), {
      mitigate: {
        set: {
          ...set,
          run: async (...args: Parameters<typeof set.run>) => {
            await set.run(...args);
            return { target: "a", was: 7 };
          },
        },
      },
    });
    toy.approveSoon();

    const state = await toy.run(book);

    expect(state.ended?.exit).toBe(4);
    expect(state.steps[0]?.fault?.code).toBe("result-refused");
    const undo = await toy.engine({ runbooks: [book] }).undoPlan(state.run);
    expect(undo.steps.map(({ title }) => title)).toEqual(["Set a to off"]);
  });
});
