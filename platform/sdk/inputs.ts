import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { files } from "../agents/documents.ts";
import { CsrdError } from "../errors.ts";
import { plainName } from "../storage/report-files.ts";

/** Rows held by a program: objects with the columns of a data file as keys. */
type Rows = readonly Readonly<Record<string, unknown>>[];

/** Data as it is given: a path, several, or the rows themselves. */
export type EsgData = string | readonly string[] | Rows;
/** The company as it is given: the path of company.json, or what would stand in it. */
export type CompanyProfile = string | Readonly<Record<string, unknown>>;

/** Where the inputs of a report are read from: paths, and texts that are in no file. */
export type InputPlaces = {
  readonly inputs: Readonly<Record<string, string>>;
  readonly texts: Readonly<Record<string, string>>;
};

/** Gives every input its name in the report: data files under `inputs/`, each by its own name made safe and unique. Throws `csrd-usage` and `input-missing`. */
export async function inputPlaces(data: EsgData, company: CompanyProfile): Promise<InputPlaces> {
  const given: readonly unknown[] = typeof data === "string" ? [data] : data;
  const paths = given.filter((one) => typeof one === "string");
  if (given.length === 0 || paths.some((path) => path === "")) throw unnamed("data file", "-i, --input");
  const inputs: Record<string, string> = {};
  for (const path of paths) inputs[freeName(path, inputs)] = await present(path, "-i, --input");
  const texts: Record<string, string> = {};
  if (paths.length < given.length)
    texts[`${files.inputs}rows.json`] = JSON.stringify(given.filter((one) => typeof one !== "string"));
  if (company === "") throw unnamed("company.json", "-p, --company-profile");
  if (typeof company === "string") inputs[files.company] = await present(company, "-p, --company-profile");
  else texts[files.company] = JSON.stringify(company);
  return { inputs, texts };
}

/** `inputs/sites.csv`, or `inputs/2-sites.csv` where two files have the same name. */
function freeName(path: string, taken: Readonly<Record<string, string>>): string {
  const plain = plainName(basename(path));
  let name = `${files.inputs}${plain}`;
  for (let count = 2; Object.hasOwn(taken, name); count += 1) name = `${files.inputs}${count}-${plain}`;
  return name;
}

async function present(path: string, option: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() === true) return resolve(path);
  throw new CsrdError("input-missing", {
    summary:
      found === undefined ? `There is no file ${path.slice(0, 200)}.` : `${path.slice(0, 200)} is no file.`,
    hint: `Check the path given to ${option}.`,
  });
}

function unnamed(what: string, option: string): CsrdError {
  return new CsrdError("csrd-usage", {
    summary: `No ${what} is named.`,
    hint: `Name it with ${option} <file>, or in .csrd.yaml.`,
  });
}
