import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import type { Artifacts } from "../agent.ts";
import { files, readDocument } from "../agents/documents.ts";
import { type AgentName, agentNames } from "../contract.ts";
import { CsrdError } from "../errors.ts";
import { needs } from "../pipeline/run.ts";

/** What each stage leaves in the report's folder; the first is the one that the stages after it cannot do without. */
export const produces: Readonly<Record<AgentName, readonly string[]>> = {
  intake: [files.intake, files.datapoints, files.statements, files.activities, files.rejected],
  materiality: [files.materiality, files.answers],
  calculator: [files.metrics, files.lineage],
  aggregator: [files.aggregated],
  reporting: [files.xhtml, files.facts, files.package, files.report, files.manifest],
  audit: [files.audit, files.auditText, files.auditPage],
};

const commands: Readonly<Record<AgentName, string>> = {
  intake: "csrd validate -i <data> -p company.json",
  materiality: "csrd materialize",
  calculator: "csrd calculate",
  aggregator: "csrd aggregate",
  reporting: "csrd report",
  audit: "csrd audit",
};

/** The folder of a report that is named by itself or by a file of it; throws `stage-missing`. */
export async function reportFolder(named: string): Promise<string> {
  const found = await stat(named).catch(() => undefined);
  const beside = basename(dirname(named)) === "intermediate" ? dirname(dirname(named)) : dirname(named);
  const folder = found?.isDirectory() === true ? named : beside;
  const inner = await stat(join(folder, "intermediate")).catch(() => undefined);
  if (found !== undefined && inner?.isDirectory() === true) return folder;
  throw new CsrdError("stage-missing", {
    summary: `${named.slice(0, 200)} is ${found === undefined ? "not there" : "no report's folder and no file of one"}.`,
    hint: `Give the data with -i and -p, or the folder of an earlier run.`,
  });
}

/** The stages that these stages stand on, and themselves, in order. */
export function withAllBefore(stages: readonly AgentName[]): readonly AgentName[] {
  const all = new Set<AgentName>();
  const add = (stage: AgentName): void => {
    for (const before of needs[stage]) add(before);
    all.add(stage);
  };
  for (const stage of stages) add(stage);
  return agentNames.filter((name) => all.has(name));
}

/** Throws `stage-missing` when a stage would miss the document of a stage that is not among those to run. */
export async function demandBefore(
  artifacts: Artifacts,
  folder: string,
  stages: readonly AgentName[],
): Promise<void> {
  for (const stage of stages)
    for (const before of needs[stage]) {
      const [document = ""] = produces[before];
      if (stages.includes(before) || (await artifacts.exists(document))) continue;
      throw new CsrdError("stage-missing", {
        summary: `The ${stage} stage needs what ${before} writes, and ${folder} does not hold ${document}.`,
        hint: `Run \`${commands[before]} ${before === "intake" ? "-o" : "-r"} ${folder}\` first.`,
      });
    }
}

/** The stages whose documents are there and older than what was just written before them. */
export async function outdatedBy(
  artifacts: Artifacts,
  stages: readonly AgentName[],
): Promise<readonly AgentName[]> {
  const outdated: AgentName[] = [];
  for (const stage of agentNames) {
    const [document = ""] = produces[stage];
    const stands = needs[stage].some((before) => stages.includes(before) || outdated.includes(before));
    if (stands && !stages.includes(stage) && (await artifacts.exists(document))) outdated.push(stage);
  }
  return outdated;
}

/** The id under which a folder's report was begun. */
export async function reportIdIn(artifacts: Artifacts): Promise<string> {
  return (await readDocument(artifacts, files.intake, z.looseObject({ report_id: z.string() }))).report_id;
}
