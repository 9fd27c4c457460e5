import type { Command } from "commander";
import { columns } from "#platform/agents/intake-steps/columns.ts";
import { files, type Remark } from "#platform/agents/documents.ts";
import { CsrdError } from "#platform/errors.ts";
import { validateData, type ValidatedData } from "#platform/sdk.ts";
import { surroundings } from "./around.ts";
import { inert } from "./ending.ts";
import { type Options, settle, withOptions } from "./options.ts";

/** `csrd validate`: intake alone, with every problem listed; nothing is kept unless a folder is named. */
export function register(program: Command): void {
  withOptions(program.command("validate"), [
    "input",
    "companyProfile",
    "outputDir",
    "qualityThreshold",
    "config",
    "verbose",
    "quiet",
    "json",
  ])
    .description("check data and list every problem; writes nothing unless -o names a folder")
    .option("--columns", "list the columns of activity data")
    .addHelpText(
      "after",
      "\nExit codes: 0 every row can be used · 1 refused, or rows that cannot be used · 2 warnings",
    )
    .action(validate);
}

async function validate(options: Options & { readonly columns?: true }): Promise<void> {
  if (options.columns === true) {
    process.stdout.write(
      columns
        .map(
          ({ name, required, holds }) =>
            `${name.padEnd(22)}${required ? "required  " : "optional  "}${holds}\n`,
        )
        .join(""),
    );
    return;
  }
  const { config } = await settle(options);
  // One object at the end is the whole answer: no stage is told of.
  const { view, ...around } = surroundings(config, { quiet: true });
  const { outputDir: _, ...rest } = config;
  const found = await validateData({
    ...around,
    onStage: () => undefined,
    config: rest,
    esgData: config.input,
    companyProfile: config.companyProfile,
    ...(options.outputDir === undefined ? {} : { outputDir: options.outputDir }),
  })
    .catch((error: unknown) => {
      if (CsrdError.is(error) && error.code === "no-records" && options.json !== true) listRows(error);
      throw error;
    })
    .finally(() => view.end());
  const status = found.isValid ? found.status : "failed";
  process.exitCode = { ok: 0, warnings: 2, failed: 1 }[status];
  if (options.json === true) {
    const { counts, quality, rejected, warnings, remarkCounts } = found;
    process.stdout.write(
      `${JSON.stringify({ counts, quality, remark_counts: remarkCounts, rejected, warnings })}\n`,
    );
  } else process.stdout.write(text(found, options));
}

function text(found: ValidatedData, { quiet, outputDir }: Options): string {
  const { rejected, warnings, counts, remarkCounts, stages } = found;
  const listed = [
    ...rejected.map((one) => `reject  ${line(one)}`),
    ...warnings.map((one) => `look    ${line(one)}`),
  ];
  const all = Object.values(remarkCounts).reduce((sum, many) => sum + many, 0);
  return [
    ...(quiet === true ? [] : listed),
    ...(all > listed.length && quiet !== true
      ? [`and ${(all - listed.length).toLocaleString("en")} more of the same codes`]
      : []),
    ...(counts.rejected > 0 && outputDir !== undefined
      ? [`The rows to mend are in ${outputDir}/${files.rejected}; correct them and give that file.`]
      : []),
    `${stages[0]?.result.summary ?? ""}.`,
    "",
  ].join("\n");
}

/** Not one row can be used: intake refuses, and its details name the rows. */
function listRows(error: CsrdError): void {
  process.stdout.write(
    (error.details ?? "")
      .split("\n")
      .map((row) => `reject  ${inert(row.replace(/^Row/, "row"))}\n`)
      .join(""),
  );
}

function line({ input, row, column, sentence, hint, code, reason }: Remark): string {
  return inert(`${input} row ${row}, column ${column}: ${sentence} ${hint} [${code} ${reason}]`);
}
