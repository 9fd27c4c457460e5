import type { Axis, Table, Total } from "../model.ts";
import { membersBelow } from "./read-linkbases.ts";
import {
  type ExtractedArc,
  type ExtractedConcept,
  type ExtractedHypercube,
  local,
  reportable,
  type TaxonomyFacts,
} from "./taxonomy-facts.ts";

const roleUri = (role: string): string => `https://xbrl.efrag.org/taxonomy/${role}`;
const countries = "country:CountryDomain";

/** The member lists of the standard: list name to members, and which list each enumeration has. */
export type Lists = {
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly listOf: ReadonlyMap<string, string>;
};

/** One list per different domain; a list is named for its domain, with its role's number where one domain has several. */
export function deriveLists(facts: TaxonomyFacts): Lists {
  const listOf = new Map<string, string>();
  const lists: Record<string, readonly string[]> = {};
  const rolesOf = new Map<string, Set<string>>();
  const concepts = reportable(facts.concepts).filter(({ enumDomain }) => enumDomain !== null);
  for (const { enumDomain, enumLinkrole } of concepts)
    rolesOf.set(enumDomain ?? "", (rolesOf.get(enumDomain ?? "") ?? new Set()).add(enumLinkrole ?? ""));
  for (const concept of concepts) {
    const [domain, role] = [concept.enumDomain ?? "", concept.enumLinkrole ?? ""];
    const stem = local(domain).replace(/(Member|Domain|Abstract)$/, "");
    const several = (rolesOf.get(domain)?.size ?? 0) > 1;
    const name = several ? `${stem}.${role.slice(role.lastIndexOf("-") + 1)}` : stem;
    lists[name] = enumerationMembers(facts, concept);
    listOf.set(concept.name, name);
  }
  return { lists, listOf };
}

function enumerationMembers(facts: TaxonomyFacts, concept: ExtractedConcept): readonly string[] {
  const domain = concept.enumDomain ?? "";
  if (domain === countries) return ["country:*"];
  const given = facts.enumerations[concept.name];
  if (given === undefined) throw new Error(`No members were extracted for ${concept.name}.`);
  const head = concept.enumHeadUsable === true ? [domain] : [];
  const members =
    given.members.length === given.memberCount
      ? given.members.flatMap(({ m, usable }) => (usable ? [m] : []))
      : membersBelow(facts.domainTrees, concept.enumLinkrole ?? "", domain);
  if (members.length !== given.memberCount)
    throw new Error(`${concept.name}: ${members.length} members found, ${given.memberCount} expected.`);
  return [...new Set([...head, ...members])];
}

/** Every hypercube with the concepts that can be tagged in it. */
export function deriveTables(facts: TaxonomyFacts): readonly Table[] {
  const names = new Set(reportable(facts.concepts).map(({ name }) => name));
  return facts.hypercubes.map((hypercube) => ({
    role: hypercube.role,
    name: hypercube.hypercube,
    disclosure:
      /^\[\d+\] (?:ESRS2\.)?([A-Z0-9.]+-(?:\d+|[PAMT]))/.exec(facts.roles[hypercube.role] ?? "")?.[1] ?? "",
    closed: hypercube.closed,
    axes: hypercube.axes.map((axis) => deriveAxis(facts, hypercube, axis)),
    concepts: hypercube.primaryItems.filter((item) => names.has(item)),
  }));
}

function deriveAxis(
  facts: TaxonomyFacts,
  { role }: ExtractedHypercube,
  axis: ExtractedHypercube["axes"][number],
): Axis {
  const of = { axis: local(axis.axis), typed: axis.typed, default: axis.default ?? "" };
  if (axis.typed) return { ...of, members: [] };
  if (axis.domain.includes(countries)) return { ...of, members: ["country:*"] };
  const [domain = ""] = axis.domain;
  // A domain without a default may be named itself.
  const head = axis.default === null ? [domain] : [];
  const candidates = [roleUri(role), roleUri("role-902000")].map((uri) =>
    membersBelow(facts.domainTrees, uri, domain),
  );
  const members =
    axis.members.length === axis.memberCount
      ? axis.members
      : candidates.find(({ length }) => length === axis.memberCount);
  if (members === undefined)
    throw new Error(`${role}, ${axis.axis}: no list of ${axis.memberCount} members was found.`);
  return { ...of, members: [...new Set([...head, ...members])] };
}

/** The sums of the calculation linkbase, one per role and total. */
export function deriveTotals(arcs: readonly ExtractedArc[]): readonly Total[] {
  return [...Map.groupBy(arcs, ({ role, total }) => `${role}|${total}`).values()].map((group) => ({
    role: group[0]?.role ?? "",
    total: group[0]?.total ?? "",
    items: group.map(({ item, weight }) => ({ concept: item, weight })),
  }));
}
