import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AggregatedDocument,
  files,
  IntakeDocument,
  MaterialityDocument,
  MetricsDocument,
  readDocument,
} from "./agents/documents.ts";
import { type CsrdReport, contentsOf, csrdReport } from "./sdk/report.ts";
import { type Done, type FromData, type FromReport, runStages } from "./sdk/stages.ts";
import { type Verdict, verdictIn } from "./sdk/verdict.ts";

/**
 * The programming twin of the command `csrd`: the same stages over the same files, with typed answers.
 * Every function throws a `CsrdError` when its input is refused, and publishes nothing then.
 */

/** What `buildReport` is given. */
export type ReportRequest = FromData & {
  readonly skipMateriality?: boolean;
  readonly skipAudit?: boolean;
};

/** Builds a whole report in this process, from data to audit. */
export async function buildReport(request: ReportRequest): Promise<CsrdReport> {
  const { skipMateriality, skipAudit, config } = request;
  const asked = {
    ...config,
    ...(skipMateriality === undefined ? {} : { skipMateriality }),
    ...(skipAudit === undefined ? {} : { skipAudit }),
  };
  return csrdReport(
    await runStages({ ...request, config: asked }, ["intake", "materiality", "audit"], contentsOf),
  );
}

/** Data as intake found it: how many rows can be used, how good they are, and what is wrong with the others. */
export type ValidatedData = Done &
  Pick<IntakeDocument, "counts" | "quality" | "rejected" | "warnings"> & {
    /** How often each code was found; `rejected` and `warnings` name the first hundred of each. */
    readonly remarkCounts: IntakeDocument["remark_counts"];
    readonly isValid: boolean;
  };

/** Checks data and lists what is wrong with it, row by row. Writes nothing, unless `outputDir` is given: then what a later stage needs, and the rows to mend. */
export async function validateData(request: FromData): Promise<ValidatedData> {
  const spare = request.outputDir === undefined ? await mkdtemp(join(tmpdir(), "csrd-validate-")) : undefined;
  try {
    const { found, ...done } = await runStages(
      {
        ...request,
        outputDir: request.outputDir ?? spare ?? "",
        config: { ...request.config, badRows: "set-aside" },
      },
      ["intake"],
      (artifacts) => readDocument(artifacts, files.intake, IntakeDocument),
    );
    const { counts, quality, rejected, warnings, remark_counts } = found;
    return {
      ...done,
      ...(spare === undefined ? {} : { wrote: [] }),
      counts,
      quality,
      rejected,
      warnings,
      remarkCounts: remark_counts,
      isValid: counts.rejected === 0,
    };
  } finally {
    if (spare !== undefined) await rm(spare, { recursive: true, force: true });
  }
}

/** Which topics are material, and why. */
export type AssessedMateriality = Done &
  Pick<MaterialityDocument, "topics" | "notice"> & {
    readonly materialStandards: readonly string[];
    readonly requiresHumanReview: boolean;
    readonly notAssessed: readonly string[];
  };

/** Assesses which topics are material to the company, on what intake has accepted. */
export async function assessMateriality(request: FromData | FromReport): Promise<AssessedMateriality> {
  const { found, ...done } = await runStages(request, ["materiality"], (artifacts) =>
    readDocument(artifacts, files.materiality, MaterialityDocument),
  );
  const { topics, notice, not_assessed, requires_human_review } = found;
  return {
    ...done,
    topics,
    notice,
    notAssessed: not_assessed,
    requiresHumanReview: requires_human_review,
    materialStandards: [
      ...new Set(topics.filter(({ material }) => material).map(({ standard }) => standard)),
    ],
  };
}

/** The figures, with where each comes from. */
export type CalculatedMetrics = Done &
  Pick<MetricsDocument, "metrics" | "gwp" | "warnings"> & {
    /** Figure id to exact decimal text; empty for nil. */
    readonly figures: Readonly<Record<string, string>>;
  };

/** Calculates every figure that the accepted data allow. */
export async function calculateMetrics(request: FromData | FromReport): Promise<CalculatedMetrics> {
  const { found, ...done } = await runStages(request, ["calculator"], (artifacts) =>
    readDocument(artifacts, files.metrics, MetricsDocument),
  );
  const { metrics, gwp, warnings } = found;
  return {
    ...done,
    metrics,
    gwp,
    warnings,
    figures: Object.fromEntries(metrics.map(({ id, value = "" }) => [id, value])),
  };
}

/** The figures as other laws and frameworks ask for them. */
export type AggregatedFrameworks = Done & Pick<AggregatedDocument, "frameworks">;

/** Sorts the figures by the other laws that ask for them. */
export async function aggregateFrameworks(request: FromData | FromReport): Promise<AggregatedFrameworks> {
  const { found, ...done } = await runStages(request, ["aggregator"], (artifacts) =>
    readDocument(artifacts, files.aggregated, AggregatedDocument),
  );
  return { ...done, frameworks: found.frameworks };
}

/** The written report, not yet audited. */
export type GeneratedReport = Done & {
  /** Paths of the documents for people and for machines. */
  readonly document: string;
  readonly package: string;
  readonly data: string;
};

/** Writes the inline XBRL statement, its package and report.json. */
export async function generateReport(request: FromData | FromReport): Promise<GeneratedReport> {
  const { found: _, ...done } = await runStages(request, ["reporting"], async () => undefined);
  return {
    ...done,
    document: join(done.outputDir, files.xhtml),
    package: join(done.outputDir, files.package),
    data: join(done.outputDir, files.report),
  };
}

/** The audit's verdict. */
export type AuditedReport = Done & { readonly verdict: Verdict; readonly isCompliant: boolean };

/** Reads the finished report back and judges it by every rule that concerns it. */
export async function auditCompliance(request: FromData | FromReport): Promise<AuditedReport> {
  const { found, ...done } = await runStages(request, ["audit"], verdictIn);
  return { ...done, verdict: found, isCompliant: found.status !== "FAIL" };
}

export type { CsrdConfig } from "./config.ts";
export type { CsrdReport } from "./sdk/report.ts";
export type { Around, Done, FromData, FromReport } from "./sdk/stages.ts";
