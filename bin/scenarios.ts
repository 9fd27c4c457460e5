import { existsSync } from "node:fs";
import { join } from "node:path";
import { OpsError } from "#kit/errors.ts";
import { exportsOf, filesIn, idOf, invalid, type DefinitionFile } from "#kit/registry/file.ts";
import { scenarios as shipped } from "#runbooks/scenarios/index.ts";
import type { Scenario, Scenarios } from "#runbooks/scenarios/scenario.ts";
import { homeOfDir } from "./definitions.ts";

const patienceMs = 5_000;

/** Every runbook's scenarios by its id: the shipped ones, and those in a team's `runbooks/scenarios/`. Throws `definition-invalid`. */
export async function scenariosWith(dir: string | undefined): Promise<Readonly<Record<string, Scenarios>>> {
  if (dir === undefined) return shipped;
  const home = homeOfDir(dir);
  if (!existsSync(join(home.root, "runbooks/scenarios"))) return shipped;
  const own: Record<string, Scenarios> = {};
  for (const file of await filesIn(home, "runbooks/scenarios")) {
    if (Object.hasOwn(shipped, idOf(file)))
      throw invalid(file, undefined, `${idOf(file)} is a shipped runbook, which has scenarios of its own`);
    own[idOf(file)] = await scenariosIn(file);
  }
  return { ...shipped, ...own };
}

async function scenariosIn(file: DefinitionFile): Promise<Scenarios> {
  const [first, ...more] = await exportsOf(file, patienceMs);
  if (isScenarios(first) && more.length === 0) return first;
  throw invalid(
    file,
    undefined,
    "it must export one object of scenarios, each with title, rule, outcome and prepare",
    "See docs/own-runbooks/our-ops/runbooks/scenarios/.",
  );
}

function isScenarios(value: unknown): value is Scenarios {
  if (typeof value !== "object" || value === null) return false;
  const all: readonly unknown[] = Object.values(value);
  return all.length > 0 && all.every(isScenario);
}

function isScenario(value: unknown): value is Scenario {
  if (typeof value !== "object" || value === null) return false;
  const { title, rule, outcome, prepare } = value as Partial<Record<keyof Scenario, unknown>>;
  return [title, rule, outcome].every((text) => typeof text === "string") && typeof prepare === "function";
}

/** A runbook that nobody wrote a scenario for. */
export function noScenarios(id: string): OpsError {
  return new OpsError("usage", {
    summary: `${id} has no scenario to be rehearsed in.`,
    hint: `Write some in runbooks/scenarios/${id}.ts of its folder; docs/own-runbooks.md shows how.`,
  });
}
