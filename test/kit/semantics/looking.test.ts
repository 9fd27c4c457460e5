import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { escalate, plan } from "#kit";
import { OpsError } from "#kit/errors.ts";
import type { Finding } from "#kit/finding.ts";
import type { Journal } from "#kit/journal.ts";
import { lena, omar } from "#test/fakes/engine.ts";
import { setOf, toyBench, toyBook, type Toy } from "./toy.ts";

const because = { rule: "any", because: "a test says so" };
const three = (toy: Toy) =>
  toyBook(
    toy,
    ({ set }) =>
      plan(
        because,
        ["a", "b", "c"].map((target) => set({ target, value: "on" })),
      ),
    { risk: "reversible" },
  );

describe("required and optional probes", () => {
  const fails = {
    ask: "What is hidden?",
    look: async () => {
      throw new Error("no answer in 5 s");
    },
    read: () => ({ state: "note", says: "" }) as const,
  };

  test("a required one that does not answer escalates before decide is asked", async () => {
    const toy = toyBench();
    let asked = 0;
    const book = toyBook(toy, ({ set }) => {
      asked += 1;
      return plan(because, [set({ target: "a", value: "on" })]);
    });

    const state = await toy.run({ ...book, diagnose: { ...book.diagnose, hidden: fails } });

    expect(state.ended).toMatchObject({ outcome: "escalated", exit: 3 });
    expect(state.decision?.because).toContain("hidden (no answer in 5 s)");
    expect(asked).toBe(0);
  });

  test("an optional one reaches decide as not known, with the reason", async () => {
    const toy = toyBench();
    const seen: unknown[] = [];
    const book = toyBook(toy, () => escalate(because));

    await toy.run({
      ...book,
      optional: { hidden: fails },
      decide(findings: { readonly hidden: Finding<unknown> }) {
        seen.push(findings.hidden);
        return escalate(because);
      },
    });

    expect(seen).toMatchObject([{ known: false, reason: "no answer in 5 s" }]);
  });

  test("an answer that its own probe cannot read is not known", async () => {
    const toy = toyBench();
    const book = toyBook(toy, () => escalate(because));

    const state = await toy.run({
      ...book,
      diagnose: {
        now: {
          ask: "What is?",
          look: async () => "something",
          read() {
            throw new Error("unreadable");
          },
        },
      },
    });

    expect(state.decision?.because).toContain("The read of now threw");
  });
});

describe("plan staleness", () => {
  test("fewer targets are still the plan; other targets are not", async () => {
    const toy = toyBench();
    let targets = ["a", "b"];
    const book = toyBook(
      toy,
      ({ set }) =>
        plan(
          because,
          targets.map((target) => set({ target, value: "on" })),
        ),
      { risk: "reversible" },
    );
    const engine = () => toy.engine({ runbooks: [book] });
    const waits = await engine().run(book, {}, { by: lena, wait: false });
    const other = await engine().run(book, {}, { by: lena, wait: false });
    const digest = waits.plan?.digest ?? "";

    targets = ["b"];
    await engine().approve(waits.run, { digest, by: omar });
    const fewer = await engine().resume(waits.run, { by: lena, wait: false });
    targets = ["c"];
    const stale = engine().approve(other.run, { digest: other.plan?.digest ?? "", by: omar });

    expect(fewer.ended?.outcome).toBe("solved");
    await expect(stale).rejects.toMatchObject({ code: "plan-stale" });
  });
});

