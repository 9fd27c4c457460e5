import { localName, named } from "#rules/compliance-facts.ts";
import { notApplicable, type Verdict, verdict } from "#rules/compliance-rule.ts";
import { type AuditSubject, type KnownTable } from "#rules/compliance-subject.ts";
import type { Fact } from "#rules/fact.ts";

const onAxes = ({ index }: AuditSubject): readonly Fact[] =>
  index.facts.filter(
    ({ dimensions, typed }) => Object.keys(dimensions).length > 0 || Object.keys(typed).length > 0,
  );
/** Axes of the open tables, which fit every concept. */
const everywhere = "ReasonsForNotDisclosingAxis";

/**
 * What a fact may be broken down by. The taxonomy's tables in roles 900000 to 900004 are open, so that a processor of dimensions
 * lets any axis and member pass; here every pair is looked up in the tables that hold the concept.
 */
export const breakdownTests = {
  "known-concepts"({ index: { facts }, concepts }: AuditSubject): Verdict {
    return verdict(
      facts,
      facts.filter(({ concept }) => !concepts.has(concept)),
      ({ concept }) => `${concept} is no reportable concept of the taxonomy`,
      "facts use known concepts",
    );
  },
  "period-types"({ index: { facts }, concepts }: AuditSubject): Verdict {
    return verdict(
      facts,
      facts.filter(({ concept, period }) => {
        const known = concepts.get(concept);
        return known !== undefined && (known.period === "instant") !== "instant" in period;
      }),
      (fact) => `${named(fact)} is stated for ${"instant" in fact.period ? "a day" : "a span"}`,
      "facts are stated for a day or a span as their concept demands",
    );
  },
  "known-axes"(subject: AuditSubject): Verdict {
    const axes = new Map(
      subject.tables.flatMap((table) => table.axes.map((axis) => [axis.axis, axis.typed])),
    );
    const facts = onAxes(subject);
    if (facts.length === 0) return notApplicable("no fact is broken down");
    return verdict(
      facts,
      facts.filter(
        ({ dimensions, typed }) =>
          Object.keys(dimensions).some((axis) => axes.get(axis) !== false) ||
          Object.keys(typed).some((axis) => axes.get(axis) !== true),
      ),
      named,
      "facts stand on known axes",
    );
  },
  "known-members"(subject: AuditSubject): Verdict {
    const members = new Map<string, Set<string>>();
    for (const { axis, members: list, default: fallback } of subject.tables.flatMap(({ axes }) => axes)) {
      const known = members.get(axis) ?? new Set();
      for (const member of list) known.add(member);
      if (fallback !== "") known.add(fallback);
      members.set(axis, known);
    }
    const facts = subject.index.facts.filter(({ dimensions }) => Object.keys(dimensions).length > 0);
    if (facts.length === 0) return notApplicable("no fact is on an axis with members");
    return verdict(
      facts,
      facts.filter(({ dimensions }) =>
        Object.entries(dimensions).some(
          ([axis, member]) => !has(members.get(axis), member, subject.countries),
        ),
      ),
      named,
      "facts stand on members of their axes",
    );
  },
  "tables-fit"(subject: AuditSubject): Verdict {
    const facts = onAxes(subject);
    if (facts.length === 0) return notApplicable("no fact is broken down");
    const byConcept = new Map<string, KnownTable[]>();
    for (const table of subject.tables)
      if (table.closed)
        for (const concept of table.concepts) {
          const kept = byConcept.get(concept);
          if (kept === undefined) byConcept.set(concept, [table]);
          else kept.push(table);
        }
    const axesOf = new Map<KnownTable, Map<string, { typed: boolean; members: Set<string> }>>();
    const fits = (fact: Fact): boolean => {
      const explicit = Object.entries(fact.dimensions).filter(([axis]) => axis !== everywhere);
      const typed = Object.keys(fact.typed);
      if (explicit.length === 0 && typed.length === 0) return true;
      return (byConcept.get(fact.concept) ?? []).some((table) => {
        let axes = axesOf.get(table);
        if (axes === undefined) {
          axes = new Map(
            table.axes.map((one) => [one.axis, { typed: one.typed, members: new Set(one.members) }]),
          );
          axesOf.set(table, axes);
        }
        return (
          table.axes.every(
            ({ axis, default: fallback, typed: needs }) =>
              axis in fact.dimensions || axis in fact.typed || (!needs && fallback !== ""),
          ) &&
          explicit.every(([axis, member]) => has(axes.get(axis)?.members, member, subject.countries)) &&
          typed.every((axis) => axes.get(axis)?.typed === true)
        );
      });
    };
    return verdict(
      facts,
      facts.filter((fact) => !fits(fact)),
      (fact) =>
        `${fact.concept} on ${[...Object.keys(fact.dimensions), ...Object.keys(fact.typed)].join(", ")}: ${named(fact)}`,
      "broken-down facts fit a table of the taxonomy",
    );
  },
  "typed-said"({ index: { facts } }: AuditSubject): Verdict {
    const typed = facts.filter((fact) => Object.keys(fact.typed).length > 0);
    return verdict(
      typed,
      typed.filter((fact) => Object.values(fact.typed).some((text) => text.trim() === "")),
      ({ concept }) => concept,
      "facts on typed axes say what they stand for",
    );
  },
  "default-unsaid"({ index: { facts, defaults } }: AuditSubject): Verdict {
    const explicit = facts.filter(({ dimensions }) => Object.keys(dimensions).length > 0);
    return verdict(
      explicit,
      explicit.filter(({ dimensions }) =>
        Object.entries(dimensions).some(([axis, member]) => defaults.get(axis) === member),
      ),
      named,
      "facts leave an axis's default unsaid",
    );
  },
  countries({ index: { facts }, countries }: AuditSubject): Verdict {
    const on = facts.filter(({ dimensions }) => "CountryAxis" in dimensions);
    return verdict(
      on,
      on.filter(({ dimensions }) => !countries.has(localName(dimensions["CountryAxis"] ?? ""))),
      named,
      "facts by country name a country of ISO 3166-1",
    );
  },
  enumerations({ index: { facts }, concepts, enumerations, countries }: AuditSubject): Verdict {
    const sets = facts.filter(
      ({ concept, value }) => value !== undefined && (concepts.get(concept)?.enumeration ?? "") !== "",
    );
    return verdict(
      sets,
      sets.filter(({ concept, value }) => {
        const known = concepts.get(concept);
        const members = (value ?? "").split(/\s+/).filter((member) => member !== "");
        const allowed = new Set(enumerations[known?.enumeration ?? ""]);
        return (
          members.length === 0 ||
          (known?.type === "enumeration" && members.length > 1) ||
          new Set(members).size !== members.length ||
          members.some((member) => !has(allowed, member, countries))
        );
      }),
      (fact) => `${named(fact)} holds ${(fact.value ?? "").slice(0, 60) || "nothing"}`,
      "lists hold known members, once each",
    );
  },
} as const;

function has(
  members: ReadonlySet<string> | undefined,
  member: string,
  countries: ReadonlySet<string>,
): boolean {
  if (members === undefined) return false;
  return (
    members.has(member) ||
    (members.has("country:*") && member.startsWith("country:") && countries.has(member.slice(8)))
  );
}
