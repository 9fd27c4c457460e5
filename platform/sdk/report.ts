import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Artifacts } from "../agent.ts";
import {
  files,
  IntakeDocument,
  MaterialityDocument,
  type Metric,
  MetricsDocument,
  readDocument,
} from "../agents/documents.ts";
import type { PipelineResult } from "../pipeline/run.ts";
import { type KeyFigure, keyFigures } from "./key-figures.ts";
import type { Done } from "./stages.ts";
import { plainScreen, summaryLines } from "./summary.ts";
import { type Verdict, verdictIn } from "./verdict.ts";

const Manifest = z.looseObject({ needs_a_person: z.array(z.string()) });

/** What is read from a report's documents before they are published. */
export type Contents = {
  readonly company: IntakeDocument["company"];
  readonly counts: IntakeDocument["counts"];
  readonly quality: IntakeDocument["quality"];
  readonly topics: MaterialityDocument["topics"];
  readonly metrics: readonly Metric[];
  readonly keyFigures: readonly KeyFigure[];
  /** Undefined when the audit was left out. */
  readonly audit: Verdict | undefined;
  /** Texts of the statement that a person has still to write or approve. */
  readonly textsToDo: readonly string[];
  /** What only a person can do, from the documents. */
  readonly needsAPerson: readonly string[];
};

/** A finished report: its verdict, its figures as exact decimal text, and where its files lie. */
export type CsrdReport = Done &
  Contents & {
    /** True when the audit found nothing critical or major; false when there was none. */
    readonly isCompliant: boolean;
    /** True when an assurance provider can begin: it is compliant, the data reached their quality threshold, the company itself has concluded on every topic, and every text is written and approved. */
    readonly isAuditReady: boolean;
    /** Standards with a material topic: `E1`, `S1`. */
    readonly materialStandards: readonly string[];
    /** Figure id to exact decimal text, in the figure's own unit; empty for nil. */
    readonly figures: Readonly<Record<string, string>>;
    readonly warnings: readonly string[];
    /** Paths of the statement and of the audit; whether a file is there depends on the format and on the stages. */
    readonly document: string;
    readonly auditDocument: string;
    /** The outcome as plain data. */
    toObject(): Readonly<Record<string, unknown>>;
    /** The same as JSON text, indented. */
    toJson(): string;
    saveJson(path: string): Promise<void>;
    /** The final screen of `csrd run` as plain text. */
    summary(): string;
    saveSummary(path: string): Promise<void>;
  };

/** Reads what a finished run has to tell. */
export async function contentsOf(artifacts: Artifacts, result: PipelineResult): Promise<Contents> {
  const { company, counts, quality } = await readDocument(artifacts, files.intake, IntakeDocument);
  const { topics } = await readDocument(artifacts, files.materiality, MaterialityDocument);
  const { metrics } = await readDocument(artifacts, files.metrics, MetricsDocument);
  const { needs_a_person: textsToDo } = await readDocument(artifacts, files.manifest, Manifest);
  const audited = result.stages.some(({ agent }) => agent === "audit");
  const audit = audited ? await verdictIn(artifacts) : undefined;
  return {
    company,
    counts,
    quality,
    topics,
    metrics,
    keyFigures: keyFigures(metrics, company.period.end),
    audit,
    textsToDo,
    needsAPerson: audit?.needsAPerson ?? [],
  };
}

/** Puts a run and what its documents say together. */
export function csrdReport({ found, ...done }: Done & { readonly found: Contents }): CsrdReport {
  const { audit, quality, topics, metrics } = found;
  const isCompliant = audit !== undefined && audit.status !== "FAIL" && done.status !== "failed";
  const plain = {
    reportId: done.reportId,
    status: done.status,
    isCompliant,
    isAuditReady:
      isCompliant &&
      quality.passed &&
      found.textsToDo.length === 0 &&
      topics.length > 0 &&
      topics.every(({ by }) => by === "company"),
    materialStandards: [
      ...new Set(topics.filter(({ material }) => material).map(({ standard }) => standard)),
    ],
    figures: Object.fromEntries(metrics.map(({ id, value = "" }) => [id, value])),
    warnings: done.stages.flatMap(({ agent, result }) =>
      result.warnings.map((warning) => `${agent}: ${warning}`),
    ),
    needsAPerson: found.needsAPerson,
    textsToDo: found.textsToDo,
    counts: found.counts,
    quality: { score: quality.score, threshold: quality.threshold, passed: quality.passed },
    ...(audit === undefined ? {} : { audit }),
    outputDir: done.outputDir,
    wrote: done.wrote,
  };
  const toJson = (): string => `${JSON.stringify(plain, undefined, 2)}\n`;
  const report: CsrdReport = {
    ...done,
    ...found,
    isCompliant: plain.isCompliant,
    isAuditReady: plain.isAuditReady,
    materialStandards: plain.materialStandards,
    figures: plain.figures,
    warnings: plain.warnings,
    document: join(done.outputDir, files.xhtml),
    auditDocument: join(done.outputDir, files.audit),
    toObject: () => plain,
    toJson,
    saveJson: (path) => writeFile(path, toJson()),
    summary: () => `${summaryLines(plainScreen, report).join("\n")}\n`,
    saveSummary: (path) => writeFile(path, report.summary()),
  };
  return report;
}
