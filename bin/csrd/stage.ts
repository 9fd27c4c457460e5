import type { Command } from "commander";
import { paint } from "#kit/render/palette.ts";
import type { Screen } from "#kit/render/screen.ts";
import { mark } from "#kit/render/states.ts";
import { clean, hang } from "#kit/render/width.ts";
import { lastDay } from "#rules/fact.ts";
import { keyFigures } from "#platform/sdk/key-figures.ts";
import {
  aggregateFrameworks,
  assessMateriality,
  auditCompliance,
  calculateMetrics,
  type Done,
  type FromData,
  type FromReport,
  generateReport,
} from "#platform/sdk.ts";
import { commandLine, figureLines, listed, shortPath, verdictLines } from "#platform/sdk/summary.ts";
import { exitOf, surroundings } from "./around.ts";
import { type Options, settle, withOptions } from "./options.ts";
import { print, terminal } from "./terminal.ts";

/** The commands that carry out one stage of a report. */
export type StageVerb = "materialize" | "calculate" | "aggregate" | "report" | "audit";

type Verb = {
  readonly about: string;
  /** Does the work and tells it, as lines for people. */
  readonly work: (
    request: FromData | FromReport,
  ) => Promise<{ readonly done: Done; readonly lines: (screen: Screen) => readonly string[] }>;
};

const verbs: Readonly<Record<StageVerb, Verb>> = {
  materialize: {
    about: "assess which topics are material",
    work: async (request) => {
      const done = await assessMateriality(request);
      return {
        done,
        lines: (screen) => [
          ...done.topics.map(({ standard, topic, impact, financial, material }) =>
            [
              `  ${standard.padEnd(4)}${clean(topic, 40).padEnd(32)}`,
              `impact ${impact.score.toFixed(1)}  financial ${financial.score.toFixed(1)}  `,
              paint(screen, material ? "strong" : "muted", material ? "material" : "not material"),
            ].join(""),
          ),
          ...(done.notAssessed.length > 0 ? [`  Not assessed: ${done.notAssessed.join(", ")}`] : []),
          ...hang(screen, "  ", clean(done.notice, 400), "muted"),
        ],
      };
    },
  },
  calculate: {
    about: "calculate every figure that the data allow",
    work: async (request) => {
      const done = await calculateMetrics(request);
      const end = done.metrics.reduce(
        (last, { period }) => (lastDay(period) > last ? lastDay(period) : last),
        "",
      );
      return {
        done,
        lines: (screen) =>
          figureLines(screen, keyFigures(done.metrics, end), done.metrics.length, shortPath(done.outputDir)),
      };
    },
  },
  aggregate: {
    about: "sort the figures by the other laws that ask for them",
    work: async (request) => {
      const done = await aggregateFrameworks(request);
      return {
        done,
        lines: (screen) =>
          done.frameworks.flatMap(({ name, entries }) =>
            hang(
              screen,
              "  ",
              `${clean(name, 200)}: ${entries.length} of the report's figures and statements`,
            ),
          ),
      };
    },
  },
  report: {
    about: "write the inline XBRL statement, its package and report.json",
    work: async (request) => {
      const done = await generateReport(request);
      return { done, lines: () => done.wrote.map((name) => `  ${shortPath(done.outputDir)}/${name}`) };
    },
  },
  audit: {
    about: "judge a finished report by every rule that concerns it",
    work: async (request) => {
      const done = await auditCompliance(request);
      return { done, lines: (screen) => verdictLines(screen, done.verdict) };
    },
  },
};

/** Registers one of them. */
export function stageCommand(name: StageVerb): { readonly register: (program: Command) => void } {
  return {
    register: (program) => {
      withOptions(program.command(name), [
        "report",
        "input",
        "companyProfile",
        "outputDir",
        ...(name === "report" ? (["format"] as const) : []),
        ...(name === "materialize"
          ? (["impactThreshold", "financialThreshold", "llmProvider", "llmModel"] as const)
          : []),
        ...(name === "audit" ? (["law"] as const) : []),
        "setAside",
        "config",
        "verbose",
        "quiet",
        "json",
      ])
        .description(verbs[name].about)
        .addHelpText(
          "after",
          `\nOn an earlier report: csrd ${name} -r out/   (or -i with a file in it, such as out/intermediate/01_intake_validated.json)\nFrom data, with the stages before it: csrd ${name} -i data.csv -p company.json -o out/\n\nExit codes: 0 done · 1 refused or failed, nothing published · 2 done, with warnings${name === "audit" ? " or not compliant" : ""}`,
        )
        .action((options: Options) => perform(name, options));
    },
  };
}

async function perform(name: StageVerb, options: Options): Promise<void> {
  const { config } = await settle(options);
  const json = options.json === true;
  const { view, ...around } = surroundings(config, { quiet: json || options.quiet === true });
  const from = earlier(options, config.outputDir);
  const { done, lines } = await verbs[name]
    .work(
      from === undefined
        ? {
            ...around,
            esgData: config.input,
            companyProfile: config.companyProfile,
            outputDir: config.outputDir,
          }
        : {
            ...around,
            report: from,
            ...(options.outputDir === undefined ? {} : { outputDir: options.outputDir }),
          },
    )
    .finally(() => view.end());
  process.exitCode = exitOf[done.status];
  if (json) {
    process.stdout.write(`${JSON.stringify(done)}\n`);
    return;
  }
  const { screen } = terminal();
  const warnings = done.stages.flatMap(({ agent, result }) =>
    result.warnings.map((warning) => `${agent}: ${warning}`),
  );
  if (options.quiet !== true)
    print([
      ...lines(screen),
      ...listed(screen, paint(screen, "strong", "To look at"), warnings, `all in ${done.outputDir}`),
    ]);
  else print(warnings.map((warning) => clean(warning, 400)));
  if (done.outdated.length > 0)
    print([
      ...hang(
        screen,
        mark(screen, "stale"),
        `Now older than what they stand on: ${done.outdated.join(", ")}. Run them again:`,
      ),
      ...done.outdated.flatMap((stage) =>
        commandLine(screen, "", `csrd ${verbOf[stage] ?? stage} -r ${shortPath(done.outputDir)}`),
      ),
    ]);
}

const verbOf: Readonly<Record<string, string>> = {
  materiality: "materialize",
  calculator: "calculate",
  aggregator: "aggregate",
  reporting: "report",
  audit: "audit",
};

/** The earlier report that is meant: `-r`, or a document of one given as `-i`; without either, the output folder. Undefined when data are given. */
function earlier(options: Options, outputDir: string): string | undefined {
  if (options.report !== undefined) return options.report;
  const [only, ...more] = options.input ?? [];
  if (only === undefined) return options.companyProfile === undefined ? outputDir : undefined;
  const isDocument = more.length === 0 && options.companyProfile === undefined;
  return isDocument ? only : undefined;
}
