import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import type { Artifacts, LogLevel } from "../agent.ts";
import { files, type MaterialityDocument, type Settings } from "../agents/documents.ts";
import { type CsrdConfig, defaults, givenBy, resolveConfig } from "../config.ts";
import { type AgentName, agentNames } from "../contract.ts";
import { CsrdError } from "../errors.ts";
import { folderArtifacts } from "../pipeline/folder-artifacts.ts";
import { type PipelineResult, runPipeline, type StageEvent } from "../pipeline/run.ts";
import { demandBefore, outdatedBy, produces, reportFolder, reportIdIn, withAllBefore } from "./folder.ts";
import { type CompanyProfile, type EsgData, inputPlaces } from "./inputs.ts";
import { type Staged, stagedArtifacts } from "./staged.ts";

/** What a caller may bring to any piece of work. */
export type Around = {
  /** Settings; what is left out comes from `CSRD_*` variables, else from the defaults. */
  readonly config?: Partial<CsrdConfig>;
  readonly now?: () => Date;
  readonly log?: (level: LogLevel, message: string, context: Readonly<Record<string, unknown>>) => void;
  /** Called when a stage begins, with its counts, and when it ends. */
  readonly onStage?: (event: StageEvent) => void;
  readonly signal?: AbortSignal;
};

/** Data to begin with; results appear in `outputDir`. */
export type FromData = Around & {
  readonly esgData: EsgData;
  readonly companyProfile: CompanyProfile;
  /** The report's folder; `config.outputDir` when left out. */
  readonly outputDir?: string;
  /** Letters, digits, dot, dash and underscore; made up when left out. */
  readonly reportId?: string;
};

/** An earlier report to go on with: its folder, or a file of it. Results appear there, or in `outputDir`. */
export type FromReport = Around & { readonly report: string; readonly outputDir?: string };

/** What a piece of work left behind. */
export type Done = PipelineResult & {
  readonly outputDir: string;
  /** Paths, relative to `outputDir`, of what was written. */
  readonly wrote: readonly string[];
  /** Stages whose documents in the folder are now older than what they stand on. */
  readonly outdated: readonly AgentName[];
};

const documents = [files.xhtml, files.facts, files.package];

