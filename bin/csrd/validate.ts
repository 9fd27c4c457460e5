import { tmpdir } from "node:os";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { columns } from "#platform/agents/intake-steps/columns.ts";
import { files, IntakeDocument, readDocument, type Remark } from "#platform/agents/documents.ts";
import { intake } from "#platform/agents/intake.ts";
import { CsrdError } from "#platform/errors.ts";
import { folderArtifacts } from "#platform/pipeline/folder-artifacts.ts";
import { overlay } from "#platform/pipeline/overlay.ts";
import { inert } from "./ending.ts";
import { inputFiles } from "./inputs.ts";

type Options = {
  readonly input: readonly string[];
  readonly companyProfile?: string;
  readonly json?: true;
  readonly columns?: true;
};

/** `csrd validate`: intake alone, with every problem listed; nothing is kept. */
export function register(program: Command): void {
  program
    .command("validate")
    .description("check activity data and list every problem; writes nothing")
    .option(
      "-i, --input <file>",
      "data file; may be given several times",
      (path: string, before: readonly string[]) => [...before, path],
      [],
    )
    .option("-p, --company-profile <file>", "company.json")
    .option("--columns", "list the columns of the activity CSV")
    .option("--json", "one JSON object")
    .action(validate);
}

async function validate(options: Options): Promise<void> {
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
  const folder = await mkdtemp(join(tmpdir(), "csrd-validate-"));
  try {
    const artifacts = overlay(
      folderArtifacts({ folder, inputs: await inputFiles(options.input, options.companyProfile) }),
      { "settings.json": '{"bad_rows":"set-aside"}' },
    );
    const result = await intake.run({
      reportId: "validate",
      artifacts,
      now: () => new Date(),
      log: () => undefined,
    });
    const document = await readDocument(artifacts, files.intake, IntakeDocument);
    const { counts, quality, rejected, warnings } = document;
    if (options.json === true)
      process.stdout.write(`${JSON.stringify({ counts, quality, rejected, warnings })}\n`);
    else
      process.stdout.write(
        [
          ...rejected.map((one) => `reject  ${line(one)}`),
          ...warnings.map((one) => `look    ${line(one)}`),
          `${result.summary}.`,
          "",
        ].join("\n"),
      );
    const first = rejected[0];
    process.exitCode = first !== undefined ? 1 : result.status === "warnings" ? 2 : 0;
  } catch (error) {
    if (CsrdError.is(error) && error.code === "no-records" && options.json !== true)
      process.stdout.write(
        (error.details ?? "")
          .split("\n")
          .map((row) => `reject  ${inert(row.replace(/^Row/, "row"))}\n`)
          .join(""),
      );
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function line({ row, column, sentence, hint, code }: Remark): string {
  return inert(`row ${row}, column ${column}: ${sentence} ${hint} [${code}]`);
}
