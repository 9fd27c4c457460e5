import { SaxesParser } from "saxes";

/** Domain trees by extended link role and member: what stands directly below a member, in the linkbase's order. */
export type DomainTrees = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** Reads the domain-member arcs of definition linkbases (XBRL Dimensions 1.0), given as texts; names come out qualified (`esrs:X`, `country:DE`). */
export function readDomainTrees(linkbases: readonly string[]): DomainTrees {
  const trees = new Map<string, Map<string, { to: string; order: number }[]>>();
  for (const text of linkbases) readOne(text, trees);
  return new Map(
    [...trees].map(([role, tree]) => [
      role,
      new Map(
        [...tree].map(([from, below]) => [
          from,
          [...new Set(below.toSorted((a, b) => a.order - b.order).map(({ to }) => to))],
        ]),
      ),
    ]),
  );
}

function readOne(text: string, trees: Map<string, Map<string, { to: string; order: number }[]>>): void {
  let role = "";
  let places = new Map<string, string>();
  let arcs: { from: string; to: string; order: number }[] = [];
  const parser = new SaxesParser();
  parser.on("opentag", ({ name, attributes }) => {
    const of = (attribute: string): string => attributes[attribute] ?? "";
    if (name === "link:definitionLink") [role, places, arcs] = [of("xlink:role"), new Map(), []];
    if (name === "link:loc") places.set(of("xlink:label"), qualified(of("xlink:href")));
    if (name === "link:definitionArc" && of("xlink:arcrole").endsWith("/domain-member"))
      arcs.push({ from: of("xlink:from"), to: of("xlink:to"), order: Number(of("order") || 1) });
  });
  parser.on("closetag", ({ name }) => {
    if (name !== "link:definitionLink") return;
    const tree = trees.get(role) ?? new Map<string, { to: string; order: number }[]>();
    trees.set(role, tree);
    for (const { from, to, order } of arcs) {
      const above = places.get(from) ?? "";
      tree.set(above, [...(tree.get(above) ?? []), { to: places.get(to) ?? "", order }]);
    }
  });
  parser.write(text).close();
}

function qualified(href: string): string {
  const id = href.slice(href.indexOf("#") + 1);
  return id.replace("_", ":");
}

/** Every member below one, depth first, each once, without the one itself. */
export function membersBelow(trees: DomainTrees, role: string, head: string): readonly string[] {
  const found = new Set<string>();
  const walk = (member: string): void => {
    for (const below of trees.get(role)?.get(member) ?? []) {
      if (found.has(below)) continue;
      found.add(below);
      walk(below);
    }
  };
  walk(head);
  return [...found];
}
