import { Decimal } from "decimal.js";
import { headline, isNumber, localName, sameDimensions, verdict } from "#rules/compliance-facts.ts";
import {
  type AuditFact,
  type AuditSubject,
  type CheckOf,
  fail,
  notApplicable,
  notEvaluated,
  pass,
  type Verdict,
} from "#rules/compliance-rule.ts";
import { isLei } from "#rules/lei.ts";

/** Own check: the taxonomy's open tables let any axis and member pass, so each pair is looked up in the closed ones. */
export function members({ facts, tables, countries }: AuditSubject): Verdict {
  const dimensional = facts.filter(({ dimensions }) => Object.keys(dimensions).length > 0);
  if (dimensional.length === 0) return notApplicable("no fact is broken down");
  const fits = ({ concept, dimensions }: AuditFact): boolean =>
    tables.some(
      (table) =>
        table.concepts.includes(concept) &&
        table.axes.every(({ axis, default: fallback }) => axis in dimensions || fallback !== "") &&
        Object.entries(dimensions).every(([axis, member]) => {
          const known = table.axes.find((one) => one.axis === axis);
          if (known === undefined) return false;
          if (axis === "CountryAxis") return member.startsWith("country:") && countries.has(member.slice(8));
          return known.members.includes(member);
        }),
    );
  const wrong = dimensional.filter((fact) => !fits(fact));
  return verdict(
    dimensional,
    wrong,
    ({ concept, dimensions }) =>
      `${concept} on ${Object.entries(dimensions)
        .map((pair) => pair.join("="))
        .join(", ")}`,
    "broken-down facts fit a table of the taxonomy",
  );
}

/** Each set holds members of its enumeration, once each and sorted (Extensible Enumerations 2.0). */
export function enumerations({ facts, enumerations: domains, namespace }: AuditSubject): Verdict {
  const sets = facts.filter(({ concept }) => domains.has(concept));
  if (sets.length === 0) return notApplicable("no fact holds a set of members");
  const wrong = sets.filter(({ concept, value }) => {
    const uris = value.split(/\s+/).filter((uri) => uri !== "");
    const allowed = new Set(
      (domains.get(concept) ?? []).map((member) => `${namespace}#${localName(member)}`),
    );
    return (
      uris.length === 0 ||
      new Set(uris).size !== uris.length ||
      uris.some((uri) => !allowed.has(uri)) ||
      uris.join(" ") !== uris.toSorted().join(" ")
    );
  });
  return verdict(
    sets,
    wrong,
    ({ concept }) => `${concept} holds an unknown, repeated or unsorted member`,
    "sets hold known members in order",
  );
}

/** Each of the fifteen Scope 3 categories is included or left out, and none is both. */
export function everyCategory(
  check: CheckOf<"every-category">,
  { facts, enumerations: domains }: AuditSubject,
): Verdict {
  const all = domains.get(check.included) ?? [];
  const listed = (concept: string): readonly string[] =>
    facts
      .filter((fact) => fact.concept === concept)
      .flatMap(({ value }) => value.split(/\s+/).map((uri) => uri.slice(uri.indexOf("#") + 1)));
  const fifteen = all
    .map(localName)
    .filter(
      (member) =>
        /^Category\d{1,2}[A-Z]/.test(member) &&
        member !== "Category11CloudComputingAndDataCentreServicesMember",
    );
  if (fifteen.length === 0) return notEvaluated("the catalogue lists no categories");
  const [included, excluded] = [listed(check.included), listed(check.excluded)];
  const both = included.filter((member) => excluded.includes(member));
  const neither = fifteen.filter((member) => !included.includes(member) && !excluded.includes(member));
  if (both.length > 0) return fail(`both included and excluded: ${both.join(", ")}`);
  return neither.length === 0
    ? pass(`${included.length} included, ${excluded.length} excluded, of ${fifteen.length}`)
    : fail(`neither included nor excluded: ${neither.join(", ")}`);
}

/** The entity is identified by an LEI whose check digits fit. */
export function entityNamed({ entity }: AuditSubject): Verdict {
  if (entity === undefined) return notEvaluated("no context names an entity");
  if (entity.scheme !== "http://standards.iso.org/iso/17442")
    return fail(`the identifier's scheme is ${entity.scheme}`);
  return isLei(entity.identifier)
    ? pass(`LEI ${entity.identifier}: check digits fit`)
    : fail(`${entity.identifier} is not an LEI: check digits do not fit`);
}

/** Every context covers the tagged reporting period. */
export function period({ facts, periods }: AuditSubject): Verdict {
  const [start, end] = [
    headline(facts, "ReportingPeriodStartDate"),
    headline(facts, "ReportingPeriodEndDate"),
  ];
  if (start === undefined || end === undefined) return notEvaluated("the reporting period is not tagged");
  const stray = periods.filter((one) => one.start !== start.value || one.end !== end.value);
  if (start.value >= end.value) return fail(`${start.value} is not before ${end.value}`);
  return stray.length === 0
    ? pass(`every context covers ${start.value} to ${end.value}`)
    : fail(`${stray.length} contexts cover another period`);
}

/** A figure says the same wherever it occurs. */
export function duplicates(facts: readonly AuditFact[]): Verdict {
  if (facts.length === 0) return notEvaluated("no facts");
  const groups = Map.groupBy(facts, ({ concept, unit, dimensions }) =>
    JSON.stringify([concept, unit, Object.entries(dimensions).toSorted(([a], [b]) => a.localeCompare(b))]),
  );
  const torn = [...groups.values()].filter((group) => new Set(group.map(({ value }) => value)).size > 1);
  return verdict(
    [...groups.values()],
    torn,
    (group) => `${group[0]?.concept ?? ""} has ${group.length} different values`,
    "figures say one thing wherever they occur",
  );
}

/** Every calculated figure stands in the report with its exact value. */
export function sameAsCalculated({ facts, calculated }: AuditSubject): Verdict {
  if (calculated.length === 0) return notEvaluated("nothing was calculated");
  const wrong = calculated.filter(({ concept, axis, member, value }) => {
    const dimensions = axis === "" ? {} : { [axis]: member };
    const fact = facts.find((one) => one.concept === concept && sameDimensions(one.dimensions, dimensions));
    return fact === undefined || !isNumber(fact.value) || !new Decimal(fact.value).equals(value);
  });
  return verdict(
    calculated,
    wrong,
    ({ concept, member, value }) =>
      `${concept}${member === "" ? "" : ` (${member})`} was calculated as ${value}`,
    "calculated figures stand in the report unchanged",
  );
}
