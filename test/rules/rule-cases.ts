import type { Check, CheckOf, OwnTest } from "#rules/compliance-rule.ts";
import { type AuditSubject, disclosuresOf } from "#rules/compliance-subject.ts";
import type { Fact } from "#rules/fact.ts";
import { known, said, some, subjectWith } from "./subject.ts";

type More = Parameters<typeof subjectWith>[1];
/** A subject on which a rule passes, and one on which it does not. */
export type Pair = { readonly good: AuditSubject; readonly bad: AuditSubject };

/** Nothing is phased in any more. */
const late: More = { company: { firstYear: 2020 } };
const pair = (good: readonly Fact[], bad: readonly Fact[], more: More = late): Pair => ({
  good: subjectWith(good, more),
  bad: subjectWith(bad, more),
});
const everywhere = [...known.concepts.values()];
const ofType = (type: string): string => everywhere.find((one) => one.type === type)?.concept ?? "";
const exact = (fact: Fact, decimals = 6): Fact => ({ ...fact, decimals });
const notMaterial = (topic: string): More => ({
  ...late,
  topics: new Map([[topic, { material: false, by: "company" as const }]]),
});

/** Builds the two subjects for a check of any kind. */
export function casesFor(check: Check): Pair {
  switch (check.kind) {
    case "disclosed": {
      const one = everywhere.find((concept) => disclosuresOf(concept).includes(check.disclosure));
      return pair([some(one?.concept ?? "")], []);
    }
    case "phase-in": {
      const all = everywhere.filter(
        (concept) =>
          concept.phase_in.length > 0 &&
          (check.disclosure === undefined
            ? concept.standard === check.standard
            : disclosuresOf(concept).includes(check.disclosure)),
      );
      return pair(
        all.map(({ concept }) => some(concept)),
        [],
      );
    }
    case "left-out-topic":
      return pair(check.concepts.map(some), check.concepts.slice(1).map(some), {
        company: { firstYear: 2026, employees: 300 },
      });
    case "concluded":
      return {
        good: subjectWith([]),
        bad: subjectWith([], { topics: new Map([[check.topic, { material: true, by: "offline rules" }]]) }),
      };
    case "explained":
      return pair([some(check.concept)], [], notMaterial(check.topic));
    case "eu-law":
      return pair(
        everywhere
          .filter(({ eu_law }) => eu_law.some(({ law }) => law === check.law))
          .map(({ concept }) => some(concept)),
        [],
      );
    case "stated":
      return pair(check.concepts.map(some), []);
    case "together":
      return pair(check.concepts.map(some), check.concepts.slice(1).map(some));
    case "follows":
      return pair([check.from, ...check.concepts].map(some), [some(check.from)]);
    case "ratio": {
      const parts = [...check.of.map((one) => said(one, "3")), ...check.over.map((one) => said(one, "10"))];
      const value = (3 * check.of.length * check.times) / (10 * check.over.length);
      return pair(
        [exact(said(check.value, String(value))), ...parts],
        [exact(said(check.value, String(value + 0.01))), ...parts],
      );
    }
    case "part":
      return pair(
        [said(check.part, "2"), said(check.whole, "2")],
        [said(check.part, "3"), said(check.whole, "2")],
      );
    case "shares": {
      const each = (values: readonly string[]): readonly Fact[] =>
        check.concepts.map((concept, at) => said(concept, values[at] ?? "0"));
      return pair(
        each(["0.5", "0.25", "0.25"].slice(0, check.concepts.length)).map((fact, at) =>
          check.concepts.length === 2 && at === 1 ? { ...fact, value: "0.5" } : fact,
        ),
        each(["0.9", "0.3", "0.2"]),
      );
    }
    case "adds-up": {
      const parts = check.parts.map((one) => said(one, "10"));
      const whole = 10 * check.parts.length;
      return pair(
        [said(check.total, String(whole)), ...parts],
        [said(check.total, String(whole + 9)), ...parts],
      );
    }
    case "axis":
      return axisPair(check);
    case "unit": {
      const fact = said(ofType(check.type), "1");
      return pair([fact], [{ ...fact, unit: "utr:kg" }]);
    }
    case "range": {
      const concept =
        check.concepts[0] ??
        everywhere.find((one) => one.type === check.type && !check.except.includes(one.concept))?.concept ??
        "";
      const { least, most } = check;
      return pair(
        [said(concept, String(least ?? most ?? 0))],
        [said(concept, String(most === undefined ? (least ?? 0) - 1 : most + 1))],
      );
    }
    case "written": {
      const concept = check.type === "text" ? ofType("textBlock") : ofType(check.type);
      return pair(
        [some(concept)],
        [{ ...some(concept), value: check.type === "text" ? "<p> </p>" : "about ten" }],
      );
    }
    case "readable":
      return {
        good: subjectWith([some("Revenue")]),
        bad: subjectWith([some("Revenue")], {
          document: { faults: check.codes.map((code) => ({ code, sentence: "a fault" })) },
        }),
      };
    case "own":
      return own[check.test];
  }
}

