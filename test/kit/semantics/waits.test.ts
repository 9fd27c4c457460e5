import { describe, expect, test } from "vitest";
import { plan, waitFor } from "#kit";
import type { RunEvent } from "#kit/timeline.ts";
import { lena, omar } from "#test/fakes/engine.ts";
import { toyBench, toyBook, turnable, type Toy } from "./toy.ts";

const because = { rule: "any", because: "a test says so" };

/** Set a, watch, set b. */
const watched = (toy: Toy) =>
  toyBook(
    toy,
    ({ set, glance }) =>
      plan(because, [
        set({ target: "a", value: "on" }),
        glance({ needle: "the needle" }),
        set({ target: "b", value: "on" }),
      ]),
    { risk: "reversible" },
  );

/** Set a, wait for a person, set b. */
const waiting = (toy: Toy, ifSilent: "stop" | "undo" | "go-on", lock: "hold" | "release" = "hold") =>
  toyBook(
    toy,
    ({ set }) =>
      plan(because, [
        set({ target: "a", value: "on" }),
        waitFor("dns-switched", { ask: "Switch the DNS record", within: "30m", ifSilent, lock }),
        set({ target: "b", value: "on" }),
      ]),
    { risk: "reversible" },
  );

/** Says something as soon as an event of that kind is in the journal. */
function when(toy: Toy, type: RunEvent["type"], say: (run: string) => Promise<unknown>) {
  const { onEntry } = toy.parts;
  let said = false;
  return {
    onEntry(...[entry, state]: Parameters<NonNullable<typeof onEntry>>) {
      onEntry?.(entry, state);
      if (entry.event.type !== type || said) return;
      if (entry.event.type === "step.started" && entry.event.key !== "2") return;
      said = true;
      void say(entry.run);
    },
  };
}

const signal =
  (toy: Toy, name: string, more: { readonly value?: unknown; readonly text?: string } = {}) =>
  (run: string) =>
    toy.engine().signal(run, { signal: name, by: omar, ...more });

