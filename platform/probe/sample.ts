import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { CsrdError } from "../errors.ts";

/** A company's data as they are sent: the data files, and the company as JSON. */
export type Sample = {
  readonly data: readonly { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[];
  readonly company: string;
};

/** The made-up companies that are shipped, smallest first; each is a real report. */
export const sampleNames = [
  "northlight-components",
  "vesterlund-instrumenter",
  "lavre-texteis",
  "morgenau-coatings",
] as const;
export type SampleName = (typeof sampleNames)[number];

const shipped = path.join(import.meta.dirname, "../../data/samples");
const Company = z.looseObject({ legal_name: z.string() });

/** A shipped company's data under a name that says what it is: `label` stands before the company's own name, in every document made of it. */
export async function loadSample(name: SampleName, label: string): Promise<Sample> {
  const folder = path.join(shipped, name);
  try {
    const files = (await readdir(folder)).filter((file) => /\.(csv|json|xlsx)$/.test(file)).toSorted();
    const company = Company.parse(JSON.parse(await readFile(path.join(folder, "company.json"), "utf8")));
    const data = files
      .filter((file) => file !== "company.json")
      .map(async (file) => ({ name: file, bytes: new Uint8Array(await readFile(path.join(folder, file))) }));
    return {
      data: await Promise.all(data),
      company: `${JSON.stringify({ ...company, legal_name: `${label}: ${company.legal_name}` })}\n`,
    };
  } catch (cause) {
    throw new CsrdError("input-missing", {
      summary: `The sample ${name} cannot be read.`,
      hint: "It is shipped in data/samples; restore it from the repository.",
      cause,
    });
  }
}
