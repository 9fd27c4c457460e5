import type { Command } from "commander";
import { isCodedError } from "#kit/errors.ts";
import { clean } from "#kit/render/width.ts";
import { CsrdError } from "#platform/errors.ts";
import { keeperSettings } from "#platform/service/settings.ts";
import type { Database } from "#platform/storage/database.ts";
import type { LineageQuestion, LineageUse } from "#platform/storage/lineage.ts";
import { print } from "./terminal.ts";
import { withDatabase } from "./with-database.ts";

type Options = {
  readonly factor?: string;
  readonly formula?: string;
  readonly report?: string;
  readonly datapoint?: string;
  readonly tenant?: string;
  readonly limit: string;
  readonly rebuild?: true;
  readonly json?: true;
};

/** `csrd lineage`: over all reports, what was made from what. */
export function register(program: Command): void {
  program
    .command("lineage")
    .description("ask over all reports: which used a factor or formula, and what a figure was made from")
    .option("--factor <id>", "the reports and figures that used an emission factor")
    .option("--formula <name>", "the reports and figures that a formula made, with its version")
    .option("--report <id>", "what the figures of a report were made from")
    .option(
      "--datapoint <code>",
      "with --report: one figure, by figure id, concept or datapoint id (E1-6_07)",
    )
    .option("--tenant <name>", "only this tenant's reports")
    .option("--limit <count>", "most lines", "200")
    .option("--rebuild", "build the index anew from the reports' files; with --report, of that one")
    .option("--json", "one JSON object")
    .addHelpText(
      "after",
      "\nA report is indexed when it is completed. `csrd explain` shows one report's figure down to its rows.",
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const limit = Math.trunc(Number(options.limit));
  const asked = [options.factor, options.formula, options.report].filter((one) => one !== undefined);
  const isRight =
    limit >= 1 &&
    limit <= 100_000 &&
    (options.rebuild === true || asked.length === 1) &&
    (options.datapoint === undefined || options.report !== undefined);
  if (!isRight)
    throw new CsrdError("csrd-usage", {
      summary: "csrd lineage asks one thing at a time.",
      hint: "Give --factor ID, --formula NAME, --report ID with or without --datapoint CODE, or --rebuild.",
    });
  await withDatabase("lineage", process.env, async (database) => {
    if (options.rebuild === true) return rebuild(database, options);
    const { findLineage } = await import("#platform/storage/lineage.ts");
    const uses = await findLineage(database, await questionOf(options), { tenant: options.tenant, limit });
    if (options.json === true) print([JSON.stringify({ uses })]);
    else print(uses.length === 0 ? ["The index has nothing of it."] : lines(uses, limit));
  });
}

async function questionOf({ factor, formula, report, datapoint }: Options): Promise<LineageQuestion> {
  if (factor !== undefined) return { factor };
  if (formula !== undefined) return { formula };
  return { report: report ?? "", figures: datapoint === undefined ? undefined : await figuresOf(datapoint) };
}

/** What a word means: itself, and the concepts of a datapoint id. */
async function figuresOf(datapoint: string): Promise<readonly string[]> {
  const [{ loadCatalogue }, { lookupOf }] = await Promise.all([
    import("#platform/catalogue/load.ts"),
    import("#platform/catalogue/lookup.ts"),
  ]);
  const lookup = lookupOf(await loadCatalogue());
  return [datapoint, ...lookup.conceptsOf(datapoint).map(({ concept }) => concept)];
}

function lines(uses: readonly LineageUse[], limit: number): readonly string[] {
  const heading = ({ report, tenant }: LineageUse): string => `${report}  ${clean(tenant, 60)}`;
  return [
    ...uses.flatMap((use, index) => {
      const before = uses[index - 1];
      const isNew = before === undefined || before.report !== use.report;
      return [...(isNew ? [...(before === undefined ? [] : [""]), heading(use)] : []), `  ${line(use)}`];
    }),
    ...(uses.length === limit ? ["", `Only the first ${limit}; --limit shows more.`] : []),
  ];
}

function line({ figure, kind, source, version, input, rows, firstRow, lastRow }: LineageUse): string {
  const from = {
    factor: `factor ${source}${version === undefined ? "" : `, formula version ${version}`}`,
    rows: `rows with ${source}`,
    formula: `formula ${source}${version === undefined ? "" : ` version ${version}`}`,
    figure: `figure ${source}`,
  }[kind];
  const where =
    input === undefined
      ? ""
      : `  ${input}, ${rows === 1 ? `row ${firstRow}` : `${rows} rows from ${firstRow} to ${lastRow}`}`;
  return clean(`${figure}  ${from}${where}`, 1_000);
}

/** Goes on past reports whose files are gone or broken, and names them. */
async function rebuild(database: Database, { report, json }: Options): Promise<void> {
  const settings = keeperSettings("lineage --rebuild", process.env);
  const [{ indexLineage }, { listIndexable }, { openFiles }] = await Promise.all([
    import("#platform/storage/lineage-index.ts"),
    import("#platform/storage/lineage.ts"),
    import("#platform/storage/open-files.ts"),
  ]);
  const { files } = openFiles(settings);
  const failed: { report: string; sentence: string }[] = [];
  let indexed = 0;
  const index = async (id: string): Promise<void> => {
    try {
      await indexLineage(database, files.of(id), id);
      indexed += 1;
    } catch (error) {
      if (!isCodedError(error)) throw error;
      failed.push({ report: id, sentence: error.summary });
    }
  };
  if (report !== undefined) await index(report);
  else
    for (let page = await listIndexable(database, "", 100); page.length > 0; ) {
      for (const id of page) await index(id);
      page = await listIndexable(database, page.at(-1) ?? "", 100);
    }
  process.exitCode = failed.length > 0 ? 2 : 0;
  if (json === true) print([JSON.stringify({ indexed, failed })]);
  else
    print([
      ...failed.map((one) => `${one.report}: ${clean(one.sentence, 300)}`),
      `Indexed ${indexed} ${indexed === 1 ? "report" : "reports"}.`,
    ]);
}
