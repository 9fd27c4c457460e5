import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { AssertionFile, type Existence, type Sum, type ValueTest } from "#rules/compliance-assertion.ts";
import { type ExtendedLink, extendedLinks, nameOf, targets } from "./derive-linkbase.ts";
import { deriveValue, type MemberTree } from "./derive-values.ts";
import { below, type XmlElement } from "./xml-tree.ts";

/**
 * Rebuilds rules/compliance_assertions.json from the taxonomy package, which the user unpacks: ids, concepts, members, severities and dates, no wording.
 * Usage: npm run rules -- --taxonomy <folder of the unpacked package> [--out rules/compliance_assertions.json]
 */
const { values } = parseArgs({
  options: {
    taxonomy: { type: "string" },
    out: { type: "string", default: "rules/compliance_assertions.json" },
  },
});
if (values.taxonomy === undefined)
  throw new Error("Name the folder of the unpacked taxonomy package: --taxonomy <folder>.");
const version = "2023-12-22";
const home = join(values.taxonomy, "xbrl.efrag.org/taxonomy/esrs", version, "all");

async function linksIn(folder: string, matching: RegExp): Promise<readonly ExtendedLink[]> {
  const names = (await readdir(join(home, folder))).filter((name) => matching.test(name)).toSorted();
  const contents = await Promise.all(names.map((name) => readFile(join(home, folder, name), "utf8")));
  return contents.flatMap(extendedLinks);
}

const formulas = await linksIn("formula", /\.xml$/);
const definitions = await linksIn("linkbases", /^def_/);
const calculations = await linksIn("linkbases", /^cal_/);
const trees = membersOf([...definitions, ...(await linksIn("dimensions", /\.xml$/))]);

const severityOf = (link: ExtendedLink, assertion: XmlElement): ValueTest["severity"] => {
  const [found] = targets(link, assertion.attributes["xlink:label"] ?? "", "assertion-unsatisfied-severity");
  const name = (found?.element.attributes["xlink:href"] ?? "").split("#")[1];
  if (name === "OK" || name === "WARNING" || name === "ERROR") return name;
  throw new Error(`${assertion.attributes["id"] ?? ""} has no severity`);
};
const all = (kind: string): readonly (readonly [ExtendedLink, XmlElement])[] =>
  formulas.flatMap((link) =>
    [...link.resources.values()]
      .flat()
      .filter(({ name }) => name === kind)
      .map((element) => [link, element] as const),
  );

const existence = all("existenceAssertion").map(([link, assertion]): Existence => {
  const variables = targets(link, assertion.attributes["xlink:label"] ?? "", "variable-set");
  const facts = variables.filter(({ element }) => element.name === "factVariable");
  const from = variables
    .filter(({ element }) => element.name === "parameter")
    .map(({ element }) => /ge xs:date\('([\d-]+)'\)$/.exec(element.attributes["select"] ?? "")?.[1]);
  return {
    id: assertion.attributes["id"] ?? "",
    severity: severityOf(link, assertion),
    concepts: facts.flatMap(({ label }) =>
      targets(link, label, "variable-filter").flatMap(({ element }) =>
        [...below(element)]
          .filter(({ name }) => name === "qname")
          .map(({ text }) => text.trim().replace("esrs:", "")),
      ),
    ),
    nils: facts.every(({ element }) => element.attributes["nils"] === "true"),
    ...(from[0] === undefined ? {} : { from: from[0] }),
  };
});
const tests = all("valueAssertion").map(([link, assertion]) =>
  deriveValue(link, assertion, severityOf(link, assertion), trees),
);
const sums = calculations.flatMap((link): readonly Sum[] => {
  const role = link.role.split("/").at(-1) ?? "";
  const arcs = link.arcs.filter(({ arcrole }) => arcrole === "summation-item");
  const name = (label: string): string => {
    const [locator] = link.resources.get(label) ?? [];
    return locator === undefined ? "" : nameOf(locator).replace("esrs:", "");
  };
  return [...Map.groupBy(arcs, ({ from }) => name(from))].map(([total, parts]) => ({
    id: `calc_${role.replace("role-", "")}_${total}`,
    role,
    total,
    items: parts.map(({ to, attributes }) => ({
      concept: name(to),
      weight: Number(attributes["weight"] ?? 1),
    })),
  }));
});

const linkbases = createHash("sha256");
for (const name of (await readdir(join(home, "formula"))).toSorted())
  linkbases.update(await readFile(join(home, "formula", name)));
const file = AssertionFile.parse({
  taxonomy: {
    version,
    provenance: `derived from the formula, calculation and definition linkbases of the ESRS Set 1 taxonomy ${version}; SHA-256 of its formula linkbases ${linkbases.digest("hex")}`,
  },
  existence,
  values: tests,
  sums,
});
const lines = (list: readonly object[]): string =>
  `[\n${list.map((entry) => `    ${JSON.stringify(entry)}`).join(",\n")}\n  ]`;
await writeFile(
  values.out,
  `{\n  "taxonomy": ${JSON.stringify(file.taxonomy)},\n  "existence": ${lines(file.existence)},\n  "values": ${lines(file.values)},\n  "sums": ${lines(file.sums)}\n}\n`,
);
process.stdout.write(
  `${file.existence.length} existence assertions, ${file.values.length} value assertions, ${file.sums.length} sums written to ${values.out}\n`,
);

/** Axes, domains and members per role, as the arcs of that role alone say. */
function membersOf(links: readonly ExtendedLink[]): ReadonlyMap<string, MemberTree> {
  type Growing = { readonly [part in "domains" | "children"]: Map<string, string[]> };
  const found = new Map<string, Growing>();
  const arcroles = { "dimension-domain": "domains", "domain-member": "children" } as const;
  for (const link of links) {
    const tree: Growing = found.get(link.role) ?? { domains: new Map(), children: new Map() };
    found.set(link.role, tree);
    for (const { arcrole, from, to } of link.arcs) {
      if (arcrole !== "dimension-domain" && arcrole !== "domain-member") continue;
      const [[parent], [child]] = [link.resources.get(from) ?? [], link.resources.get(to) ?? []];
      if (parent === undefined || child === undefined) continue;
      const part = tree[arcroles[arcrole]];
      part.set(nameOf(parent), [...(part.get(nameOf(parent)) ?? []), nameOf(child)]);
    }
  }
  return found;
}
