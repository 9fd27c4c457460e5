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

/** What is done beside the record just before these is not an effect, and yet is not undone by a death. */
const beside = ["lock.taken", "lock.released", "run.ended"];

/** A death at one entry: before it is on disk, or after. */
type Death = { readonly at: number; readonly when: "before" | "after" };

/**
 * Deaths that may matter. After each entry: of what repeats itself the first stands for the rest. Before an entry only where something was done since
 * the one before it: elsewhere the disk and the world are those of a death after that one. A runbook's first situation dies at all of them;
 * its others, in which the engine goes the same way again, where their own plan and their own effects are at stake.
 */
function deaths(whole: Undisturbed, isFirst: boolean): readonly Death[] {
  const { wrote, effectsAt } = whole;
  return wrote.flatMap(({ type }, index): readonly Death[] => {
    const at = index + 1;
    const isNew = wrote.findIndex((one) => one.type === type) === index;
    const acted = (effectsAt[index] ?? 0) > (effectsAt[index - 1] ?? 0);
    const before = acted || (isFirst && beside.includes(type));
    const after = isFirst ? isNew || !repeated.includes(type) : acted || type === "plan.made";
    return [
      ...(before ? [{ at, when: "before" } as const] : []),
      ...(after ? [{ at, when: "after" } as const] : []),
    ];
  });
}

/** What a run writes and does that nobody kills. */
type Undisturbed = {
  readonly wrote: readonly RunEvent[];
  /** How many effects there were when each entry was written. */
  readonly effectsAt: readonly number[];
  readonly effects: readonly string[];
  readonly outcome: string | undefined;
};

async function undisturbed(runbook: Runbook, scenario: Scenario): Promise<Undisturbed> {
  const made = situation(scenario);
  const effectsAt: number[] = [];
  const { journal, operators, wrote } = mortal(made, 0, "before", () =>
    effectsAt.push(made.world.effects.length),
  );
  const state = await made
    .engine({ runbooks, journal, locks: journal, operators: async () => operators })
    .run(runbook, scenario.params ?? {}, { by: lena });
  return { wrote: wrote(), effectsAt, effects: made.world.effects.toSorted(), outcome: state.ended?.outcome };
}

/** Effects that leave no trace where they did not help, so that nobody can tell whether they happened: these are done again, and may be. */
const unseenEffects: Readonly<Record<string, string>> = {
  "database-down restart-does-not-help": "reboot db-1",
};

function once(effects: readonly string[], unseen: string | undefined): readonly string[] {
  const sorted = effects.toSorted();
  return sorted.filter((effect, at) => effect !== unseen || sorted[at - 1] !== effect);
}

const firsts = new Set(acting.map(({ id }) => `${id} ${solved.find((one) => one.id === id)?.name ?? ""}`));

test.for(acting.map(({ id }) => id))("%s acts, and is killed below in a situation that it solves", (id) => {
  expect(solved.filter((one) => one.id === id).length).toBeGreaterThan(0);
});

describe("killed at any entry of its record, and resumed by another process", () => {
  test.for(solved)(
    "$id, $name: ends as without it, each effect once",
    async ({ name, runbook, scenario }) => {
      const whole = await undisturbed(runbook, scenario);
      const unseen = unseenEffects[`${runbook.id} ${name}`];
      expect(whole.outcome).toBe("solved");
      expect(whole.effects.length).toBeGreaterThan(0);

      for (const { at, when } of deaths(whole, firsts.has(`${runbook.id} ${name}`))) {
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
        expect(once(made.world.effects, unseen), place).toEqual(once(whole.effects, unseen));
        expect((await made.journal.verify(run)).intact, place).toBe(true);
      }
    },
  );
});
