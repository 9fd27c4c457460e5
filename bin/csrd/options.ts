import { stat } from "node:fs/promises";
import { type Command, Option } from "commander";
import type { Given, Resolved, SettingName } from "#platform/config.ts";
import { resolveConfig } from "#platform/config.ts";

/** What commands share, as commander hands it over. */
export type Options = {
  readonly input?: readonly string[];
  readonly companyProfile?: string;
  readonly outputDir?: string;
  readonly format?: string;
  readonly setAside?: true;
  readonly qualityThreshold?: string;
  readonly impactThreshold?: string;
  readonly financialThreshold?: string;
  readonly law?: string;
  readonly llmProvider?: string;
  readonly llmModel?: string;
  readonly skipMateriality?: true;
  readonly skipAudit?: true;
  readonly parallelAgents?: true;
  readonly maxWorkers?: string;
  readonly config?: string;
  readonly report?: string;
  readonly reportId?: string;
  readonly verbose?: true;
  readonly quiet?: true;
  readonly json?: true;
};

type Name = Exclude<keyof Options, "reportId">;

const several = (path: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  path,
];

const options: Readonly<Record<Name, () => Option>> = {
  input: () =>
    new Option(
      "-i, --input <file>",
      "data file: CSV, JSON or XLSX with datapoints or activities; give it again for more",
    ).argParser(several),
  companyProfile: () => new Option("-p, --company-profile <file>", "company.json"),
  outputDir: () => new Option("-o, --output-dir <folder>", "where results are written (default: out)"),
  report: () => new Option("-r, --report <folder>", "an earlier report's folder, or a file in it"),
  format: () => new Option("--format <xbrl|json|both>", "which documents are kept (default: both)"),
  setAside: () =>
    new Option("--set-aside", "go on without rows that cannot be used, and write them to a file to mend"),
  qualityThreshold: () =>
    new Option("--quality-threshold <0-100>", "lowest data quality that is no warning (default: 80)"),
  impactThreshold: () => new Option("--impact-threshold <0-10>", "score from which impact is material"),
  financialThreshold: () => new Option("--financial-threshold <0-10>", "score from which risks are material"),
  law: () =>
    new Option("--law <profile>", "state of the law to judge by (default: that of the reporting period)"),
  llmProvider: () =>
    new Option(
      "--llm-provider <names>",
      "who proposes what is material: offline, openai, anthropic, chain, or names (default: offline)",
    ),
  llmModel: () => new Option("--llm-model <id>", "model id of the first language model"),
  skipMateriality: () =>
    new Option("--skip-materiality", "use the assessment that the output folder already holds"),
  skipAudit: () => new Option("--skip-audit", "do without the audit; the report is not called compliant"),
  parallelAgents: () => new Option("--parallel-agents", "agents that do not need each other work together"),
  maxWorkers: () => new Option("--max-workers <1-6>", "how many agents together (default: 2)"),
  config: () => new Option("-c, --config <file>", "settings (default: .csrd.yaml, where there is one)"),
  verbose: () => new Option("-v, --verbose", "log lines to stderr, as JSON"),
  quiet: () => new Option("-q, --quiet", "say only what went wrong and the last line"),
  json: () => new Option("--json", "JSON instead of text"),
};

/** Gives a command some of the shared options, in that order. */
export function withOptions(command: Command, names: readonly Name[]): Command {
  for (const name of names) command.addOption(options[name]());
  return command;
}

/** The settings that a command line, the environment and `.csrd.yaml` make together; throws `config-invalid`. */
export async function settle(given: Options): Promise<Resolved & { readonly path: string | undefined }> {
  const path = await configPath(given.config);
  const file: Given =
    path === undefined ? new Map() : await (await import("#platform/config/file.ts")).configFile(path);
  return { ...resolveConfig(typed(given), process.env, file), path };
}

/** The file that settings are read from: as asked, else by `CSRD_CONFIG`, else `.csrd.yaml` here when there is one. */
export async function configPath(asked: string | undefined): Promise<string | undefined> {
  const named = asked ?? process.env["CSRD_CONFIG"];
  if (named !== undefined && named !== "") return named;
  const found = await stat(standardPath).catch(() => undefined);
  return found === undefined ? undefined : standardPath;
}

/** Where settings are looked for when nobody says otherwise. */
export const standardPath = ".csrd.yaml";

function typed(given: Options): Given {
  const places: readonly (readonly [SettingName, string, unknown])[] = [
    ["input", "--input", given.input],
    ["companyProfile", "--company-profile", given.companyProfile],
    ["outputDir", "--output-dir", given.outputDir],
    ["format", "--format", given.format],
    ["badRows", "--set-aside", given.setAside === true ? "set-aside" : undefined],
    ["qualityThreshold", "--quality-threshold", given.qualityThreshold],
    ["impactMaterialityThreshold", "--impact-threshold", given.impactThreshold],
    ["financialMaterialityThreshold", "--financial-threshold", given.financialThreshold],
    ["law", "--law", given.law],
    ["llmProvider", "--llm-provider", given.llmProvider],
    ["llmModel", "--llm-model", given.llmModel],
    ["skipMateriality", "--skip-materiality", given.skipMateriality],
    ["skipAudit", "--skip-audit", given.skipAudit],
    ["parallelAgents", "--parallel-agents", given.parallelAgents],
    ["maxWorkers", "--max-workers", given.maxWorkers],
    ["logLevel", "--verbose", given.verbose === true ? "INFO" : undefined],
  ];
  return new Map(
    places.flatMap(([name, where, value]) =>
      value === undefined ? [] : [[name, { value, where }] as const],
    ),
  );
}
