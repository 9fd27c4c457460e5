import type { Command } from "commander";
import { quietLines, summaryLines } from "#platform/sdk/summary.ts";
import { buildReport } from "#platform/sdk.ts";
import { exitOf, surroundings } from "./around.ts";
import { type Options, settle, withOptions } from "./options.ts";
import { print, terminal } from "./terminal.ts";

/** `csrd run`: the six agents in one process, without a queue, a database or a network. */
export function register(program: Command): void {
  withOptions(program.command("run"), [
    "input",
    "companyProfile",
    "outputDir",
    "format",
    "setAside",
    "qualityThreshold",
    "impactThreshold",
    "financialThreshold",
    "law",
    "llmProvider",
    "llmModel",
    "skipMateriality",
    "skipAudit",
    "parallelAgents",
    "maxWorkers",
    "config",
    "verbose",
    "quiet",
    "json",
  ])
    .description("turn a company's data into an audited, tagged ESRS statement")
    .option("--report-id <id>", "the report's id; made up when left out")
    .addHelpText(
      "after",
      "\nExit codes: 0 done · 1 refused or failed, nothing published · 2 done, with warnings, not audited or not compliant\n\nExample:\n  csrd run -i data/samples/northlight-components/activities.csv -p data/samples/northlight-components/company.json -o out/northlight",
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { config } = await settle(options);
  const { view, ...around } = surroundings(config, options);
  const report = await buildReport({
    ...around,
    esgData: config.input,
    companyProfile: config.companyProfile,
    outputDir: config.outputDir,
    ...(options.reportId === undefined ? {} : { reportId: options.reportId }),
  }).finally(() => view.end());
  const exit = report.audit === undefined ? 2 : exitOf[report.status];
  process.exitCode = exit;
  if (options.json === true) {
    const { reportId, status, outputDir, isCompliant, isAuditReady } = report;
    process.stdout.write(
      `${JSON.stringify({ kind: "done", report_id: reportId, status, exit, output: outputDir, is_compliant: isCompliant, is_audit_ready: isAuditReady, wrote: report.wrote })}\n`,
    );
    return;
  }
  const { screen } = terminal();
  if (options.quiet === true) print(quietLines(screen, report));
  else print(summaryLines(screen, report));
}
