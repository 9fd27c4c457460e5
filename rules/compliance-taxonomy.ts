import type { AssertionFile, Existence, ValueTest } from "#rules/compliance-assertion.ts";
import { type AssertionVerdict, existence, valueTest } from "#rules/compliance-assertions.ts";
import { phaseInOf, reasonOf } from "#rules/compliance-disclosures.ts";
import { factsOf, saidOf } from "#rules/compliance-facts.ts";
import {
  fail,
  type Family,
  notApplicable,
  notEvaluated,
  pass,
  type Severity,
  type Verdict,
  warn,
} from "#rules/compliance-rule.ts";
import { type AuditSubject, isMaterial, type KnownConcept, topicOf } from "#rules/compliance-subject.ts";
import { sum } from "#rules/compliance-sums.ts";

/** A rule of the taxonomy with our judgement, and beside it the taxonomy's own raw verdict, so that both can be compared with any processor's. */
export type TaxonomyResult = Verdict & {
  readonly id: string;
  readonly family: Family;
  readonly name: string;
  readonly severity: Severity;
  readonly references: readonly string[];
  readonly remedy: string;
  readonly taxonomy?: AssertionVerdict & { readonly severity: Existence["severity"] };
};

/** Holds the report against every assertion and sum of the taxonomy: one result for each, under its own id. */
export function judgeTaxonomy(file: AssertionFile, subject: AuditSubject): readonly TaxonomyResult[] {
  const set1 = subject.law.judges_set_1;
  const later = notEvaluated(`${subject.law.title}: its taxonomy has no such assertions`);
  return [
    ...file.existence.map((assertion): TaxonomyResult => {
      const found = existence(assertion, subject.index);
      return {
        ...describe(assertion, subject),
        ...(set1 ? judgeExistence(assertion, found, subject) : later),
        taxonomy: { ...found, severity: assertion.severity },
      };
    }),
    ...file.values.map((test): TaxonomyResult => {
      const found = valueTest(test, subject.index);
      return {
        ...describeValue(test),
        ...(set1 ? fromVerdict(found, unbindable(test, subject)) : later),
        taxonomy: { ...found, severity: test.severity },
      };
    }),
    ...file.sums.map((one): TaxonomyResult => {
      const found = sum(one, subject.index);
      return {
        id: one.id,
        family: "F",
        name: `${labelOf(one.total, subject)} is the sum of its ${one.items.length} items`,
        severity: "critical",
        references: [`ESRS Set 1 taxonomy, calculation of ${one.role}`],
        remedy: "Recompute the total from its items, or state the item that is missing.",
        ...(set1 ? fromVerdict(found) : later),
      };
    }),
  ];
}

/** Why the taxonomy's own assertion can never be held against a fact; undefined when it can. */
function unbindable(test: ValueTest, { concepts }: AuditSubject): string | undefined {
  if (test.kind !== "breakdown") return undefined;
  if (Object.keys(test.children).length === 0)
    return "the taxonomy names a network without members, so that no fact can ever be held against it; csrd_f_axis rules look instead";
  return test.concepts.some((concept) => concepts.has(concept))
    ? undefined
    : "the taxonomy names a concept that it does not have, so that no fact can ever be held against it";
}

function fromVerdict({ verdict, evidence }: AssertionVerdict, never?: string): Verdict {
  if (verdict === "not evaluated") return notApplicable(never ?? evidence);
  return verdict === "satisfied" ? pass(evidence) : fail(evidence);
}

const labelOf = (concept: string, { concepts }: AuditSubject): string =>
  concepts.get(concept)?.label ?? concept;

type Group = "always" | "other EU law" | "if material";
const groupOf = ({ id }: Existence): Group =>
  id.includes("outside_MA") ? "always" : id.includes("eu_tags") ? "other EU law" : "if material";

function describe(
  assertion: Existence,
  subject: AuditSubject,
): Omit<TaxonomyResult, keyof Verdict | "taxonomy"> {
  const [concept = ""] = assertion.concepts;
  const known = subject.concepts.get(concept);
  const label = assertion.concepts.map((one) => labelOf(one, subject)).join(" or ");
  const paragraphs = (known?.references ?? [])
    .slice(0, 2)
    .map(({ standard, disclosure, paragraph }) =>
      `${standard === "ESRS 2" ? "ESRS 2" : `ESRS ${standard}`} ${disclosure} ${paragraph}`.trim(),
    );
  const group = groupOf(assertion);
  const by = {
    always: {
      family: "B",
      severity: "minor",
      law: "ESRS 1 paragraph 29",
      remedy: "State it; it is asked for whatever is material.",
    },
    "other EU law": {
      family: "C",
      severity: "major",
      law: "ESRS 1 paragraph 35, ESRS 2 Appendix B",
      remedy:
        "State it, or say that it is not material: as a nil fact with its reason, or in the list of ESRS 2 paragraph 56.",
    },
    "if material": {
      family: "D",
      severity: "minor",
      law: "ESRS 1 paragraph 34 (b)",
      remedy: "Nothing, if it is not material; otherwise give the data from which it follows.",
    },
  } as const;
  const { family, severity, law, remedy } = by[group];
  return {
    id: assertion.id,
    family,
    name: `${{ always: "Always stated", "other EU law": "Stated for other EU law", "if material": "Stated where material" }[group]}: ${label}`,
    severity,
    references: [law, ...paragraphs],
    remedy,
  };
}