describe("undo in reverse", () => {
  test("after a failure, the last effect first", async () => {
    const toy = toyBench();
    toy.approveSoon();
    toy.broken.add("c");
    const book = three(toy);
    const failed = await toy.run(book);

    const state = await toy.engine({ runbooks: [book] }).undo(failed.run, { by: lena });

    expect(failed.ended?.outcome).toBe("step-failed");
    expect(state.ended?.exit).toBe(8);
    expect(toy.effects).toEqual(["a=on", "b=on", "b=off", "a=off"]);
  });

  test("follows the record, not a clock that was set back meanwhile", async () => {
    const toy = toyBench();
    toy.approveSoon();
    const { clock } = toy.parts;
    let backMs = 0;
    const set = setOf(toy, "reversible");
    const book = {
      ...toyBook(
        toy,
        (hands) =>
          plan(because, [
            hands.set({ target: "a", value: "on" }),
            hands.set({ target: "a", value: "bright" }),
          ]),
        { risk: "reversible" },
      ),
      mitigate: {
        set: {
          ...set,
          async run(...args: Parameters<typeof set.run>) {
            const given = await set.run(...args);
            backMs += 60_000;
            return given;
          },
        },
      },
    };
    const jumping = { ...clock, now: () => new Date(clock.now().getTime() - backMs) };
    const journal = openSqliteJournal(join(toy.folder, "jumping.db"), { now: jumping.now });
    onTestFinished(() => journal.close());
    const engine = () =>
      toy.engine({
        runbooks: [book],
        clock: jumping,
        journal,
        locks: journal,
        onEntry(entry, state) {
          if (entry.event.type === "approval.asked")
            void journal.note(state.run, {
              type: "approval.given",
              digest: entry.event.digest,
              by: omar,
              lookedAgain: "same",
            });
        },
      });
    const solved = await engine().run(book, {}, { by: lena });

    await engine().undo(solved.run, { by: lena });

    expect(toy.effects).toEqual(["a=on", "a=bright", "a=on", "a=off"]);
  });

  test("after Ctrl-C, which finishes the step it is in", async () => {
    const toy = toyBench();
    toy.approveSoon();
    const book = three(toy);
    const { onEntry } = toy.parts;
    const engine = toy.engine({
      runbooks: [book],
      onEntry(entry, state) {
        onEntry?.(entry, state);
        if (entry.event.type === "step.started" && entry.event.key === "2") engine.interrupt("SIGINT");
      },
    });
    const stopped = await engine.run(book, {}, { by: lena });

    const state = await toy.engine({ runbooks: [book] }).undo(stopped.run, { by: lena });

    expect(stopped.ended?.exit).toBe(130);
    expect(state.ended?.exit).toBe(8);
    expect(toy.effects).toEqual(["a=on", "b=on", "b=off", "a=off"]);
  });

  test("after a crash, once it is settled whether the interrupted step happened", async () => {
    const toy = toyBench();
    toy.approveSoon();
    const set = setOf(toy, "reversible");
    const base = three(toy);
    const book = {
      ...base,
      mitigate: {
        set: {
          ...set,
          settle: async ({ target, value }: { readonly target: string; readonly value: string }) =>
            toy.switches.get(target) === value
              ? ({ outcome: "done", because: "it is set" } as const)
              : ({ outcome: "not-done", because: "it is not set" } as const),
        },
      },
    };
    // The process dies after the second effect and before it can write so down.
    const dying: Journal = {
      ...toy.journal,
      async append(lease, event) {
        if (toy.effects.length >= 2)
          throw new OpsError("journal-unwritable", { summary: "The disk is full.", hint: "Make room." });
        return toy.journal.append(lease, event);
      },
    };
    await expect(
      toy.engine({ runbooks: [book], journal: dying }).run(book, {}, { by: lena }),
    ).rejects.toBeDefined();
    const [row] = await toy.journal.runs({ limit: 1 });
    const run = row?.run ?? "";
    await toy.parts.clock.sleep(2 * 60_000);
    const next = toy.engine({ runbooks: [book], owner: "desk:2:bbbbbb" });

    await expect(next.undo(run, { by: lena })).rejects.toMatchObject({ code: "state-unknown" });
    const resumed = await toy.engine({ runbooks: [book], owner: "desk:3:cccccc" }).resume(run, { by: lena });
    const state = await toy.engine({ runbooks: [book], owner: "desk:4:dddddd" }).undo(run, { by: lena });

    expect(resumed.ended?.outcome).toBe("solved");
    expect(state.ended?.exit).toBe(8);
    expect(toy.effects).toEqual(["a=on", "b=on", "c=on", "c=off", "b=off", "a=off"]);
  });
});

