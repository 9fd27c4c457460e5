import { performance } from "node:perf_hooks";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { definitionsOf } from "#bin/definitions.ts";
import { savedLogQueries } from "#bin/log-queries.ts";
import { createEngine } from "#kit/engine.ts";
import { virtualClock } from "#kit/rehearse/clock.ts";
import type { Runbook } from "#kit/runbook.ts";
import { scenarios } from "#runbooks/scenarios/index.ts";
import type { Scenario } from "#runbooks/scenarios/scenario.ts";
import { fakeWorld } from "#runbooks/scenarios/world.ts";
import type { Take } from "./engine.ts";
import { median } from "./median.ts";

const rounds = 5;

type Measured = {
  readonly what: string;
  readonly decideMs: number;
  readonly firstFindingMs: number;
  readonly planMs: number;
};

/** What deciding and planning cost, for every runbook in every situation it is rehearsed in, over a world that answers at once. */
export async function benchRunbooks(take: Take): Promise<void> {
  const { runbooks } = await definitionsOf(undefined);
  const all: Measured[] = [];
  for (const runbook of runbooks)
    for (const [name, scenario] of Object.entries(scenarios[runbook.id] ?? {})) {
      const several: Measured[] = [];
      for (let round = 0; round < rounds; round += 1) several.push(await planned(runbook, scenario));
      all.push({
        what: `${runbook.id}, ${name}`,
        decideMs: median(several.map(({ decideMs }) => decideMs)),
        firstFindingMs: median(several.map(({ firstFindingMs }) => firstFindingMs)),
        planMs: median(several.map(({ planMs }) => planMs)),
      });
    }
  const of = `of ${runbooks.length} runbooks in ${all.length} situations`;
  const say = (what: string, of: (one: Measured) => number, limit: number, target: string): void => {
    const worst = all.toSorted((a, b) => of(b) - of(a))[0];
    if (worst === undefined) throw new Error("no runbook was measured");
    take(
      what,
      `${median(all.map(of)).toFixed(2)} ms; ${of(worst).toFixed(1)} ms the slowest (${worst.what})`,
      target,
      of(worst) <= limit,
    );
  };
  say(`decide, ${of}`, ({ decideMs }) => decideMs, 10, "each ≤ 10 ms");
  say("first finding of each", ({ firstFindingMs }) => firstFindingMs, 1_000, "each ≤ 1 s");
  say("looking, deciding and planning of each", ({ planMs }) => planMs, 10_000, "each ≤ 10 s");
}

async function planned(runbook: Runbook, scenario: Scenario): Promise<Measured> {
  const { services = [], params = {} } = scenario;
  const clock = virtualClock();
  const world = fakeWorld(clock, { services, logQueries: savedLogQueries });
  scenario.prepare(world);
  const journal = openSqliteJournal(":memory:", { now: () => clock.now() });
  let decideMs = 0;
  let first: number | undefined;
  const timed: Runbook = {
    ...runbook,
    decide(findings, given, actions, context) {
      const from = performance.now();
      const decision = runbook.decide(findings, given, actions, context);
      decideMs += performance.now() - from;
      return decision;
    },
  };
  const engine = createEngine({
    journal,
    locks: journal,
    clock,
    readers: world.readers,
    operators: () => Promise.reject(new Error("a plan changes nothing")),
    environment: { name: "bench", tier: "sandbox", identity: {}, approvers: [] },
    policy: () => ({ count: 0, requesterMay: true, strength: "none", rule: "bench" }),
    owner: `bench:${process.pid}`,
    runbooks: [timed],
    onEntry: ({ event }) => {
      if (event.type === "probe.answered") first ??= performance.now();
    },
  });
  const from = performance.now();
  await engine.plan(timed, params, { by: { name: "lena", host: "desk", via: "terminal" } });
  const planMs = performance.now() - from;
  clock.stop();
  journal.close();
  return { what: runbook.id, decideMs, firstFindingMs: (first ?? performance.now()) - from, planMs };
}