/** Lists that are asked for only where there is something to list; each says why there is nothing. */
const onlyIf: Readonly<Record<string, (subject: AuditSubject) => string | undefined>> = {
  ListOfNotMaterialTopics: ({ topics }) =>
    [...topics.values()].every(({ material }) => material) ? "every topic is material" : undefined,
  ListOfSustainabilityMattersAssessedToBeMaterialPhasein: (subject) =>
    subject.index.byConcept.has("TopicHasBeenAssessedToBeMaterialPhasein")
      ? undefined
      : "no topic is said to be left out under a phase-in",
};

/** What the absence of a datapoint means for this undertaking in this year. */
function judgeExistence(assertion: Existence, found: AssertionVerdict, subject: AuditSubject): Verdict {
  const [concept = "", ...others] = assertion.concepts;
  const known = subject.concepts.get(concept);
  const stated = saidOf(subject.index, concept);
  if (stated.length > 0) return pass(`${stated.length} ${stated.length === 1 ? "fact" : "facts"} tagged`);
  const alternative = others.find((other) => saidOf(subject.index, other).length > 0);
  if (alternative !== undefined) return pass(`${alternative} is stated in its place`);
  if (known === undefined)
    return notApplicable(`the taxonomy asks for ${concept}, which it does not let be reported`);
  const reason = reasonOf(subject, concept);
  const topic = topicOf(known.disclosure);
  const group = groupOf(assertion);
  if (reason !== undefined && (group !== "always" || reason.includes("phase-in"))) return pass(reason);
  if (factsOf(subject.index, concept).length > 0)
    return group === "always" ? warn("stated as nil, without a reason") : pass("stated as nil");
  if (!isMaterial(subject, topic)) return notMaterial(topic, group, subject);
  const idle = onlyIf[concept]?.(subject);
  if (idle !== undefined) return notApplicable(idle);
  const later = phaseInOf(known, subject);
  if (later !== undefined) return notApplicable(later);
  if (found.verdict === "satisfied") return notApplicable(found.evidence);
  return missing(known, group);
}

function notMaterial(topic: string, group: Group, subject: AuditSubject): Verdict {
  const evidence = `${topic} was concluded to be not material`;
  if (group !== "other EU law") return notApplicable(evidence);
  const list = saidOf(
    subject.index,
    "DisclosureOfListOfDataPointsThatDeriveFromOtherEuLegislationAndInformationOnTheirLocationInSustainabilityStatementExplanatory",
  );
  return list.length > 0
    ? pass(`${evidence}, and the list of ESRS 2 paragraph 56 says so`)
    : fail(`${evidence}, but the list of ESRS 2 paragraph 56 that has to say so is not tagged`);
}

function missing({ references, voluntary }: KnownConcept, group: Group): Verdict {
  if (group === "if material")
    return notApplicable(
      "no fact carries the tag; what is left out is deemed not material (ESRS 1 paragraph 34 (b))",
    );
  if (voluntary) return notApplicable("no fact carries the tag; it is voluntary");
  if (references.length > 0 && references.every(({ conditional }) => conditional))
    return notApplicable(
      "no fact carries the tag; it is asked for under a condition only, which a person confirms",
    );
  return group === "always" ? warn("no fact carries the tag") : fail("no fact carries the tag");
}

const titles: Readonly<Record<ValueTest["kind"], string>> = {
  breakdown: "What is broken down adds up",
  "member-sum": "Parts of the undertaking's scope add up",
  "member-order": "Estimates lie within their range",
  "concept-sum": "Parts add up",
  "not-negative": "Nothing is negative that cannot be",
  unit: "The unit is the one agreed",
  identifiers: "Identifiers that are referred to exist",
};

function describeValue(test: ValueTest): Omit<TaxonomyResult, keyof Verdict | "taxonomy"> {
  const about = ((): string => {
    switch (test.kind) {
      case "breakdown":
      case "member-sum":
      case "member-order":
        return `${words(test.axis)} (${/\d{6}/.exec(test.id)?.[0] ?? ""})`;
      case "concept-sum":
        return words(test.total ?? test.parts[0] ?? "");
      case "not-negative":
        return `${test.types.length} types and ${test.concepts.length} concepts`;
      case "unit":
        return `${test.type} in ${test.unit}`;
      case "identifiers":
        return words(test.concept);
    }
  })();
  const family = { unit: "G", "not-negative": "G", identifiers: "G" } as const;
  return {
    id: test.id,
    family:
      test.kind === "unit" || test.kind === "not-negative" || test.kind === "identifiers"
        ? family[test.kind]
        : "F",
    name: `${titles[test.kind]}: ${about}`,
    severity: "major",
    references: ["ESRS Set 1 taxonomy, formula linkbase"],
    remedy:
      test.kind === "unit"
        ? `State the figure in ${test.unit}.`
        : test.kind === "identifiers"
          ? "Use the same identifier in both places, separated by commas without blanks."
          : "Correct the part or the whole; both must come from the same records.",
  };
}

/** A name of the taxonomy as words. */
function words(name: string): string {
  const text = name
    .replace(/(Typed)?Axis$/, "")
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
