import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { createEngine } from "#kit/engine.ts";
import type { Clock } from "#kit/clock.ts";
import { foldRun, type RunState } from "#kit/fold.ts";
import type { Identity } from "#kit/identity.ts";
import type { Journal } from "#kit/journal.ts";
import { virtualClock } from "#kit/rehearse/clock.ts";
import type { Runbook } from "#kit/runbook.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import type { Scenario } from "#runbooks/scenarios/scenario.ts";
import { fakeWorld } from "#runbooks/scenarios/world.ts";
import { savedLogQueries } from "./log-queries.ts";
import { loadPolicy } from "./policy.ts";

/** A run that happened to nobody. */
export type Rehearsed = {
  readonly state: RunState;
  /** Its entries, then those of every run that it handed over to. */
  readonly runs: readonly (readonly JournalEntry[])[];
  /** How long it really took. */
  readonly tookMs: number;
};

const asks: Identity = { name: "lena", host: "rehearsal", via: "sandbox" };
const approvers = ["omar", "ana", "lena"];
const thinksMs = 40_000;

/**
 * Plays a runbook in a scenario: the shipped engine, production's rules of approval and production's times, over a world in memory
 * and a clock that jumps. The journal is in memory too; there is no reader, operator or destination that could reach anything real.
 */
export async function rehearse(
  runbook: Runbook,
  scenario: Scenario,
  runbooks: readonly Runbook[],
): Promise<Rehearsed> {
  const began = performance.now();
  const clock = virtualClock(new Date().toISOString());
  const { services = [], params = {} } = scenario;
  const world = fakeWorld(clock, { services, logQueries: savedLogQueries });
  scenario.prepare(world);
  const journal = openSqliteJournal(":memory:", { now: () => clock.now() });
  const engine = createEngine({
    journal,
    locks: journal,
    clock,
    readers: world.readers,
    operators: async () => world.operators,
    environment: {
      name: "rehearsal",
      tier: "production",
      identity: { account: "000000000000", region: "nowhere" },
      approvers,
      answersFor: { compliance: ["omar", "ana"] },
    },
    policy: loadPolicy(),
    owner: "rehearsal:1:000000",
    runbooks,
    onEntry(entry) {
      if (entry.event.type !== "approval.asked" || scenario.silence === true) return;
      const { digest, need } = entry.event;
      const others = approvers.filter((name) => name !== asks.name);
      void answer(journal, clock, entry.run, digest, others.slice(0, need.count));
    },
  });
  try {
    const state = await engine.run(runbook, params, { by: asks, reason: scenario.title });
    const runs = await chain(journal, state.run);
    return { state, runs, tookMs: performance.now() - began };
  } finally {
    clock.stop();
    journal.close();
  }
}

/** A run and those it handed over to, one after the other. */
async function chain(journal: Journal, first: string): Promise<readonly (readonly JournalEntry[])[]> {
  const runs: (readonly JournalEntry[])[] = [];
  for (let run: string | undefined = first; run !== undefined; ) {
    const entries: readonly JournalEntry[] = await journal.read(run);
    runs.push(entries);
    run = foldRun(entries)?.child?.run;
  }
  return runs;
}

/** People answer after a while. */
async function answer(
  journal: Journal,
  clock: Clock,
  run: string,
  digest: string,
  people: readonly string[],
): Promise<void> {
  await clock.sleep(thinksMs);
  for (const name of people) {
    const by = { ...asks, name };
    await journal.note(run, { type: "approval.given", digest, by, lookedAgain: "not-looked" });
  }
}
