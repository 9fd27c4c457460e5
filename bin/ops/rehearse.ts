import { Command } from "commander";
import { OpsError } from "#kit/errors.ts";
import { document } from "#kit/render/ndjson.ts";
import {
  renderRehearsal,
  renderScenarios,
  scenariosTsv,
  wentAsExpected,
  type ListedScenario,
} from "#kit/render/rehearsal.ts";
import { clean } from "#kit/render/width.ts";
import type { Scenarios } from "#runbooks/scenarios/scenario.ts";
import { definitionsOf, usableRunbook } from "../definitions.ts";
import { noScenarios, scenariosWith } from "../scenarios.ts";
import type { End, MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";
import { didYouMean } from "./nearest.ts";

/** `ops rehearse <runbook> [scenario]`: plays a runbook where nothing is real, in about a second. */
export const rehearseCommand: MakeCommand = async (door, end) =>
  new Command("rehearse")
    .description(
      "Plays a runbook in a made-up situation, with production's times on a clock that jumps. Needs no environment, reaches nothing.",
    )
    .argument("[runbook]", "which runbook; without one, all that can be rehearsed")
    .argument("[scenario]", "in which situation; without one, all of them are listed")
    .action((runbook: string | undefined, scenario: string | undefined) =>
      rehearsed(door, end, runbook, scenario),
    );

async function rehearsed(
  door: Door,
  end: End,
  id: string | undefined,
  name: string | undefined,
): Promise<void> {
  const definitions = await definitionsOf(door.globals.dir);
  const scenarios = await scenariosWith(door.globals.dir);
  if (id !== undefined && !Object.hasOwn(scenarios, id))
    throw usableRunbook(definitions, id) === undefined
      ? unknown("runbook", id, Object.keys(scenarios))
      : noScenarios(id);
  const listed = (id === undefined ? Object.keys(scenarios) : [id]).flatMap((one) =>
    listedOf(one, scenarios),
  );
  const chosen = listed.find(({ scenario }) => scenario === name);
  if (id === undefined || name === undefined) {
    print(door, listed);
    return end(0);
  }
  const scenario = scenarios[id]?.[name];
  if (chosen === undefined || scenario === undefined)
    throw unknown(
      "scenario",
      name,
      listed.map((one) => one.scenario),
    );
  const { runbooks } = definitions;
  const runbook = usableRunbook(definitions, id);
  if (runbook === undefined) throw unknown("runbook", id, Object.keys(scenarios));
  const { rehearse } = await import("../rehearsal.ts");
  const { state, runs, tookMs } = await rehearse(runbook, scenario, runbooks);
  const shown = { ...chosen, outcome: scenario.outcome, state, runs, tookMs };
  const expected = wentAsExpected(shown);
  if (door.globals.json)
    door.print(
      document({
        rehearsal: true,
        ...chosen,
        expected: { rule: scenario.rule, outcome: scenario.outcome },
        asExpected: expected,
        ended: state.ended,
        runs,
      }),
    );
  else if (door.globals.quiet) door.print(`REHEARSAL  ${state.ended?.verdict ?? "no verdict"}`);
  else door.print(renderRehearsal(door.screen(), shown));
  end(expected ? 0 : 4);
}

function listedOf(id: string, scenarios: Readonly<Record<string, Scenarios>>): readonly ListedScenario[] {
  return Object.entries(scenarios[id] ?? {}).map(([scenario, { title, rule }]) => ({
    runbook: id,
    scenario,
    title,
    rule,
  }));
}

function print(door: Door, listed: readonly ListedScenario[]) {
  if (door.globals.json) door.print(document({ rehearsal: true, scenarios: listed }));
  else if (door.isPiped) door.print(scenariosTsv(listed, door.globals.header));
  else door.print(renderScenarios(door.screen(), listed));
}

function unknown(what: "runbook" | "scenario", typed: string, all: readonly string[]): OpsError {
  return new OpsError("usage", {
    summary: `There is no ${what} "${clean(typed, 60)}" to rehearse.`,
    hint: `${didYouMean(typed, all) || `Known are: ${all.join(", ")}.`} See: ops rehearse`,
  });
}