describe("watch", () => {
  test("passes when its judge says so, and every sample is in the journal", async () => {
    const toy = toyBench();
    toy.approveSoon();
    toy.sightings = [1, 2, 3];

    const state = await toy.run(watched(toy));

    expect(state.ended?.outcome).toBe("solved");
    expect(state.steps[1]?.samples?.map((sample) => sample.known && sample.value)).toEqual([1, 2, 3]);
    expect(state.steps[1]).toMatchObject({ state: "done", effect: "calm after 3" });
    expect(toy.effects).toEqual(["a=on", "b=on"]);
  });

  test("that fails takes back what was done before it, under the same approval", async () => {
    const toy = toyBench();
    toy.approveSoon();
    toy.sightings = [1, 9];

    const state = await toy.run(watched(toy));

    expect(state.ended).toMatchObject({ outcome: "undone", exit: 8 });
    expect(state.ended?.verdict).toContain("the needle is at 9");
    expect(toy.effects).toEqual(["a=on", "a=off"]);
    expect(toy.events().filter((type) => type === "approval.asked")).toHaveLength(1);
  });

  test("that cannot tell holds everything and asks; go-on goes on", async () => {
    const toy = toyBench();
    toy.approveSoon();
    toy.sightings = [5];

    const state = await toy
      .engine({
        runbooks: [watched(toy)],
        ...when(toy, "watch.judged", signal(toy, "2", { value: "go-on" })),
      })
      .run(watched(toy), {}, { by: lena });

    expect(state.ended?.outcome).toBe("solved");
    expect(state.steps[1]?.effect).toBe("omar said go on, although the needle trembles");
  });

  test("that cannot tell takes everything back when a person says undo", async () => {
    const toy = toyBench();
    toy.approveSoon();
    toy.sightings = [5];

    const state = await toy
      .engine({ runbooks: [watched(toy)], ...when(toy, "watch.judged", signal(toy, "2", { value: "undo" })) })
      .run(watched(toy), {}, { by: lena });

    expect(state.ended?.exit).toBe(8);
    expect(toy.effects).toEqual(["a=on", "a=off"]);
  });

  test("that nobody answers leaves everything as it is, and a resume asks again", async () => {
    const toy = toyBench();
    toy.approveSoon();
    toy.sightings = [5];
    const book = watched(toy);

    const held = await toy.run(book);
    const engine = toy.engine({ runbooks: [book] });
    await engine.signal(held.run, { signal: "2", by: omar, value: "go-on" });
    const state = await engine.resume(held.run, { by: lena });

    expect(held.ended).toMatchObject({ outcome: "escalated", exit: 3 });
    expect(held.ended?.verdict).toContain("the needle trembles");
    expect(state.ended?.outcome).toBe("solved");
    expect(toy.effects).toEqual(["a=on", "b=on"]);
  });

  test("still undecided at its end is inconclusive, never a pass", async () => {
    const toy = toyBench();
    toy.approveSoon();
    toy.sightings = [1];

    const state = await toy.run(watched(toy));

    expect(state.steps[1]?.judged?.verdict).toBe("inconclusive");
    expect(state.steps[1]?.samples).toHaveLength(7);
    expect(state.ended?.exit).toBe(3);
  });

  test("goes on from its journaled samples after it was interrupted", async () => {
    const toy = toyBench();
    toy.approveSoon();
    toy.sightings = [1, 2, 1, 3];
    const book = watched(toy);
    const first = toy.engine({
      runbooks: [book],
      ...when(toy, "watch.sampled", async () => first.interrupt("SIGINT")),
    });

    const stopped = await first.run(book, {}, { by: lena });
    const state = await toy.engine({ runbooks: [book] }).resume(stopped.run, { by: lena });

    expect(stopped.ended?.outcome).toBe("interrupted");
    expect(stopped.steps[1]?.samples).toHaveLength(1);
    expect(state.ended?.outcome).toBe("solved");
    expect(state.steps[1]?.effect).toBe("calm after 4");
  });

  test("whose judge throws stops the run, naming file and line", async () => {
    const toy = toyBench();
    toy.approveSoon();
    const book = watched(toy);
    const { glance } = book.watches;

    const state = await toy.run({
      ...book,
      watches: {
        glance: {
          ...glance,
          judge() {
            throw new TypeError("no samples today");
          },
        },
      },
    });

    expect(state.ended).toMatchObject({ outcome: "defect", exit: 1 });
    expect(state.ended?.fault?.summary).toMatch(
      /The judge of "Watch the needle" threw at waits\.test\.ts:\d+: no samples today/,
    );
  });

  test("only answers to go-on and undo, from people who are involved", async () => {
    const toy = toyBench();
    toy.approveSoon();
    toy.sightings = [5];
    const held = await toy.run(watched(toy));
    const engine = toy.engine();
    const eve = { name: "eve", host: "desk", via: "terminal" } as const;

    await expect(engine.signal(held.run, { signal: "2", by: omar, value: "maybe" })).rejects.toMatchObject({
      code: "usage",
    });
    await expect(engine.signal(held.run, { signal: "7", by: omar })).rejects.toMatchObject({ code: "usage" });
    await expect(engine.signal(held.run, { signal: "2", by: eve, value: "undo" })).rejects.toMatchObject({
      code: "approval-forbidden",
    });
  });
});

