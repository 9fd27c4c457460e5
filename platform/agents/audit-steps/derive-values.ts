import type { ValueTest } from "#rules/compliance-assertion.ts";
import { type ExtendedLink, targets } from "./derive-linkbase.ts";
import { below, type XmlElement } from "./xml-tree.ts";

/** One role of the definition linkbases: axis to its domains, and member to its children. */
export type MemberTree = {
  readonly domains: ReadonlyMap<string, readonly string[]>;
  readonly children: ReadonlyMap<string, readonly string[]>;
};

type Filter = { readonly element: XmlElement; readonly label: string; readonly complement: boolean };
type Variable = { readonly name: string; readonly sequence: boolean; readonly filters: readonly Filter[] };

const local = (name: string): string => name.slice(name.indexOf(":") + 1);
const typeName = (name: string): string => local(name).replace(/ItemType$/, "");
const texts = (element: XmlElement, name: string): readonly string[] =>
  [...below(element)].filter((one) => one.name === name).map(({ text }) => text.trim());

function filtersOf(link: ExtendedLink, label: string, arcrole: string): readonly Filter[] {
  return targets(link, label, arcrole).map((target) => ({
    element: target.element,
    label: target.label,
    complement: target.arc.attributes["complement"] === "true",
  }));
}

/** Concepts and types that a filter lets pass, also through an `or`. */
function passing(link: ExtendedLink, filter: Filter): { concepts: string[]; types: string[] } {
  if (filter.element.name === "orFilter") {
    const inner = filtersOf(link, filter.label, "boolean-filter").map((one) => passing(link, one));
    return {
      concepts: inner.flatMap(({ concepts }) => concepts),
      types: inner.flatMap(({ types }) => types),
    };
  }
  if (filter.element.name === "conceptName")
    return { concepts: texts(filter.element, "qname").map(local), types: [] };
  if (filter.element.name === "conceptDataType")
    return { concepts: [], types: texts(filter.element, "qname").map(typeName) };
  return { concepts: [], types: [] };
}

/** One value assertion as one of the six tests that we evaluate; throws on anything it does not recognise, so that a new release of the taxonomy cannot pass half understood. */
export function deriveValue(
  link: ExtendedLink,
  assertion: XmlElement,
  severity: ValueTest["severity"],
  trees: ReadonlyMap<string, MemberTree>,
): ValueTest {
  const id = assertion.attributes["id"] ?? "";
  const label = assertion.attributes["xlink:label"] ?? "";
  const test = assertion.attributes["test"] ?? "";
  const refuse = (why: string): never => {
    throw new Error(`${id}: ${why} (${test})`);
  };
  const group = filtersOf(link, label, "variable-set-filter");
  const variables = new Map(
    targets(link, label, "variable-set").map(({ element, label: at, arc }): [string, Variable] => {
      const name = arc.attributes["name"] ?? "";
      return [
        name,
        {
          name,
          sequence: element.attributes["bindAsSequence"] === "true",
          filters: filtersOf(link, at, "variable-filter"),
        },
      ];
    }),
  );
  const variable = (name: string): Variable => variables.get(name) ?? refuse(`no variable ${name}`);
  const only = (name: string): Filter => {
    const [first, ...more] = variable(name).filters;
    return first === undefined || more.length > 0 ? refuse(`${name} has not one filter`) : first;
  };
  const concept = (name: string): string =>
    passing(link, only(name)).concepts[0] ?? refuse(`${name} names no concept`);
  const member = (name: string): string =>
    texts(only(name).element, "qname")[1] ?? refuse(`${name} names no member`);
  const axisOf = (name: string): string =>
    local(texts(only(name).element, "qname")[0] ?? refuse(`${name} names no axis`));
  const inGroup = group
    .filter(({ complement }) => !complement)
    .flatMap((filter) => passing(link, filter).concepts);
  const left_out = group
    .filter(({ complement, element }) => complement && element.name === "explicitDimension")
    .flatMap(({ element }) => texts(element, "qname").slice(1));
  const base = { id, severity };
  const plain = test.replaceAll(/\s+/g, " ").trim();

  if (plain === "$v2 = sum($v1)" || plain === "sum($v1) = 1") {
    const filter = only("v1").element;
    if (texts(filter, "axis").some((axis) => axis !== "child")) return refuse("an axis that is not child");
    const children = new Map<string, Set<string>>();
    for (const role of texts(filter, "linkrole"))
      collect(trees.get(role) ?? refuse(`no members in ${role}`), axisOf("v2"), children);
    return {
      kind: "breakdown",
      ...base,
      axis: axisOf("v2"),
      concepts: inGroup,
      without_members: left_out,
      children: Object.fromEntries([...children].map(([parent, kids]) => [parent, [...kids]])),
      sum: plain.endsWith("= 1") ? "one" : "parent",
    };
  }
  const isMember = [...variables.values()].every(
    ({ filters }) => filters[0]?.element.name === "explicitDimension",
  );
  const sum = /^\$(v\d) = (\$v\d(?: \+ \$v\d)+)$/.exec(plain);
  const parts = (sum?.[2] ?? "").split(" + ").map((one) => one.slice(1));
  if (sum?.[1] !== undefined && isMember)
    return {
      kind: "member-sum",
      ...base,
      axis: axisOf(sum[1]),
      concepts: inGroup,
      total: member(sum[1]),
      parts: parts.map(member),
    };
  if (sum?.[1] !== undefined)
    return { kind: "concept-sum", ...base, total: concept(sum[1]), parts: parts.map(concept) };
  const one = /^(\$v\d(?: \+ \$v\d)+) = 1$/.exec(plain);
  if (one?.[1] !== undefined)
    return {
      kind: "concept-sum",
      ...base,
      parts: one[1].split(" + ").map((name) => concept(name.slice(1))),
    };
  const order = /^\$(v\d) < \$(v\d)$/.exec(plain);
  if (order?.[1] !== undefined && order[2] !== undefined)
    return {
      kind: "member-order",
      ...base,
      axis: axisOf(order[1]),
      concepts: inGroup,
      smaller: member(order[1]),
      greater: member(order[2]),
    };
  if (plain === "$v1 >= 0") return { kind: "not-negative", ...base, ...passing(link, only("v1")) };
  const unit = /xfi:unit\(\$(\w+)\).*QName\('http:\/\/www\.xbrl\.org\/2009\/utr', '(\w+)'\)$/.exec(plain);
  if (unit?.[1] !== undefined)
    return {
      kind: "unit",
      ...base,
      type: passing(link, only(unit[1])).types[0] ?? refuse("no type"),
      unit: `utr:${unit[2] ?? ""}`,
    };
  const identifiers = /tokenize\(\$(\w+), ?","\).*'(\w+TypedAxis)'/.exec(plain);
  if (identifiers?.[1] !== undefined)
    return {
      kind: "identifiers",
      ...base,
      concept: concept(identifiers[1]),
      axis: identifiers[2] ?? "",
    };
  return refuse("a test of a kind that is not known");
}

/** Adds the families of members below an axis, as one role has them. */
function collect(tree: MemberTree, axis: string, into: Map<string, Set<string>>): void {
  const open = [...(tree.domains.get(`esrs:${axis}`) ?? [])];
  const seen = new Set<string>();
  for (let parent = open.pop(); parent !== undefined; parent = open.pop()) {
    if (seen.has(parent)) continue;
    seen.add(parent);
    const kids = tree.children.get(parent) ?? [];
    if (kids.length === 0) continue;
    const known = into.get(parent) ?? new Set();
    for (const kid of kids) known.add(kid);
    into.set(parent, known);
    open.push(...kids);
  }
}
