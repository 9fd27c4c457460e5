import { randomUUID } from "node:crypto";
import { basename, join, resolve } from "node:path";
import type { LogLevel } from "./agent.ts";
import { files, MetricsDocument, readDocument, type Settings } from "./agents/documents.ts";
import { folderArtifacts } from "./pipeline/folder-artifacts.ts";
import { overlay } from "./pipeline/overlay.ts";
import { plainName } from "./storage/report-files.ts";
import { type PipelineResult, runPipeline, type StageEvent } from "./pipeline/run.ts";

/** What a report is built from; paths are resolved against the working directory. */
export type ReportRequest = {
  /** Data files: CSV, JSON or XLSX. */
  readonly input: string | readonly string[];
  /** company.json. */
  readonly company: string;
  /** Folder for everything that is written. */
  readonly output: string;
  readonly reportId?: string;
  readonly settings?: Partial<Settings>;
  readonly now?: () => Date;
  readonly log?: (level: LogLevel, message: string, context: Readonly<Record<string, unknown>>) => void;
  readonly onStage?: (stage: StageEvent) => void;
  readonly signal?: AbortSignal;
};

/** A finished report: how it went, its figures as exact decimal text, and where its files lie. */
export type BuiltReport = PipelineResult & {
  /** True when the audit found nothing critical or major. */
  readonly compliant: boolean;
  /** Figure id to value, for instance `total-market`: "24396.669" (tCO2e). */
  readonly figures: Readonly<Record<string, string>>;
  readonly document: string;
  readonly audit: string;
};

/** Builds an E1-6 report in this process: the programming twin of `csrd run`. Throws a `CsrdError` when the input is refused; nothing is written then. */
export async function buildReport(request: ReportRequest): Promise<BuiltReport> {
  const {
    reportId = `CSRD-${randomUUID()}`,
    settings = {},
    now = () => new Date(),
    log = () => undefined,
    onStage,
    signal,
  } = request;
  const store = folderArtifacts({
    folder: resolve(request.output),
    inputs: {
      ...Object.fromEntries(
        [request.input].flat().map((path) => [`${files.inputs}${plainName(basename(path))}`, resolve(path)]),
      ),
      [files.company]: resolve(request.company),
    },
  });
  const artifacts = overlay(store, { [files.settings]: JSON.stringify(settings) });
  const result = await runPipeline({
    reportId,
    artifacts,
    now,
    log,
    ...(onStage === undefined ? {} : { onStage }),
    ...(signal === undefined ? {} : { signal }),
  });
  const { metrics } = await readDocument(artifacts, files.metrics, MetricsDocument);
  return {
    ...result,
    compliant: result.status !== "failed",
    figures: Object.fromEntries(metrics.map(({ id, value = "" }) => [id, value])),
    document: join(resolve(request.output), files.xhtml),
    audit: join(resolve(request.output), files.audit),
  };
}