describe("waitFor", () => {
  test("goes on when somebody says that the manual step is done", async () => {
    const toy = toyBench();
    toy.approveSoon();
    const book = waiting(toy, "stop");

    const state = await toy
      .engine({
        runbooks: [book],
        ...when(
          toy,
          "step.started",
          signal(toy, "dns-switched", { text: "record changed", value: { ttl: 60 } }),
        ),
      })
      .run(book, {}, { by: lena });

    expect(state.ended?.outcome).toBe("solved");
    expect(state.steps[1]).toMatchObject({
      effect: "omar said so: record changed",
      result: { by: "omar", text: "record changed", value: { ttl: 60 } },
    });
  });

  test.for([
    ["stop", 3, ["a=on"]],
    ["undo", 8, ["a=on", "a=off"]],
    ["go-on", 0, ["a=on", "b=on"]],
  ] as const)("silence means %s when the plan says so", async ([ifSilent, exit, effects]) => {
    const toy = toyBench();
    toy.approveSoon();

    const state = await toy.run(waiting(toy, ifSilent));

    expect(state.ended?.exit).toBe(exit);
    expect(toy.effects).toEqual(effects);
  });

  test("does not count against the time of the run", async () => {
    const toy = toyBench();
    toy.approveSoon();
    const book = { ...waiting(toy, "go-on"), within: "5m" as const };

    const state = await toy.run(book);

    expect(state.ended?.outcome).toBe("solved");
    expect(state.workedMs).toBeLessThan(5 * 60_000);
  });

  test("is left open by a run that does not wait, and goes on where it was", async () => {
    const toy = toyBench();
    toy.approveSoon();
    const book = waiting(toy, "stop");
    const engine = toy.engine({ runbooks: [book] });
    const { run } = await engine.run(book, {}, { by: lena, wait: false });

    const left = await toy.engine({ runbooks: [book] }).resume(run, { by: lena, wait: false });
    await engine.signal(run, { signal: "dns-switched", by: omar });
    const state = await toy.engine({ runbooks: [book] }).resume(run, { by: lena, wait: false });

    expect(left.ended).toBeUndefined();
    expect(left.steps[1]?.state).toBe("waiting");
    expect(state.ended?.outcome).toBe("solved");
  });

  test("keeps its lock for as long as it waits, also when its process goes", async () => {
    const toy = toyBench();
    toy.approveSoon();
    const book = waiting(toy, "stop");
    const engine = () => toy.engine({ runbooks: [book] });
    const { run } = await engine().run(book, {}, { by: lena, wait: false });
    await engine().resume(run, { by: lena, wait: false });
    await toy.parts.clock.sleep(20 * 60_000);

    const second = await engine().run(book, {}, { by: lena });
    const [lock] = await toy.journal.locks();
    await engine().signal(run, { signal: "dns-switched", by: omar });
    const state = await engine().resume(run, { by: lena, wait: false });

    expect(second.ended).toMatchObject({ outcome: "guarded", fault: { code: "lock-held" } });
    expect(lock?.run).toBe(run);
    expect(state.ended?.outcome).toBe("solved");
  });

  test("gives its lock back meanwhile when the plan says so, and takes it again before it goes on", async () => {
    const toy = toyBench();
    toy.approveSoon();
    const book = waiting(toy, "go-on", "release");

    const state = await toy.run(book);

    expect(state.ended?.outcome).toBe("solved");
    expect(toy.events().filter((type) => type.startsWith("lock."))).toEqual([
      "lock.taken",
      "lock.released",
      "lock.taken",
      "lock.released",
    ]);
  });

  test("hears a signal once, and refuses one that nobody waits for", async () => {
    const toy = toyBench();
    toy.approveSoon();
    const held = await toy.run(waiting(toy, "stop"));
    const engine = toy.engine();

    await expect(engine.signal(held.run, { signal: "nothing", by: omar })).rejects.toMatchObject({
      code: "usage",
      hint: "It waits for: dns-switched.",
    });
    await engine.signal(held.run, { signal: "dns-switched", by: omar });
    await expect(engine.signal(held.run, { signal: "dns-switched", by: omar })).rejects.toMatchObject({
      code: "usage",
    });
    await expect(
      engine.signal(held.run, { signal: "dns-switched", by: omar, value: "x".repeat(20_000) }),
    ).rejects.toMatchObject({ code: "usage" });
  });

  test("twice for one name is no plan", async () => {
    const toy = toyBench();
    const wait = waitFor("same", { ask: "Do it", within: "1m", ifSilent: "stop" });

    const state = await toy.run(toyBook(toy, () => plan(because, [wait, wait])));

    expect(state.ended?.fault).toMatchObject({ code: "definition-invalid" });
  });
});

describe("during", () => {
  test("a check that turns unhealthy stops the run at the next boundary", async () => {
    const toy = toyBench();
    toy.approveSoon();
    const book = toyBook(
      toy,
      ({ set }) =>
        plan(
          because,
          ["a", "b", "c", "d", "e", "f", "g"].map((target) => set({ target, value: "on" })),
        ),
      { during: [turnable(() => (toy.effects.length > 1 ? "unhealthy" : "healthy"))] },
    );

    const state = await toy.run(book);

    expect(state.ended).toMatchObject({ outcome: "not-verified", exit: 4, fault: { code: "during-failed" } });
    expect(toy.effects.length).toBeGreaterThan(1);
    expect(toy.effects.length).toBeLessThan(7);
  });

  test("also beside an approval: nothing is begun", async () => {
    const toy = toyBench();
    const book = toyBook(toy, ({ set }) => plan(because, [set({ target: "a", value: "on" })]), {
      risk: "reversible",
      during: [turnable(() => (toy.events().includes("approval.asked") ? "unhealthy" : "healthy"))],
    });

    const state = await toy.run(book);

    expect(state.ended).toMatchObject({ outcome: "escalated", exit: 3 });
    expect(toy.effects).toEqual([]);
  });
});

describe("budget", () => {
  test("spent is noticed at a boundary: what was begun is finished, nothing else begins", async () => {
    const toy = toyBench();
    const book = toyBook(
      toy,
      ({ set }) =>
        plan(
          because,
          ["a", "b", "c", "d"].map((target) => set({ target, value: "on" })),
        ),
      { within: "2s" },
    );

    const state = await toy.run(book);

    expect(state.ended).toMatchObject({ outcome: "not-verified", fault: { code: "budget-spent" } });
    expect(state.steps.map((step) => step.state)).toContain("next");
    expect(state.steps.map((step) => step.state)).not.toContain("running");
  });
});
