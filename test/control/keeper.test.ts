import { describe, expect, test } from "vitest";
import { keep } from "#control/keeper.ts";
import { plan, waitFor } from "#kit";
import { lena, omar } from "#test/fakes/engine.ts";
import { toyBench, toyBook, type Toy } from "#test/kit/semantics/toy.ts";

const because = { rule: "any", because: "a test says so" };

/** A run that waits for approval and then for a person, left by the one who asked. */
async function left(toy: Toy) {
  const book = toyBook(
    toy,
    ({ set }) =>
      plan(because, [
        set({ target: "a", value: "on" }),
        waitFor("dns-switched", { ask: "Switch the record", within: "30m", ifSilent: "stop" }),
        set({ target: "b", value: "on" }),
      ]),
    { risk: "reversible" },
  );
  const engine = () => toy.engine({ runbooks: [book], owner: "serve:1:bbbbbb" });
  const state = await engine().run(book, {}, { by: lena, wait: false });
  return { engine, run: state.run, digest: state.plan?.digest ?? "" };
}

/** Lets the keeper look a few times. */
async function looks(toy: Toy, resume: (run: string) => ReturnType<ReturnType<Toy["engine"]>["resume"]>) {
  const said: string[] = [];
  const stop = new AbortController();
  let told = 0;
  await keep({
    journal: toy.journal,
    environment: "production",
    clock: toy.parts.clock,
    resume,
    async tell() {
      told += 1;
      if (told === 3) stop.abort();
    },
    say: (line) => said.push(line),
    everyMs: 1_000,
    signal: stop.signal,
  });
  return said;
}

describe("the keeper", () => {
  test("goes on with a run that was approved, and again when its wait was answered", async () => {
    const toy = toyBench();
    const { engine, run, digest } = await left(toy);
    const serve = { name: "ops serve", host: "desk", via: "serve" } as const;
    const resume = (id: string) => engine().resume(id, { by: serve, wait: false });

    const idle = await looks(toy, resume);
    await engine().approve(run, { digest, by: omar });
    const first = await looks(toy, resume);
    await engine().signal(run, { signal: "dns-switched", by: omar });
    const second = await looks(toy, resume);

    expect(idle).toEqual([]);
    expect(first).toEqual([`${run} was answered, or its time is over: it goes on`, `${run} waits again`]);
    expect(second[1]).toContain("Solved in");
    expect(toy.effects).toEqual(["a=on", "b=on"]);
  });

  test("closes a run whose plan expired", async () => {
    const toy = toyBench();
    const { engine, run } = await left(toy);
    await toy.parts.clock.sleep(16 * 60_000);

    await looks(toy, (id) => engine().resume(id, { by: lena, wait: false }));

    expect((await toy.read(run)).ended?.outcome).toBe("approval-expired");
    expect(toy.effects).toEqual([]);
  });

  test("closes an expired run also when its runbook was edited meanwhile", async () => {
    const toy = toyBench();
    const { run } = await left(toy);
    await toy.parts.clock.sleep(16 * 60_000);
    const edited = toyBook(toy, ({ set }) => plan(because, [set({ target: "z", value: "on" })]));

    await looks(toy, (id) => toy.engine({ runbooks: [edited] }).resume(id, { by: lena, wait: false }));

    expect((await toy.read(run)).ended?.outcome).toBe("approval-expired");
    expect((await toy.journal.verify(run)).intact).toBe(true);
  });

  test("leaves a run that died while it acted to a person", async () => {
    const toy = toyBench();
    toy.approveSoon();
    const { engine, run } = await left(toy);
    const lease = await toy.journal.claim(run, "dead:1:c", 1);
    await toy.journal.append(lease, {
      type: "step.started",
      key: "1",
      title: "Set a to on",
      attempt: 1,
      before: "off",
      withinMs: 1_000,
    });
    await toy.parts.clock.sleep(60_000);

    const said = await looks(toy, (id) => engine().resume(id, { by: lena, wait: false }));

    expect(said).toEqual([]);
  });
});
