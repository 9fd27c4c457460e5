import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { CsrdError } from "#platform/errors.ts";

/** The two files of a run as absolute paths; throws `input-missing` when one cannot be read. */
export async function inputFiles(
  input: string | undefined,
  company: string | undefined,
): Promise<Record<string, string>> {
  return {
    "input.csv": await present(input, "-i, --input", "activity CSV"),
    "company.json": await present(company, "-p, --company", "company.json"),
  };
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
