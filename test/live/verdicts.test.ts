import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadRuleBook } from "#platform/agents/audit-steps/load-rules.ts";
import { loadCatalogue } from "#platform/catalogue/load.ts";
import { readInline } from "#platform/xbrl/read-inline.ts";
import { existence, valueTest } from "#rules/compliance-assertions.ts";
import { sum } from "#rules/compliance-sums.ts";
import type { Fact } from "#rules/fact.ts";
import { answering, casesOf, sumCases } from "#test/rules/assertion-cases.ts";
import { indexOf, known, said, some } from "#test/rules/subject.ts";
import { inlineDocument } from "./inline-document.ts";
import { type AssertionVerdict, differences, theirVerdicts } from "./verdicts.ts";

/** As in xbrl-validator.test.ts; it must also print its count per assertion (Arelle: `--formulaAsserResultCounts`). */
const command = process.env["CSRD_XBRL_VALIDATOR"];
const minutes = 60_000;
const { assertions } = await loadRuleBook();
const { taxonomy } = await loadCatalogue();

/** Facts for every assertion and sum, each in a year of its own, under which they hold or break. */
function built(which: "holds" | "breaks"): readonly Fact[] {
  const period = [
    { ...said("ReportingPeriodStartDate", ""), value: "2026-01-01" },
    { ...said("ReportingPeriodEndDate", ""), value: "2026-12-31" },
  ];
  return [
    ...period,
    ...assertions.values.flatMap((one, at) => {
      const found = casesOf(one, known, 1900 + at);
      return "never" in found ? [] : found[which];
    }),
    ...assertions.sums.flatMap((one, at) => sumCases(one, known, 1960 + at)[which]),
  ];
}

/** Every second concept that an existence assertion asks for, every third of those as nil. */
function everySecond(): readonly Fact[] {
  return assertions.existence.flatMap((one, at) =>
    at % 2 === 0
      ? answering(one, known, 2026)
          .filter(({ concept }) => known.concepts.has(concept))
          .map((fact) => ({ ...fact, value: at % 6 === 0 ? undefined : some(fact.concept).value }))
      : [],
  );
}

/** Role and total of every sum that the validator calls inconsistent, however often. */
function brokenSums(printed: string): ReadonlySet<string> {
  const found = printed.matchAll(
    /^\[calc11e:inconsistentCalculationUsingRounding\] .*? from esrs:(\S+) in link role \S*\/(role-\d+)/gm,
  );
  return new Set([...found].map(([, total = "", role = ""]) => `${role} ${total}`));
}

describe.skipIf(command === undefined)(
  "our verdict on every assertion of the taxonomy (runs where CSRD_XBRL_VALIDATOR names a validator)",
  () => {
    let folder = "";
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "csrd-verdicts-"));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    test.for([
      ["where everything holds", () => built("holds")],
      ["where nothing holds", () => built("breaks")],
      ["where half is stated and some of it nil", everySecond],
    ] as const)("is the validator's, %s", { timeout: 10 * minutes }, async ([name, facts]) => {
      const path = join(folder, `${name.replaceAll(" ", "-")}.xhtml`);
      const document = inlineDocument(facts());
      await writeFile(path, document);
      const index = indexOf(readInline(document, taxonomy).facts);
      const ours = new Map<string, AssertionVerdict>([
        ...assertions.existence.map((one) => [one.id, existence(one, index).verdict] as const),
        ...assertions.values.map((one) => [one.id, valueTest(one, index).verdict] as const),
      ]);
      const broken = assertions.sums
        .filter((one) => sum(one, index).verdict === "not satisfied")
        .map(({ role, total }) => `${role} ${total}`);

      const [file = "", ...words] = (command ?? "").split(" ");
      const { stdout, stderr } = await execa(file, [...words, path], { reject: false, maxBuffer: 1e8 });
      const found = await differences(ours, theirVerdicts(`${stdout}\n${stderr}`));

      expect(ours.size).toBe(1052);
      expect(found.filter(({ because }) => because === undefined)).toEqual([]);
      expect(brokenSums(`${stdout}\n${stderr}`)).toEqual(new Set(broken));
    });
  },
);
