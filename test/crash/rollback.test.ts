import { describe, expect, onTestFinished, test } from "vitest";
import { OpsError } from "#kit/errors.ts";
import type { Journal } from "#kit/journal.ts";
import type { Operators } from "#kit/ports.ts";
import { rollback } from "#runbooks/rollback.ts";
import { bench, lena, type Bench } from "../fakes/engine.ts";

/** Entries that a rollback without a crash writes after its first. */
const wholeLife = 28;

const gone = () => new OpsError("journal-unwritable", { summary: "The process is dead.", hint: "It is." });

/** A process that dies at its nth append: just before it is on disk, or just after. From then on it does nothing at all. */
function mortal(made: Bench, at: number, when: "before" | "after") {
  let appends = 0;
  let dead = false;
  const mustLive = () => {
    if (dead) throw gone();
  };
  const journal = new Proxy(made.journal, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== "function") return member;
      return async (...args: readonly unknown[]) => {
        mustLive();
        const mine = name === "append";
        if (mine) appends += 1;
        if (mine && appends === at && when === "before") dead = true;
        mustLive();
        const answer: unknown = await Reflect.apply(member, target, args);
        if (mine && appends === at) dead = true;
        mustLive();
        return answer;
      };
    },
  }) satisfies Journal;
  const operators: Operators = {
    ...made.world.operators,
    balancerAdmin: {
      async setWeights(...args) {
        mustLive();
        await made.world.operators.balancerAdmin.setWeights(...args);
        mustLive();
      },
    },
  };
  return { journal, operators, lived: () => !dead, appends: () => appends };
}

function brokenDeploy(): Bench {
  const made = bench();
  onTestFinished(() => made.close());
  for (const machine of made.world.machines) machine.mood = "dead";
  made.approveSoon();
  return made;
}

const cases = Array.from({ length: wholeLife }, (_, index) => index + 1).flatMap((at) =>
  (["before", "after"] as const).map((when) => [at, when] as const),
);

describe("rollback, dead at any entry of its record", () => {
  test("writes no more entries without a crash than there are places below", async () => {
    const made = brokenDeploy();
    const { journal, operators, appends } = mortal(made, 0, "before");

    await made
      .engine({ journal, locks: journal, operators: async () => operators })
      .run(rollback, {}, { by: lena });

    expect(appends()).toBeLessThanOrEqual(wholeLife);
  });

  test.for(cases)("entry %i, %s it is on disk: traffic moves exactly once", async ([at, when]) => {
    const made = brokenDeploy();
    const { journal, operators } = mortal(made, at, when);
    await made
      .engine({ journal, locks: journal, operators: async () => operators })
      .run(rollback, {}, { by: lena })
      .catch(() => undefined);
    await made.parts.clock.sleep(2 * 60_000);
    const [row] = await made.journal.runs({ limit: 1 });
    const run = row?.run ?? "";

    const state =
      row?.endedAt === undefined
        ? await made.engine({ owner: "desk:2:bbbbbb" }).resume(run, { by: lena })
        : undefined;

    expect((state?.ended ?? row)?.outcome).toBe("solved");
    expect(made.world.effects).toEqual(["weights 0/100"]);
    expect((await made.journal.verify(run)).intact).toBe(true);
  });
});
