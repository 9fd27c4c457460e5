import { Decimal } from "decimal.js";
import { breakdown, ratio, total } from "#rules/compliance-arithmetic.ts";
import { headline, isNumber, verdict } from "#rules/compliance-facts.ts";
import {
  type AuditSubject,
  fail,
  notEvaluated,
  pass,
  type Rule,
  type Verdict,
} from "#rules/compliance-rule.ts";
import {
  duplicates,
  entityNamed,
  enumerations,
  everyCategory,
  members,
  period,
  sameAsCalculated,
} from "#rules/compliance-structure.ts";

/** Holds the report against one rule. Pure. */
export function evaluate({ check }: Rule, subject: AuditSubject): Verdict {
  const { facts } = subject;
  switch (check.kind) {
    case "exists": {
      const found = facts.filter(({ concept, value }) => concept === check.concept && value !== "");
      if (found.length > 0) return pass(`${found.length} ${found.length === 1 ? "fact" : "facts"} tagged`);
      const limit = check.phase_in_up_to;
      if (limit !== undefined && subject.employees !== undefined && subject.employees <= limit)
        return {
          status: "warning",
          evidence: `no fact carries the tag; up to ${limit} employees it may be left out in the first year (ESRS 1 Appendix C), if that is said (ESRS 2 paragraph 17)`,
        };
      return { status: check.when_missing, evidence: "no fact carries the tag" };
    }
    case "breakdown":
      return breakdown(check, facts);
    case "total":
      return total(check, facts);
    case "ratio":
      return ratio(check, facts);
    case "unit": {
      const of = facts.filter(({ concept }) => subject.types.get(concept) === check.type);
      if (of.length === 0) return notEvaluated(`no fact of type ${check.type}`);
      const matches = (unit: string): boolean =>
        check.unit.endsWith("iso4217")
          ? new RegExp(`^${check.unit}:[A-Z]{3}$`).test(unit)
          : unit === check.unit;
      const wrong = of.filter(({ unit }) => !matches(unit));
      return verdict(
        of,
        wrong,
        ({ concept, unit }) => `${concept} is in ${unit}`,
        `facts are in ${check.unit}`,
      );
    }
    case "range": {
      const of = facts.filter(({ concept, numeric }) => numeric && subject.types.get(concept) === check.type);
      if (of.length === 0) return notEvaluated(`no fact of type ${check.type}`);
      const outside = of.filter(
        ({ value }) =>
          !isNumber(value) ||
          new Decimal(value).lessThan(check.least) ||
          (check.most !== undefined && new Decimal(value).greaterThan(check.most)),
      );
      return verdict(
        of,
        outside,
        ({ concept, value }) => `${concept} is ${value}`,
        `facts lie within the range`,
      );
    }
    case "known-concepts": {
      const unknown = facts.filter(({ concept }) => !subject.types.has(concept));
      return facts.length === 0
        ? notEvaluated("no facts")
        : verdict(
            facts,
            unknown,
            ({ concept }) => `${concept} is not in the taxonomy's slice`,
            "facts use known concepts",
          );
    }
    case "known-members":
      return members(subject);
    case "enumerations":
      return enumerations(subject);
    case "entity":
      return entityNamed(subject);
    case "period":
      return period(subject);
    case "entry-point":
      return subject.entryPoints.length === 1 && subject.entryPoints[0] === check.url
        ? pass(check.url)
        : fail(`entry points: ${subject.entryPoints.join(", ") || "none"}`);
    case "duplicates":
      return duplicates(facts);
    case "no-doctype":
      return subject.hasDoctype ? fail("the document declares a DOCTYPE") : pass("no DOCTYPE, no entities");
    case "same-as-calculated":
      return sameAsCalculated(subject);
    case "both-set": {
      const missing = check.concepts.filter((concept) => headline(facts, concept) === undefined);
      return missing.length === 0
        ? pass(`${check.concepts.length} of ${check.concepts.length} reported`)
        : fail(`missing: ${missing.join(", ")}`);
    }
    case "every-category":
      return everyCategory(check, subject);
    case "data-quality": {
      const { score, threshold } = subject.quality;
      return score >= threshold
        ? pass(`${score} of 100, threshold ${threshold}`)
        : { status: "warning", evidence: `${score} of 100 is below ${threshold}` };
    }
    case "lineage":
      if (subject.records === 0) return notEvaluated("no records");
      if (subject.setAside > 0)
        return {
          status: "warning",
          evidence: `${subject.setAside} rows were set aside and are in no figure`,
        };
      return subject.records === subject.traced
        ? pass(`${subject.traced} of ${subject.records} records appear in the lineage`)
        : fail(`${subject.traced} of ${subject.records} records appear in the lineage`);
  }
}
