/** A value that `xml` can write: text, a list of elements (written as `wrap` children), or named elements. */
export type Xml = string | number | boolean | undefined | XmlList | { readonly [name: string]: Xml };

/** A list with the name its members carry on the wire: `item` for EC2, `member` elsewhere. */
export type XmlList = { readonly each: "item" | "member"; readonly of: readonly Xml[] };

/** Members of an EC2 list. */
export const items = (of: readonly Xml[]): XmlList => ({ each: "item", of });

/** Members of a query-protocol list. */
export const members = (of: readonly Xml[]): XmlList => ({ each: "member", of });

/** Writes named elements; undefined ones are left out, text is escaped, characters that XML forbids are dropped. */
export function xml(value: Xml): string {
  if (value === undefined) return "";
  if (typeof value !== "object") return escape(String(value));
  if (isList(value))
    return value.of.map((member) => `<${value.each}>${xml(member)}</${value.each}>`).join("");
  return Object.entries(value)
    .filter(([, child]) => child !== undefined)
    .map(([name, child]) => `<${name}>${xml(child)}</${name}>`)
    .join("");
}

function isList(value: XmlList | { readonly [name: string]: Xml }): value is XmlList {
  return Array.isArray(value["of"]) && typeof value["each"] === "string";
}

function escape(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return (
    text
      // oxlint-disable-next-line no-control-regex -- XML 1.0 has no place for these characters
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
      .replace(/[&<>"]/g, (character) => entities[character] ?? character)
  );
}
