import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildReport } from "#platform/sdk.ts";

/**
 * Holds the sample report against an independent XBRL validator.
 * CSRD_XBRL_VALIDATOR is a command that takes the report's path as its last argument, knows the taxonomy package,
 * runs calculation (Calculations 1.1), unit and formula checks, and prints one message per line, each beginning with its code in brackets.
 */
const command = process.env["CSRD_XBRL_VALIDATOR"];
const sample = new URL("../../data/samples/northlight-components/", import.meta.url).pathname;
const minutes = 60_000;

/** Message codes that the validator gave, in order. */
async function codesFor(path: string): Promise<readonly string[]> {
  const [file = "", ...words] = (command ?? "").split(" ");
  const { stdout, stderr } = await execa(file, [...words, path], { reject: false });
  const codes = [...`${stdout}\n${stderr}`.matchAll(/^\[([^\]\s]+)\]/gm)].map(([, code = ""]) =>
    code.replace(/^message:/, ""),
  );
  if (codes.length === 0) throw new Error("the validator said nothing; check the command");
  return codes.filter((code) => !code.startsWith("info"));
}

const isExistence = (code: string): boolean => code.startsWith("ea_");

describe.skipIf(command === undefined)(
  "an independent XBRL validator (runs where CSRD_XBRL_VALIDATOR names one)",
  () => {
    let folder = "";
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "csrd-xbrl-"));
      await buildReport({
        input: join(sample, "activities.csv"),
        company: join(sample, "company.json"),
        output: folder,
      });
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    test("finds no fault of syntax, tagging, calculation, dimension, unit or value", {
      timeout: 5 * minutes,
    }, async () => {
      const codes = await codesFor(join(folder, "report.xhtml"));
      const { rule_results } = JSON.parse(
        await readFile(join(folder, "intermediate/06_compliance_audit.json"), "utf8"),
      );
      const ours: ReadonlyMap<string, string> = new Map(
        rule_results.map(({ rule_id, status }: { rule_id: string; status: string }) => [rule_id, status]),
      );
      const missing = codes.filter(isExistence);

      expect(codes.filter((code) => !isExistence(code))).toEqual([]);
      // One to one: of the existence assertions about E1-6, those it misses are those our audit calls not applicable.
      expect(missing.filter((id) => ours.has(id)).toSorted()).toEqual(
        [...ours]
          .filter(([id, status]) => id.startsWith("ea_") && status !== "pass")
          .map(([id]) => id)
          .toSorted(),
      );
    });

    test.for([
      [
        "a total that does not add up",
        (xhtml: string) =>
          xhtml.replace(
            /(name="esrs:MarketBasedGreenhouseGasEmissions" contextRef="year" [^>]*>)(\d)/,
            (_, open: string, digit: string) => `${open}${(Number(digit) % 9) + 1}`,
          ),
        /^calc11e:inconsistentCalculation/,
      ],
      [
        "a concept that does not exist",
        (xhtml: string) =>
          xhtml.replace("esrs:GrossScope1GreenhouseGasEmissions", "esrs:GrossScope1Emissions"),
        /^ix11\.12\.1\.2:missingReferences|missing/i,
      ],
      [
        "a unit of another scale",
        (xhtml: string) =>
          xhtml.replace(
            "<xbrli:measure>utr:tCO2e</xbrli:measure></xbrli:unit>",
            "<xbrli:measure>utr:ktCO2e</xbrli:measure></xbrli:unit>",
          ),
        /^va_ghgemissions_units$/,
      ],
      [
        "a Scope 3 category that was changed",
        (xhtml: string) =>
          xhtml.replace(
            /(contextRef="year-esrs-Category6BusinessTravelMember" [^>]*>)(\d)/,
            (_, open: string, digit: string) => `${open}${(Number(digit) % 9) + 1}`,
          ),
        /^valueAssertion_301060_scope3Category_GHGProtocol$/,
      ],
    ] as const)("catches %s by its own code", { timeout: 5 * minutes }, async ([name, mutate, code]) => {
      const sound = await readFile(join(folder, "report.xhtml"), "utf8");
      const path = join(folder, `${name.replaceAll(" ", "-")}.xhtml`);
      const broken = mutate(sound);
      await writeFile(path, broken);

      expect(broken).not.toBe(sound);
      expect((await codesFor(path)).some((found) => code.test(found))).toBe(true);
    });
  },
);