function axisPair({ axis }: CheckOf<"axis">): Pair {
  const additive = new Set(["ghgEmissions", "energy", "volume", "mass", "monetary", "integer"]);
  for (const table of subjectWith([]).tables) {
    const one = table.axes.find((held) => held.axis === axis);
    const member = one?.members.find((name) => name !== one.default);
    const concept = table.concepts.find(
      (name) => additive.has(known.concepts.get(name)?.type ?? "") || name.startsWith("NumberOfEmployees"),
    );
    if (one === undefined || member === undefined || concept === undefined || !table.closed) continue;
    const on = (value: string): Fact =>
      said(concept, value, { [axis]: member === "country:*" ? "country:DE" : member });
    return pair([said(concept, "10"), on("4")], [said(concept, "10"), on("40")]);
  }
  throw new Error(`no table breaks an amount down by ${axis}`);
}

const day = (concept: string, value: string): Fact => ({ ...said(concept, value), value });
const period = [day("ReportingPeriodStartDate", "2026-01-01"), day("ReportingPeriodEndDate", "2026-12-31")];
const s1 = said("GrossScope1GreenhouseGasEmissions", "10");
const earlier: Fact = { ...s1, period: { start: "2025-01-01", end: "2025-12-31" } };
const gender = (member: string): Fact =>
  said("NumberOfEmployeesHeadCountAtTopManagementLevelAtEndOfPeriod", "1", { GenderAxis: member });
const target = (typed: Readonly<Record<string, string>>): Fact => said("NameOfTarget", "less", {}, typed);
const documents = (good: NonNullable<More>["document"], bad: NonNullable<More>["document"]): Pair => ({
  good: subjectWith(
    [s1, some("DisclosureOfGeneralBasisForPreparationOfSustainabilityStatementExplanatory")],
    { ...late, ...(good === undefined ? {} : { document: good }) },
  ),
  bad: subjectWith([s1], { ...late, ...(bad === undefined ? {} : { document: bad }) }),
});
const companies = (
  good: NonNullable<More>["company"],
  bad: NonNullable<More>["company"],
  facts: readonly Fact[] = [s1],
): Pair => ({
  good: subjectWith(facts, { company: good ?? {} }),
  bad: subjectWith(facts, { company: bad ?? {} }),
});
const makes = (good: NonNullable<More>["made"], bad: NonNullable<More>["made"]): Pair => ({
  good: subjectWith([s1], { made: good ?? {} }),
  bad: subjectWith([s1], { made: bad ?? {} }),
});
const packages = (bad: Partial<NonNullable<AuditSubject["package"]>> | undefined): Pair => {
  const good = subjectWith([s1]);
  return {
    good,
    bad: {
      ...good,
      package: bad === undefined || good.package === undefined ? undefined : { ...good.package, ...bad },
    },
  };
};
const written = subjectWith([
  s1,
  some("DisclosureOfGeneralBasisForPreparationOfSustainabilityStatementExplanatory"),
]).document.facts;
const categories = (list: readonly number[]): string =>
  (
    Object.values(subjectWith([]).enumerations).find((members) =>
      members.some((member) => member.startsWith("esrs:Category15")),
    ) ?? []
  )
    .filter(
      (member) =>
        list.some(
          (at) =>
            member.startsWith(`esrs:Category${at}`) && !/^\d/.test(member.slice(`esrs:Category${at}`.length)),
        ) && !member.includes("Cloud"),
    )
    .join(" ");
const listed = (which: "Included" | "Excluded", value: string): Fact =>
  day(
    which === "Included"
      ? "ListOfScope3GHGEmissionsCategoriesIncludedInInventoryGHGProtocol"
      : "ListOfScope3GHGEmissionsCategoriesExcludedFromInventoryGHGProtocol",
    value,
  );
const s3 = said("GrossScope3GreenhouseGasEmissions", "5");
const [six, nine] = [
  [1, 2, 3, 4, 5, 6],
  [7, 8, 9, 10, 11, 12, 13, 14, 15],
] as const;
const nilFor = (member: string, value: string | undefined): Fact => ({
  ...said("GrossScope3GreenhouseGasEmissions", "5", { ReasonsForNotDisclosingAxis: member }),
  value,
});
const phasing = "esrs:NotStatedPhasinginMember";

