import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { files } from "#platform/agents/documents.ts";
import { CsrdError } from "#platform/errors.ts";
import { plainName } from "#platform/storage/report-files.ts";

/** The files of a run as absolute paths, each data file under `inputs/` by its own name made safe and unique; throws `input-missing` when one cannot be read. */
export async function inputFiles(
  inputs: readonly string[],
  company: string | undefined,
): Promise<Record<string, string>> {
  if (inputs.length === 0) await present(undefined, "-i, --input", "data file");
  const named: Record<string, string> = {};
  for (const input of inputs) {
    const path = await present(input, "-i, --input", "data file");
    named[freeName(plainName(basename(path)), named)] = path;
  }
  return { ...named, [files.company]: await present(company, "-p, --company-profile", "company.json") };
}

/** `sites.csv`, or `2-sites.csv` where two files have the same name. */
function freeName(plain: string, taken: Readonly<Record<string, string>>): string {
  let name = `${files.inputs}${plain}`;
  for (let count = 2; Object.hasOwn(taken, name); count += 1) name = `${files.inputs}${count}-${plain}`;
  return name;
}

async function present(path: string | undefined, option: string, what: string): Promise<string> {
  if (path === undefined)
    throw new CsrdError("csrd-usage", {
      summary: `No ${what} is named.`,
      hint: `Name it with ${option} <file>.`,
    });
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() === true) return resolve(path);
  throw new CsrdError("input-missing", {
    summary: `There is no file ${path}.`,
    hint: `Check the path given to ${option}.`,
  });
}
