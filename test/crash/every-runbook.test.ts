import { describe, expect, onTestFinished, test } from "vitest";
import { definitionsOf } from "#bin/definitions.ts";
import type { Runbook } from "#kit/runbook.ts";
import type { RunEvent } from "#kit/timeline.ts";
import { scenarios } from "#runbooks/scenarios/index.ts";
import type { Scenario } from "#runbooks/scenarios/scenario.ts";
import { bench, lena, type Bench } from "../fakes/engine.ts";
import { mortal } from "./mortal.ts";

const { runbooks } = await definitionsOf(undefined);
const acting = runbooks.filter((runbook) => Object.keys(runbook.mitigate).length > 0);

/** Every situation that a runbook solves by acting. */
const solved = acting.flatMap((runbook) =>
  Object.entries(scenarios[runbook.id] ?? {})
    .filter(([, { outcome, silence }]) => outcome === "solved" && silence !== true)
    .map(([name, scenario]) => ({ id: runbook.id, name, runbook, scenario })),
);

/** A runbook's first situation dies on both sides of each entry; its others only after, for the sake of time. */
function deaths(name: string): readonly ("before" | "after")[] {
  return firsts.has(name) ? ["before", "after"] : ["after"];
}

function situation(scenario: Scenario): Bench {
  const made = bench({ services: scenario.services ?? [], journalIn: "memory" });
  onTestFinished(() => made.close());
  scenario.prepare(made.world);
  made.approveSoon();
  return made;
}

/** Looks and samples come again and again; the first of each kind stands for the rest. */
const repeated = [
  "probe.answered",
  "vital.sampled",
  "verify.sampled",
  "during.sampled",
  "watch.sampled",
  "step.saw",
];

/** Places of a record at which a death may matter: every entry, of what repeats itself the first. */
function places(wrote: readonly RunEvent[]): readonly number[] {
  return wrote.flatMap(({ type }, index) =>
    repeated.includes(type) && wrote.findIndex((one) => one.type === type) !== index ? [] : [index + 1],
  );
}

/** Runs it without a crash: what that writes, and what it does to the world. */
async function undisturbed(runbook: Runbook, scenario: Scenario) {
  const made = situation(scenario);
  const { journal, operators, wrote } = mortal(made, 0, "before");
  const state = await made
    .engine({ runbooks, journal, locks: journal, operators: async () => operators })
    .run(runbook, scenario.params ?? {}, { by: lena });
  return { wrote: wrote(), effects: made.world.effects.toSorted(), outcome: state.ended?.outcome };
}

const firsts = new Set(
  acting.map(({ id }) => solved.find((one) => one.id === id)?.name).filter((name) => name !== undefined),
);

test.for(acting.map(({ id }) => id))("%s acts, and is killed below in a situation that it solves", (id) => {
  expect(solved.filter((one) => one.id === id).length).toBeGreaterThan(0);
});

describe("killed at any entry of its record, and resumed by another process", () => {
  test.for(solved)(
    "$id, $name: ends as without it, each effect once",
    async ({ name, runbook, scenario }) => {
      const whole = await undisturbed(runbook, scenario);
      expect(whole.outcome).toBe("solved");
      expect(whole.effects.length).toBeGreaterThan(0);

      for (const at of places(whole.wrote))
        for (const when of deaths(name)) {
          const made = situation(scenario);
          const { journal, operators } = mortal(made, at, when);
          await made
            .engine({ runbooks, journal, locks: journal, operators: async () => operators })
            .run(runbook, scenario.params ?? {}, { by: lena })
            .catch(() => undefined);
          await made.parts.clock.sleep(2 * 60_000);
          const [row] = await made.journal.runs({ limit: 1 });
          const run = row?.run ?? "";

          const state =
            row?.endedAt === undefined
              ? await made.engine({ runbooks, owner: "desk:2:bbbbbb" }).resume(run, { by: lena })
              : undefined;

          const place = `dead ${when} entry ${at}, ${whole.wrote[at - 1]?.type ?? "none"}`;
          expect((state?.ended ?? row)?.outcome, place).toBe("solved");
          expect(made.world.effects.toSorted(), place).toEqual(whole.effects);
          expect((await made.journal.verify(run)).intact, place).toBe(true);
        }
    },
  );
});
