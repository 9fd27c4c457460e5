import { describe, expect, test } from "vitest";
import { plan, waitFor } from "#kit";
import type { Closure } from "#kit/freeze.ts";
import type { Runbook } from "#kit/runbook.ts";
import { renderPlan } from "#kit/render/plan.ts";
import { lena, omar } from "#test/fakes/engine.ts";
import { toyBench, toyBook, type Toy } from "./toy.ts";

const because = { rule: "any", because: "a test says so" };
const quarter: Closure = {
  kind: "freeze",
  name: "quarter close",
  because: "the books are closed",
  until: "2026-12-01T00:00:00.000Z",
  zone: "UTC",
};

/** A runbook of one reversible step, and engines under a calendar that the test turns. */
function frozen(more: { readonly risk?: "safe" | "reversible" } & Partial<Runbook> = {}) {
  const toy: Toy = toyBench();
  const book = toyBook(toy, ({ set }) => plan(because, [set({ target: "a", value: "on" })]), {
    risk: "reversible",
    ...more,
  });
  let closed: Closure | undefined = quarter;
  const engine = () => toy.engine({ runbooks: [book], calendar: () => closed });
  return {
    toy,
    book,
    engine,
    turn: (closure: Closure | undefined) => {
      closed = closure;
    },
  };
}

const glass = { reason: "customers cannot sign in at all", confirm: async () => true };

describe("in a freeze", () => {
  test("a run that would act is refused before anybody is asked, naming the freeze and its end", async () => {
    const { toy, book, engine } = frozen();

    const state = await engine().run(book, {}, { by: lena });

    expect(state.ended).toMatchObject({
      outcome: "guarded",
      exit: 6,
      fault: { code: "freeze-active" },
      verdict: expect.stringMatching(
        /the freeze "quarter close" is in force until Tue 2026-12-01 00:00 UTC: the books are closed/,
      ) as string,
    });
    expect(toy.effects).toEqual([]);
    expect(toy.events()).not.toContain("approval.asked");
  });

  test("a plan is made and says that it cannot act now", async () => {
    const { book, engine } = frozen();

    const state = await engine().plan(book, {}, { by: lena });

    const screen = { columns: 100, rows: 40, color: false, ascii: true, suffix: "" };
    expect(state.ended).toMatchObject({ outcome: "planned", exit: 10 });
    expect(state.closed).toEqual(quarter);
    expect(renderPlan(screen, state).join("\n")).toMatch(
      /Not now +the freeze "quarter close" is in force until/,
    );
  });

  test("safe steps go on", async () => {
    const { toy, book, engine } = frozen({ risk: "safe" });

    const state = await engine().run(book, {}, { by: lena });

    expect(state.ended?.outcome).toBe("solved");
    expect(toy.effects).toEqual(["a=on"]);
  });

  test("that began while people were waited for: the run is refused right before its first act", async () => {
    const { toy, book, engine, turn } = frozen();
    turn(undefined);
    const waiting = await engine().run(book, {}, { by: lena, wait: false });
    await engine().approve(waiting.run, { digest: waiting.plan?.digest ?? "", by: omar });
    turn(quarter);

    const state = await engine().resume(waiting.run, { by: lena });

    expect(state.ended).toMatchObject({ outcome: "guarded", exit: 6, fault: { code: "freeze-active" } });
    expect(toy.effects).toEqual([]);
  });

  test("that began after the first act: what was begun is seen through, and can be taken back", async () => {
    const toy = toyBench();
    const book = toyBook(
      toy,
      ({ set }) =>
        plan(because, [
          set({ target: "a", value: "on" }),
          waitFor("go", { ask: "Go", within: "30m", ifSilent: "stop" }),
          set({ target: "b", value: "on" }),
        ]),
      { risk: "reversible" },
    );
    let closed: Closure | undefined;
    const engine = () => toy.engine({ runbooks: [book], calendar: () => closed });
    toy.approveSoon();
    const waiting = await engine().run(book, {}, { by: lena });
    closed = quarter;
    await engine().signal(waiting.run, { signal: "go", by: omar });

    const done = await engine().resume(waiting.run, { by: lena });
    const undone = await engine().undo(waiting.run, { by: lena });

    expect(done.ended?.outcome).toBe("solved");
    expect(undone.ended?.outcome).toBe("undone");
    expect(toy.effects).toEqual(["a=on", "b=on", "b=off", "a=off"]);
  });

  test("broken glass goes on, says that the freeze was skipped, and owes a review", async () => {
    const { toy, book, engine } = frozen();

    const state = await engine().run(book, {}, { by: lena, glass });

    expect(state.ended?.outcome).toBe("solved");
    expect(state.glass?.skips).toEqual(["approval", "freeze"]);
    expect(toy.effects).toEqual(["a=on"]);
  });

  test("a calendar that cannot be read is closed for what acts, and for nothing else", async () => {
    const { toy, book } = frozen();
    const safe = toyBook(toy, ({ set }) => plan(because, [set({ target: "s", value: "on" })]), {
      risk: "safe",
    });
    const unreadable = () => {
      throw new Error("freezes.yaml, line 3: no such thing");
    };

    const refused = await toy.engine({ runbooks: [book], calendar: unreadable }).run(book, {}, { by: lena });
    const passed = await toy.engine({ runbooks: [safe], calendar: unreadable }).run(safe, {}, { by: lena });

    expect(refused.ended).toMatchObject({ outcome: "guarded", exit: 6 });
    expect(refused.ended?.verdict).toContain("no such thing");
    expect(passed.ended?.outcome).toBe("solved");
    expect(toy.effects).toEqual(["s=on"]);
  });
});

test("outside its maintenance window planned work is refused, and told when the next one opens", async () => {
  const { toy, book, engine, turn } = frozen({ onlyIn: "maintenance-window" });
  turn({ kind: "window", name: "weekly", because: "", until: "2026-11-22T02:00:00.000Z", zone: "UTC" });

  const state = await engine().run(book, {}, { by: lena });

  expect(state.ended).toMatchObject({ outcome: "guarded", exit: 6, fault: { code: "window-closed" } });
  expect(state.ended?.verdict).toContain('the next one here, "weekly", opens Sun 2026-11-22 02:00 UTC');
  expect(toy.effects).toEqual([]);
});