/** The tests that are said by name: each with a subject that passes and one that does not. */
const own: Readonly<Record<OwnTest, Pair>> = {
  lei: documents({}, { entities: ["http://standards.iso.org/iso/17442 99990000NORTHLIGHT68"] }),
  "one-entity": documents({}, { entities: ["scheme a", "scheme b"] }),
  "entity-is-company": companies({}, { lei: "529900T8BM49AURSDO55" }),
  "period-tagged": pair(period, period.slice(1)),
  "period-is-company's": companies({}, { periodStart: "2025-01-01" }, period),
  "period-length": companies({}, { periodStart: "2026-06-01" }),
  "periods-fit": pair([s1], [s1, { ...s1, period: { start: "2027-01-01", end: "2027-12-31" } }]),
  comparatives: pair([s1, earlier], [s1]),
  scope: companies({}, { listed: undefined, employees: undefined }),
  sector: companies({}, { nace: "Z9" }),
  country: companies({}, { country: "XX" }),
  "entry-point": documents({}, { schemaRefs: [] }),
  "not-material-list": pair([], [said("WaterConsumption", "1")], notMaterial("E3")),
  "first-year": companies({}, { firstYear: 2030 }),
  reasons: pair(
    [nilFor("esrs:NotMaterialBelowThresholdMember", undefined)],
    [nilFor("esrs:NotMaterialBelowThresholdMember", "5")],
  ),
  "phase-in-reasons": {
    good: subjectWith([nilFor(phasing, undefined)], { company: { firstYear: 2026, employees: 300 } }),
    bad: subjectWith([nilFor(phasing, undefined)], late),
  },
  duplicates: pair([s1, s1], [s1, { ...s1, value: "12" }]),
  "year-on-year": pair([s1, earlier], [s1, { ...earlier, value: "1000" }]),
  "scope-3-categories": pair(
    [s3, listed("Included", categories(six)), listed("Excluded", categories(nine))],
    [s3, listed("Included", categories(six)), listed("Excluded", categories(nine.slice(1)))],
  ),
  enumerations: pair([listed("Included", categories(six))], [listed("Included", "esrs:FemaleMember")]),
  "period-types": pair([s1], [{ ...s1, period: { instant: "2026-12-31" } }]),
  "numbers-have-decimals": documents(
    { facts: written },
    { facts: written.map((fact) => ({ ...fact, decimalsGiven: "" })) },
  ),
  "known-concepts": pair([s1], [{ ...s1, concept: "GrossScope1Emissions" }]),
  "known-axes": pair(
    [gender("esrs:FemaleMember")],
    [said("Revenue", "1", { ColourAxis: "esrs:FemaleMember" })],
  ),
  "known-members": pair([gender("esrs:FemaleMember")], [gender("esrs:Category6BusinessTravelMember")]),
  "tables-fit": pair(
    [gender("esrs:FemaleMember")],
    [said("WaterConsumption", "1", { GenderAxis: "esrs:FemaleMember" })],
  ),
  "typed-said": pair(
    [target({ IdentifierOfTargetTypedAxis: "T1" })],
    [target({ IdentifierOfTargetTypedAxis: " " })],
  ),
  "default-unsaid": pair([gender("esrs:FemaleMember")], [gender("esrs:GenderMember")]),
  countries: pair(
    [said("LocationBasedGreenhouseGasEmissions", "1", { CountryAxis: "country:DE" })],
    [said("LocationBasedGreenhouseGasEmissions", "1", { CountryAxis: "country:XX" })],
  ),
  doctype: documents({}, { hasDoctype: true }),
  encoding: documents({}, { encoding: "ISO-8859-1" }),
  language: documents(
    {},
    { root: { name: "html", language: "" }, facts: written.map((fact) => ({ ...fact, language: "" })) },
  ),
  active: documents({}, { active: ["script"] }),
  "hidden-shown": documents(
    { facts: written.map((fact) => ({ ...fact, hidden: true })), hiddenShown: new Set(["f0", "f1"]) },
    { facts: written.map((fact) => ({ ...fact, hidden: true })) },
  ),
  namespaces: documents({}, { namespaces: {} }),
  segments: documents({}, { contexts: [{ id: "c1", inSegment: true }] }),
  "fact-ids": documents({ facts: written }, { facts: written.map((fact) => ({ ...fact, id: "" })) }),
  "text-escaped": documents(
    { facts: written },
    { facts: written.map((fact) => ({ ...fact, escape: false })) },
  ),
  "footnotes-said": documents({}, { footnotes: [{ text: "", facts: [] }] }),
  "package-there": packages(undefined),
  "package-paths": packages({ paths: ["a/x", "b/y"] }),
  "package-entry": packages({ texts: {} }),
  "package-same": packages({ sameReport: false }),
  "json-same": { good: subjectWith([s1]), bad: subjectWith([s1], { json: "different" }) },
  "as-calculated": makes({}, { figures: subjectWith([{ ...s1, value: "11" }]).made.figures }),
  "nothing-added": makes({}, { figures: [] }),
  "figures-hashed": makes(
    {},
    { figures: subjectWith([s1]).made.figures.map((figure) => ({ ...figure, hash: "" })) },
  ),
  "formulas-named": makes(
    {},
    { figures: subjectWith([s1]).made.figures.map((figure) => ({ ...figure, formula: "" })) },
  ),
  lineage: makes({}, { lineage: { entries: 3, traced: 3, sha256: "" } }),
  "inputs-hashed": makes({}, { inputs: [{ name: "data.csv", sha256: "" }] }),
  "data-quality": makes({}, { quality: { score: 70, threshold: 80 } }),
  "rows-used": makes({}, { rows: { valid: 3, rejected: 1 } }),
  drafts: makes({}, { statements: { draft: 1, approved: 0 } }),
  origins: makes({}, { origins: { verified: 1, estimated: 3 } }),
  warnings: makes({}, { warnings: ["something"] }),
};
