import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import type { Command } from "commander";
import type { LogLevel } from "#platform/agent.ts";
import { CsrdError } from "#platform/errors.ts";
import { overlay } from "#platform/pipeline/overlay.ts";
import { folderArtifacts } from "#platform/pipeline/folder-artifacts.ts";
import { runPipeline, type PipelineResult, type StageEvent } from "#platform/pipeline/run.ts";
import { inert } from "./ending.ts";
import { inputFiles } from "./inputs.ts";
import { renderSummary } from "./summary.ts";

type Options = {
  readonly input: readonly string[];
  readonly companyProfile?: string;
  readonly outputDir: string;
  readonly json?: true;
  readonly quiet?: true;
  readonly setAside?: true;
  readonly qualityThreshold: string;
  readonly reportId?: string;
};

const exitOf = { ok: 0, warnings: 2, failed: 2 } as const;

/** `csrd run`: the six agents in one process, without a queue, a database or a network. */
export function register(program: Command): void {
  program
    .command("run")
    .description("turn activity data into an audited, tagged E1-6 statement")
    .option(
      "-i, --input <file>",
      "data file: CSV, JSON or XLSX with datapoints or activities; may be given several times",
      (path: string, before: readonly string[]) => [...before, path],
      [],
    )
    .option("-p, --company-profile <file>", "company.json")
    .option("-o, --output-dir <folder>", "where the report is written", "out")
    .option("--set-aside", "go on without rows that cannot be used, and write them to a file to fix")
    .option("--quality-threshold <0-100>", "lowest data quality that is not a warning", "80")
    .option("--report-id <id>", "the report's id; made up when left out")
    .option("--json", "one JSON object per line")
    .option("-q, --quiet", "say only what went wrong and the last line")
    .addHelpText(
      "after",
      "\nExit codes: 0 done · 1 refused or failed · 2 done, with warnings or not compliant\n\nExample:\n  csrd run -i data/samples/northlight-components/activities.csv -p data/samples/northlight-components/company.json -o out/northlight",
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const threshold = Number(options.qualityThreshold);
  if (!Number.isFinite(threshold) || threshold < 0 || threshold > 100)
    throw new CsrdError("csrd-usage", {
      summary: `${JSON.stringify(options.qualityThreshold)} is not a quality threshold.`,
      hint: "Give a number from 0 to 100.",
    });
  const reportId =
    options.reportId ??
    `CSRD-${new Date().toISOString().slice(0, 10).replaceAll("-", "")}-${randomUUID().slice(0, 8)}`;
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(reportId))
    throw new CsrdError("csrd-usage", {
      summary: "The report id holds characters that a file name cannot.",
      hint: "Use letters, digits, dot, dash and underscore.",
    });
  const artifacts = overlay(
    folderArtifacts({
      folder: resolve(options.outputDir),
      inputs: await inputFiles(options.input, options.companyProfile),
    }),
    {
      "settings.json": JSON.stringify({
        bad_rows: options.setAside === true ? "set-aside" : "refuse",
        quality_threshold: threshold,
      }),
    },
  );
  const stop = new AbortController();
  process.once("SIGINT", () => {
    stop.abort();
  });
  const say = options.json === true ? sayJson : options.quiet === true ? () => undefined : sayLines();
  const result = await runPipeline({
    reportId,
    artifacts,
    now: () => new Date(),
    log: logger(),
    signal: stop.signal,
    onStage: say,
  });
  if (options.json === true)
    process.stdout.write(
      `${JSON.stringify({ kind: "done", report_id: reportId, status: result.status, exit: exitOf[result.status], output: resolve(options.outputDir) })}\n`,
    );
  else
    process.stdout.write(await renderSummary(result, artifacts, options.outputDir, options.quiet === true));
  process.exitCode = exitOf[result.status];
}

function sayJson(event: StageEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** One line when a stage ends, with its own figures; on a terminal also what is going on. */
function sayLines(): (event: StageEvent) => void {
  return (event) => {
    if (event.kind !== "ended") return;
    const mark = { ok: "done", warnings: "look", failed: "FAIL" }[event.result.status];
    process.stdout.write(
      `${mark}  ${event.agent.padEnd(12)}${inert(event.result.summary)}  (${seconds(event.ms)})\n`,
    );
  };
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Log lines go nowhere unless asked for; `CSRD_LOG_LEVEL` sends them to stderr as JSON. */
function logger(): (level: LogLevel, message: string, context: Readonly<Record<string, unknown>>) => void {
  const least = process.env["CSRD_LOG_LEVEL"];
  const order: readonly LogLevel[] = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];
  const from = order.findIndex((level) => level === least);
  return (level, message, context) => {
    if (from >= 0 && order.indexOf(level) >= from)
      process.stderr.write(
        `${JSON.stringify({ timestamp: new Date().toISOString(), level, logger: "csrd_platform.pipeline", message, context })}\n`,
      );
  };
}

/** A finished run, for the summary. */
export type Finished = PipelineResult;