/** Runs stages over data or over an earlier report; `read` sees the results before they are published. Throws the coded error of whatever refuses, and then nothing is published. */
export async function runStages<T>(
  request: FromData | FromReport,
  asked: readonly AgentName[],
  read: (artifacts: Artifacts, done: PipelineResult) => Promise<T>,
): Promise<Done & { readonly found: T }> {
  const config = configOf(request);
  const fresh = "esgData" in request;
  const stages = fresh ? withAllBefore(asked).filter((stage) => !skipped(stage, config)) : asked;
  const staged = fresh ? await placeOfData(request, config) : await placeOfReport(request);
  const { artifacts, outputDir } = staged;
  try {
    if (fresh && config.skipMateriality) await keepMateriality(artifacts, outputDir);
    if (fresh && (config.skipMateriality || config.llmProvider !== defaults.llmProvider))
      await keepAnswers(artifacts, outputDir);
    await demandBefore(artifacts, outputDir, stages);
    const result = await runPipeline({
      reportId: fresh ? idOf(request) : await reportIdIn(artifacts),
      artifacts,
      now: request.now ?? (() => new Date()),
      log: request.log ?? (() => undefined),
      stages,
      atOnce: config.parallelAgents ? config.maxWorkers : 1,
      ...(request.onStage === undefined ? {} : { onStage: request.onStage }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    request.signal?.throwIfAborted();
    const found = await read(artifacts, result);
    const whole = fresh && asked.includes("audit");
    const replaced = (whole ? agentNames : stages).flatMap((stage) => produces[stage]);
    const wrote = await staged.publish(replaced, (name) => kept(name, config.format));
    const outdated = await outdatedBy(folderArtifacts({ folder: outputDir }), stages);
    return { ...result, outputDir, wrote, outdated, found };
  } catch (error) {
    await staged.discard();
    throw error;
  }
}

/** Settings of a call: its own before the environment's before the defaults. */
function configOf({ config = {} }: Around): CsrdConfig {
  return resolveConfig(givenBy(config, "config"), process.env, new Map()).config;
}

function skipped(stage: AgentName, { skipMateriality, skipAudit }: CsrdConfig): boolean {
  return (stage === "materiality" && skipMateriality) || (stage === "audit" && skipAudit);
}

function kept(name: string, format: CsrdConfig["format"]): boolean {
  if (format === "json") return !documents.some((document) => document === name);
  return format === "both" || name !== files.report;
}

async function placeOfData(request: FromData, config: CsrdConfig): Promise<Staged & { outputDir: string }> {
  const { inputs, texts } = await inputPlaces(request.esgData, request.companyProfile);
  const outputDir = resolve(request.outputDir ?? config.outputDir);
  const settings: Settings = {
    bad_rows: config.badRows,
    quality_threshold: config.qualityThreshold,
    ...changed(config),
  };
  const place = {
    folder: outputDir,
    inputs,
    texts: { ...texts, [files.settings]: JSON.stringify(settings) },
  };
  return { ...(await stagedArtifacts(place)), outputDir };
}

/** Thresholds of materiality, the law and the models are handed on only where they were changed, so that the agents' own hold otherwise. */
function changed(config: CsrdConfig): object {
  const { impactMaterialityThreshold, financialMaterialityThreshold, law, llmProvider, llmModel } = config;
  return {
    ...(law === "" ? {} : { law }),
    ...(llmProvider === defaults.llmProvider ? {} : { llm_provider: llmProvider }),
    ...(llmModel === "" ? {} : { llm_model: llmModel }),
    ...(impactMaterialityThreshold === defaults.impactMaterialityThreshold
      ? {}
      : { impact_threshold: impactMaterialityThreshold }),
    ...(financialMaterialityThreshold === defaults.financialMaterialityThreshold
      ? {}
      : { financial_threshold: financialMaterialityThreshold }),
  };
}

async function placeOfReport(request: FromReport): Promise<Staged & { outputDir: string }> {
  const earlier = resolve(await reportFolder(request.report));
  const outputDir = resolve(request.outputDir ?? earlier);
  const settings: Partial<Settings> = changed(configOf(request));
  const texts = Object.keys(settings).length === 0 ? {} : { [files.settings]: JSON.stringify(settings) };
  return { ...(await stagedArtifacts({ folder: outputDir, earlier, texts })), outputDir };
}

/** The assessment of an earlier report in the same folder is taken over; where there is none, no topic counts as assessed. */
async function keepMateriality(artifacts: Artifacts, outputDir: string): Promise<void> {
  const before = folderArtifacts({ folder: outputDir });
  if (await before.exists(files.materiality))
    return artifacts.write(files.materiality, await before.read(files.materiality));
  const nothing: Omit<MaterialityDocument, "report_id"> = {
    provider: "offline-rules",
    requires_human_review: true,
    notice:
      "Materiality was not assessed: the stage was left out, and no earlier assessment was there to use.",
    topics: [],
    not_assessed: ["E1", "E2", "E3", "E4", "E5", "S1", "S2", "S3", "S4", "G1"],
  };
  await artifacts.write(
    files.materiality,
    `${JSON.stringify({ report_id: "", ...nothing }, undefined, 2)}\n`,
  );
}

/** A language model's answers of an earlier run in the same folder are there to be read again: the same question is not asked twice. */
async function keepAnswers(artifacts: Artifacts, outputDir: string): Promise<void> {
  const before = folderArtifacts({ folder: outputDir });
  if (await before.exists(files.answers))
    await artifacts.write(files.answers, await before.read(files.answers));
}

function idOf({ reportId, now = () => new Date() }: FromData): string {
  const id =
    reportId ?? `CSRD-${now().toISOString().slice(0, 10).replaceAll("-", "")}-${randomUUID().slice(0, 8)}`;
  if (/^[A-Za-z0-9._-]{1,64}$/.test(id)) return id;
  throw new CsrdError("csrd-usage", {
    summary: "The report id holds characters that a file name cannot.",
    hint: "Use letters, digits, dot, dash and underscore, at most 64 of them.",
  });
}