describe("a person's word", () => {
  test("skips a failed step, with the reason, and the rest goes on", async () => {
    const toy = toyBench();
    toy.approveSoon();
    toy.broken.add("b");
    const book = three(toy);
    const failed = await toy.run(book);

    const state = await toy.engine({ runbooks: [book] }).resume(failed.run, {
      by: lena,
      byHand: [{ key: "2", as: "skip", reason: "b was removed yesterday" }],
    });

    expect(state.ended?.outcome).toBe("solved");
    expect(state.steps[1]).toMatchObject({
      state: "skipped",
      lastSaw: "lena skips it: b was removed yesterday",
    });
    expect(toy.effects).toEqual(["a=on", "c=on"]);
  });

  test("settles what looking cannot", async () => {
    const toy = toyBench();
    toy.approveSoon();
    const set = setOf(toy, "reversible");
    const book = {
      ...three(toy),
      mitigate: {
        set: {
          ...set,
          settle: async () => ({ outcome: "unknown", because: "nobody can see it" }) as const,
          async run(...args: Parameters<typeof set.run>) {
            const given = await set.run(...args);
            if (args[0].target === "b")
              throw new OpsError("tool-unreachable", { summary: "The reply was lost.", hint: "Look." });
            return given;
          },
        },
      },
    };
    const unclear = await toy.run(book);

    const state = await toy.engine({ runbooks: [book] }).resume(unclear.run, {
      by: omar,
      byHand: [{ key: "2", as: "done", reason: "I saw the lamp" }],
    });

    expect(unclear.ended?.exit).toBe(7);
    expect(state.ended?.outcome).toBe("solved");
    expect(toy.effects).toEqual(["a=on", "b=on", "c=on"]);
  });

  test.for([
    ["of a step that is done", [{ key: "1", as: "skip", reason: "why" }], "usage", lena],
    ["of a step that is not there", [{ key: "9", as: "done", reason: "why" }], "usage", lena],
    ["that a step which was not begun is done", [{ key: "3", as: "done", reason: "why" }], "usage", lena],
    [
      "by somebody who is not involved",
      [{ key: "2", as: "skip", reason: "why" }],
      "approval-forbidden",
      { name: "eve", host: "desk", via: "terminal" },
    ],
  ] as const)("%s is refused, and nothing is changed", async ([, byHand, code, by]) => {
    const toy = toyBench();
    toy.approveSoon();
    toy.broken.add("b");
    const book = three(toy);
    const failed = await toy.run(book);

    await expect(toy.engine({ runbooks: [book] }).resume(failed.run, { by, byHand })).rejects.toMatchObject({
      code,
    });
    expect((await toy.read(failed.run)).lastSeq).toBe(failed.lastSeq);
  });

  test("before the first act is another plan", async () => {
    const toy = toyBench();
    const book = three(toy);
    const waits = await toy.run(book, { wait: false });

    await expect(
      toy
        .engine({ runbooks: [book] })
        .resume(waits.run, { by: lena, byHand: [{ key: "2", as: "skip", reason: "why" }] }),
    ).rejects.toMatchObject({ code: "usage", hint: "Plan again: ops plan toy --without 2" });
  });
});

describe("a way back that fails", () => {
  test("does not leave the others untried", async () => {
    const toy = toyBench();
    toy.approveSoon();
    const book = three(toy);
    const solved = await toy.run(book);
    toy.broken.add("b");

    const state = await toy.engine({ runbooks: [book] }).undo(solved.run, { by: lena });

    expect(toy.effects).toEqual(["a=on", "b=on", "c=on", "c=off", "a=off"]);
    expect(state.ended).toMatchObject({ outcome: "step-failed", exit: 4 });
    expect(state.steps.find((step) => step.key === "2")?.state).toBe("done");
  });
});
