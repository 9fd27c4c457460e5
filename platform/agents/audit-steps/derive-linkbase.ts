import { below, readXml, type XmlElement } from "./xml-tree.ts";

/** An arc of an extended link, from a resource's or locator's label to another's. */
export type Arc = {
  readonly arcrole: string;
  readonly from: string;
  readonly to: string;
  readonly attributes: Readonly<Record<string, string>>;
};

/** An extended link: what its labels stand for, and the arcs between them, in order. */
export type ExtendedLink = {
  readonly role: string;
  readonly resources: ReadonlyMap<string, readonly XmlElement[]>;
  readonly arcs: readonly Arc[];
};

/** The extended links of a linkbase file. */
export function extendedLinks(content: string): readonly ExtendedLink[] {
  return [...below(readXml(content))]
    .filter((element) => element.attributes["xlink:type"] === "extended")
    .map((link) => ({
      role: link.attributes["xlink:role"] ?? "",
      resources: Map.groupBy(
        link.children.filter(({ attributes }) =>
          ["resource", "locator"].includes(attributes["xlink:type"] ?? ""),
        ),
        ({ attributes }) => attributes["xlink:label"] ?? "",
      ),
      arcs: link.children
        .filter(({ attributes }) => attributes["xlink:type"] === "arc")
        .map(({ attributes }) => ({
          arcrole: (attributes["xlink:arcrole"] ?? "").split("/").at(-1) ?? "",
          from: attributes["xlink:from"] ?? "",
          to: attributes["xlink:to"] ?? "",
          attributes,
        }))
        .toSorted((a, b) => Number(a.attributes["order"] ?? 1) - Number(b.attributes["order"] ?? 1)),
    }));
}

/** What lies at the other end of an element's arcs of one role, with the arc that leads there. */
export function targets(
  link: ExtendedLink,
  label: string,
  arcrole: string,
): readonly { readonly element: XmlElement; readonly label: string; readonly arc: Arc }[] {
  return link.arcs
    .filter((arc) => arc.from === label && arc.arcrole === arcrole)
    .flatMap((arc) => (link.resources.get(arc.to) ?? []).map((element) => ({ element, label: arc.to, arc })));
}

/** The qualified name that a locator's fragment stands for: `esrs_cor.xsd#esrs_FemaleMember` is `esrs:FemaleMember`. */
export function nameOf(locator: XmlElement): string {
  const id = (locator.attributes["xlink:href"] ?? "").split("#")[1] ?? "";
  return id.replace("_", ":");
}
