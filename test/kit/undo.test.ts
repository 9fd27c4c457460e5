import { describe, expect, onTestFinished, test } from "vitest";
import { platformDown } from "#runbooks/platform-down.ts";
import { rollback } from "#runbooks/rollback.ts";
import { bench, lena, omar, type Bench } from "#test/fakes/engine.ts";

/** A rollback that moved the traffic, and did not help: the fake world stays unready. */
async function rolledBack(): Promise<{ made: Bench; run: string }> {
  const made = bench();
  onTestFinished(() => made.close());
  for (const machine of made.world.machines) machine.mood = "unready";
  made.approveSoon();
  const { run } = await made.engine().run(rollback, {}, { by: lena });
  return { made, run };
}

describe("undo", () => {
  test("takes the last effect back from what was seen before it, and ends with exit 8", async () => {
    const { made, run } = await rolledBack();
    expect(made.world.weights.map(({ weight }) => weight)).toEqual([0, 100]);

    const state = await made.engine({ owner: "desk:2:bbbbbb" }).undo(run, { by: omar });

    expect(state.ended).toMatchObject({ outcome: "undone", exit: 8, verdict: "Undone: 1 step taken back." });
    expect(made.world.weights.map(({ weight }) => weight)).toEqual([100, 0]);
    expect(state.steps.map((step) => [step.key, step.state])).toEqual([
      ["1", "undone"],
      ["u1", "done"],
    ]);
    expect(await made.journal.verify(run)).toMatchObject({ intact: true });
    expect(await made.journal.locks()).toEqual([]);
  });

  test("previews exactly what it would do, and does nothing", async () => {
    const { made, run } = await rolledBack();
    const before = [...made.world.effects];

    const undo = await made.engine().undoPlan(run);

    expect(undo.steps.map((step) => [step.undoes, step.action])).toEqual([["1", "moveTraffic"]]);
    expect(undo.stays).toEqual([]);
    expect(made.world.effects).toEqual(before);
  });

  test("twice is refused: what was taken back is not taken back again", async () => {
    const { made, run } = await rolledBack();
    await made.engine().undo(run, { by: lena });

    await expect(made.engine().undo(run, { by: lena })).rejects.toMatchObject({ code: "guard-refused" });
  });

  test("of what has no way back is refused, naming it", async () => {
    const made = bench();
    onTestFinished(() => made.close());
    for (const machine of made.world.machines) machine.mood = "dead";
    made.approveSoon();
    const { run } = await made.engine().run(platformDown, {}, { by: lena });

    await expect(made.engine().undo(run, { by: lena })).rejects.toMatchObject({
      code: "guard-refused",
      summary: expect.stringContaining("Restart api-2 by force; Restart api-1 by force") as string,
    });
  });

  test("waits for the lock like everything else", async () => {
    const { made, run } = await rolledBack();
    await made.journal.takeLock(
      "production/deploy",
      { run: "r-9999", owner: "other", reason: "Deploy" },
      60_000,
    );

    const state = await made.engine().undo(run, { by: lena });

    expect(state.ended).toMatchObject({ outcome: "guarded", exit: 6, fault: { code: "lock-held" } });
    expect(state.steps.map((step) => step.key)).toEqual(["1"]);
    expect(made.world.weights.map(({ weight }) => weight)).toEqual([0, 100]);
  });

  test("is for those who asked or may approve, and for nobody else", async () => {
    const { made, run } = await rolledBack();
    const stranger = { name: "mallory", host: "desk", via: "terminal" } as const;

    await expect(made.engine().undo(run, { by: stranger })).rejects.toMatchObject({
      code: "approval-forbidden",
      exit: 5,
    });
    expect(made.world.weights.map(({ weight }) => weight)).toEqual([0, 100]);
  });

  test("that failed can be asked again, and leaves no second set of steps behind", async () => {
    const { made, run } = await rolledBack();
    made.world.trouble.push("refused");
    const failed = await made.engine().undo(run, { by: lena });
    expect(failed.ended?.outcome).toBe("step-failed");

    const state = await made.engine().undo(run, { by: lena });

    expect(state.ended?.outcome).toBe("undone");
    expect(state.steps.map((step) => [step.key, step.state])).toEqual([
      ["1", "undone"],
      ["u1", "done"],
    ]);
    expect(made.world.weights.map(({ weight }) => weight)).toEqual([100, 0]);
  });

  test("cut off in the middle is settled and finished by resume", async () => {
    const { made, run } = await rolledBack();
    const engine = made.engine({
      onEntry(entry) {
        if (entry.event.type !== "step.started" || entry.event.key !== "u1") return;
        engine.interrupt("SIGINT");
        engine.interrupt("SIGINT");
      },
    });
    const cut = await engine.undo(run, { by: lena });
    expect(cut.ended).toMatchObject({ outcome: "unknown", exit: 7 });

    const state = await made.engine().resume(run, { by: lena });

    expect(state.ended).toMatchObject({ outcome: "undone", exit: 8 });
    expect(made.world.effects.filter((effect) => effect === "weights 100/0")).toHaveLength(1);
  });
});
