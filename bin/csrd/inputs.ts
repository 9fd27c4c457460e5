import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { CsrdError } from "#platform/errors.ts";

/** The two files of a run as absolute paths; throws `input-missing` when one cannot be read. */
export async function inputFiles(
  input: string | undefined,
  company: string | undefined,
): Promise<Record<string, string>> {
  return {
    "input.csv": await present(input, "-i, --input", "activity CSV"),
    "company.json": await present(company, "-p, --company-profile", "company.json"),
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

/** Says the user's own file name where a stage says `input.csv`; other errors pass unchanged. */
export function underOwnName(error: unknown, input: string | undefined): unknown {
  if (!CsrdError.is(error) || input === undefined) return error;
  const name = basename(input).slice(0, 80);
  const summary = /^Row \d/.test(error.summary)
    ? `${name}, ${error.summary.charAt(0).toLowerCase()}${error.summary.slice(1)}`
    : error.summary.replaceAll("input.csv", name);
  return new CsrdError(error.code, { summary, hint: error.hint, details: error.details, cause: error });
}
