import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditCompliance, buildReport } from "#platform/sdk.ts";
import { sampleFile } from "../platform/samples/sample-data.ts";
import { type Mutation, wrongFigures, wrongTags } from "./mutations.ts";
import { differences } from "./oim.ts";
import { differences as verdictDifferences, ourVerdicts, theirVerdicts } from "./verdicts.ts";

/**
 * Holds the sample reports against an independent XBRL validator.
 * CSRD_XBRL_VALIDATOR is a command that takes the report's path as its last argument, knows the taxonomy package and that of ISO 3166, runs calculation
 * (Calculations 1.1, round to nearest), unit registry and formula checks, and prints one message per line, each beginning with its code in brackets,
 * and, per assertion of the taxonomy, how often it was satisfied (Arelle: --formulaAsserResultCounts). Where `{json}` stands in it, the path of a file is put to which it shall write the report's facts as xBRL-JSON.
 */
const command = process.env["CSRD_XBRL_VALIDATOR"];
const minutes = 60_000;
const data = ["esg_data.csv", "disclosures.json", "activities.csv"];
const samples: Readonly<Record<string, readonly string[]>> = {
  "northlight-components": ["activities.csv"],
  "vesterlund-instrumenter": data,
  "lavre-texteis": data,
  "morgenau-coatings": data,
};
const exports = command?.includes("{json}") === true;

/** A message of the validator. */
type Message = { readonly code: string; readonly text: string };
/** What the validator said about a report: all that it printed, its messages, and their codes. */
type Said = {
  readonly printed: string;
  readonly messages: readonly Message[];
  readonly codes: ReadonlySet<string>;
};

async function saidOf(report: string): Promise<Said> {
  const [file = "", ...words] = (command ?? "")
    .split(" ")
    .map((word) => word.replaceAll("{json}", `${report}.json`));
  const { stdout, stderr } = await execa(file, [...words, report], { reject: false });
  const printed = `${stdout}\n${stderr}`;
  const messages = [...printed.matchAll(/^\[([^\]\s]+)\] ?(.*)$/gm)].map(([, code = "", text = ""]) => ({
    code: code.replace(/^message:/, ""),
    text,
  }));
  if (messages.length === 0) throw new Error("the validator said nothing; check the command");
  const told = messages.filter(({ code }) => !/^(?:info|formula:)/.test(code));
  return { printed, messages: told, codes: new Set(told.map(({ code }) => code)) };
}
const isAssertion = (code: string): boolean => /^(?:ea_|va_|valueAssertion_)/.test(code);

/** Our audit's verdict on each assertion of the taxonomy, as it stands in a report's folder. */
const ours = async (folder: string): Promise<ReturnType<typeof ourVerdicts>> =>
  ourVerdicts(
    JSON.parse(await readFile(join(folder, "intermediate/06_compliance_audit.json"), "utf8")) as Parameters<
      typeof ourVerdicts
    >[0],
  );

/** An xBRL-JSON document. */
const factsIn = async (path: string): Promise<Parameters<typeof differences>[0]> =>
  JSON.parse(await readFile(path, "utf8")) as Parameters<typeof differences>[0];

describe.skipIf(command === undefined)(
  "an independent XBRL validator (runs where CSRD_XBRL_VALIDATOR names one)",
  () => {
    let folder = "";
    const told = new Map<string, Promise<Said>>();
    const validated = (report: string): Promise<Said> => {
      const known = told.get(report) ?? saidOf(report);
      told.set(report, known);
      return known;
    };
    const reportOf = (sample: string): string => join(folder, sample, "report.xhtml");

    /** A copy of a sample's report with mistakes in it; each of them must change something. */
    async function broken(name: string, sample: string, mutations: readonly Mutation[]): Promise<string> {
      await cp(join(folder, sample), join(folder, name), { recursive: true });
      let xhtml = await readFile(reportOf(sample), "utf8");
      for (const mutation of mutations) {
        const changed = mutation.change(xhtml);
        if (changed === xhtml) throw new Error(`nothing was changed by: ${mutation.name}`);
        xhtml = changed;
      }
      await writeFile(reportOf(name), xhtml);
      return reportOf(name);
    }

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "csrd-xbrl-"));
      for (const [sample, files] of Object.entries(samples))
        await buildReport({
          esgData: files.map((file) => sampleFile(sample, file)),
          companyProfile: sampleFile(sample, "company.json"),
          outputDir: join(folder, sample),
        });
      await broken("wrong-figures", "morgenau-coatings", wrongFigures);
      await broken("wrong-tags", "vesterlund-instrumenter", wrongTags);
    }, 2 * minutes);
    afterAll(() => rm(folder, { recursive: true, force: true }));

    describe.for(Object.keys(samples))("about %s", (sample) => {
      test("finds no fault of syntax, tagging, dimension, calculation or unit", {
        timeout: 15 * minutes,
      }, async () => {
        const { codes } = await validated(reportOf(sample));

        expect([...codes].filter((code) => !isAssertion(code))).toEqual([]);
      });

      test("and our audit give the same verdict on every assertion of the taxonomy", {
        timeout: 15 * minutes,
      }, async () => {
        const { printed } = await validated(reportOf(sample));
        const found = await verdictDifferences(await ours(join(folder, sample)), theirVerdicts(printed));

        expect(theirVerdicts(printed).size).toBeGreaterThanOrEqual(1052);
        expect(found.filter(({ because }) => because === undefined)).toEqual([]);
      });

      test("finds every value assertion satisfied", { timeout: 15 * minutes }, async () => {
        const { codes } = await validated(reportOf(sample));

        expect([...codes].filter((code) => isAssertion(code) && !code.startsWith("ea_"))).toEqual([]);
      });

      test.skipIf(!exports)(
        "reads the same facts (runs where CSRD_XBRL_VALIDATOR contains {json})",
        {
          timeout: 15 * minutes,
        },
        async () => {
          await validated(reportOf(sample));

          expect(
            differences(
              await factsIn(join(folder, sample, "report.xbrl.json")),
              await factsIn(`${reportOf(sample)}.json`),
            ),
          ).toEqual([]);
        },
      );
    });

    test.for([
      ...wrongFigures.map(
        (mutation) => ["morgenau-coatings", "wrong-figures", mutation.name, mutation] as const,
      ),
      ...wrongTags.map(
        (mutation) => ["vesterlund-instrumenter", "wrong-tags", mutation.name, mutation] as const,
      ),
    ])(
      "names the mistake in %s (%s): %s",
      { timeout: 15 * minutes },
      async ([sample, name, , { code, about = /^/ }]) => {
        const meant = ({ messages }: Said): readonly string[] =>
          messages.filter((one) => code.test(one.code) && about.test(one.text)).map(({ text }) => text);

        expect(meant(await validated(reportOf(sample)))).toEqual([]);
        expect(meant(await validated(reportOf(name)))).not.toEqual([]);
      },
    );

    test("and our audit agree about the figures that were made wrong", {
      timeout: 15 * minutes,
    }, async () => {
      const { printed } = await validated(reportOf("wrong-figures"));
      await auditCompliance({ report: join(folder, "wrong-figures") });
      const found = await verdictDifferences(
        await ours(join(folder, "wrong-figures")),
        theirVerdicts(printed),
      );

      expect(found.filter(({ because }) => because === undefined)).toEqual([]);
    });
  },
);
