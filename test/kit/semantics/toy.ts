import { onTestFinished } from "vitest";
import { z } from "zod";
import { defineAction, defineCheck, defineRunbook, defineWatch, eventually, healthy, unhealthy } from "#kit";
import type { AnyCheck } from "#kit/check.ts";
import type { Decision } from "#kit/decision.ts";
import type { Request } from "#kit/engine.ts";
import { foldRun, type RunState } from "#kit/fold.ts";
import type { StepCall, WatchCall } from "#kit/plan.ts";
import type { Judgement } from "#kit/watch.ts";
import type { DecideContext, Runbook } from "#kit/runbook.ts";
import type { JournalEntry, RunEvent } from "#kit/timeline.ts";
import { bench, lena, type Bench } from "#test/fakes/engine.ts";

const Setting = z.object({ target: z.string(), value: z.string() });

/** A world of named switches, with everything that was ever done to them. */
export type Toy = Bench & {
  readonly switches: Map<string, string>;
  /** In order: "a=on". */
  readonly effects: string[];
  /** What is in service, for floors. */
  serving: string[];
  /** Targets whose setting is refused. */
  readonly broken: Set<string>;
  /** Whether the proof holds. */
  cured: boolean | (() => boolean);
  /** What the watch sees next; the last stays. */
  sightings: number[];
  run(runbook: Runbook, request?: Partial<Request>): Promise<RunState>;
  entries: JournalEntry[];
  events(): readonly RunEvent["type"][];
  read(run: string): Promise<RunState>;
};

/** A bench with switches; closed when the test ends. */
export function toyBench(): Toy {
  const made = bench({ times: { poll: "5s", steady: "10s", verify: "1m" } });
  onTestFinished(() => made.close());
  const toy: Toy = Object.assign(made, {
    switches: new Map<string, string>(),
    effects: [] as string[],
    serving: ["a", "b", "c", "d", "e", "f", "g"],
    broken: new Set<string>(),
    cured: true,
    sightings: [0],
    run: (runbook: Runbook, request: Partial<Request> = {}) =>
      made.engine({ runbooks: [runbook] }).run(runbook, {}, { by: lena, ...request }),
    events: () => made.entries.map(({ event }) => event.type),
    async read(run: string) {
      const state = foldRun(await made.journal.read(run));
      if (state === undefined) throw new Error(`no run ${run}`);
      return state;
    },
  });
  return toy;
}

/** Sets a switch; a broken one refuses. Gives back what it was and what it is. */
export const setOf = (toy: Toy, risk: "safe" | "reversible" = "safe") =>
  defineAction({
    title: "Set a switch",
    input: Setting,
    risk,
    label: ({ target, value }) => `Set ${target} to ${value}`,
    preview: ({ target, value }) => `set ${target} to ${value}`,
    targets: ({ target }) => [target],
    within: "30s",
    returns: z.object({ target: z.string(), was: z.string(), token: z.string() }),
    async before({ target }) {
      return toy.switches.get(target) ?? "off";
    },
    async run({ target, value }, { before, clock }) {
      await clock.sleep(1_000);
      if (toy.broken.has(target)) throw new Error(`${target} is stuck`);
      toy.effects.push(`${target}=${value}`);
      toy.switches.set(target, value);
      return { target, was: before, token: `token-of-${target}` };
    },
    async confirm({ target, value }) {
      const met = toy.switches.get(target) === value;
      return { met, saw: `${target} is ${toy.switches.get(target) ?? "off"}` };
    },
    undo: ({ target }, before) => [{ kind: "step", action: "set", input: { target, value: before } }],
  });

/** Passes at 3, fails at 9, is inconclusive at 5, goes on below. */
const glanceOf = (toy: Toy) =>
  defineWatch({
    title: "Watch the needle",
    input: z.object({ needle: z.string() }),
    label: ({ needle }) => `Watch ${needle}`,
    preview: ({ needle }) => `look at ${needle} every 10 s`,
    every: "10s",
    within: "1m",
    async look() {
      return toy.sightings.length > 1 ? toy.sightings.shift() : toy.sightings[0];
    },
    read: (sight) => `needle at ${sight}`,
    judge(samples): Judgement {
      const last = samples.at(-1);
      if (last === undefined || !last.known) return { verdict: "continue", because: "it cannot be seen" };
      if (last.value === 3) return { verdict: "pass", because: `calm after ${samples.length}` };
      if (last.value === 9) return { verdict: "fail", because: "the needle is at 9" };
      if (last.value === 5) return { verdict: "inconclusive", because: "the needle trembles" };
      return { verdict: "continue", because: "not calm yet" };
    },
  });

/** What setting a switch gives back. */
type Given = { readonly target: string; readonly was: string; readonly token: string };

/** What a toy runbook's `decide` is handed. */
export type Hands = {
  readonly set: (input: { readonly target: string; readonly value: string }) => StepCall<Given>;
  readonly glance: (input: { readonly needle: string }) => WatchCall;
};

/** A runbook over switches: whatever the test decides. */
export function toyBook(
  toy: Toy,
  decide: (hands: Hands, context: DecideContext) => Decision,
  more: Partial<Runbook> & { readonly risk?: "safe" | "reversible"; readonly id?: string } = {},
): Runbook {
  const { risk, id = "toy", ...rest } = more;
  const calm = defineCheck({
    id: "calm",
    title: "It is calm",
    every: "10s",
    timeout: "5s",
    look: async () => (typeof toy.cured === "function" ? toy.cured() : toy.cured),
    judge: (cured) => (cured ? healthy("calm") : unhealthy("not calm")),
  });
  const book: Runbook = defineRunbook({
    id,
    title: `Toy ${id}`,
    summary: "Sets switches.",
    severity: "P2",
    owner: "tests",
    implements: [],
    symptoms: [],
    trigger: [],
    params: {},
    lock: "toy",
    within: "10m",
    diagnose: {
      now: {
        ask: "What is?",
        look: async () => "something",
        read: (says: string) => ({ state: "note", says }),
      },
    },
    rules: { any: "whatever the test decides" },
    decide: (_findings, _params, actions, context) => decide(actions as unknown as Hands, context),
    mitigate: { set: setOf(toy, risk) },
    watches: { glance: glanceOf(toy) },
    vitals: [],
    verify: [eventually(calm, { within: "verify", steadyFor: "steady" })],
    afterwards: [],
  });
  return {
    ...book,
    capacity: async () => toy.serving,
    ...rest,
  };
}

/** A check that a test turns. */
export function turnable(says: () => "healthy" | "unhealthy"): AnyCheck {
  return defineCheck({
    id: "beside",
    title: "The neighbours are well",
    every: "5s",
    timeout: "5s",
    look: async () => says(),
    judge: (state) => (state === "healthy" ? healthy("well") : unhealthy("a neighbour fell")),
  });
}
