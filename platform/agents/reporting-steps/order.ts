import type { Catalogue, Concept } from "../../catalogue/model.ts";
import type { Item } from "./items.ts";
import { paragraphOf } from "./page.ts";

type Rank = readonly (number | string)[];
const roman = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"];
const ranks = new Map<string, Rank>();

/** A paragraph as something to sort by: `30 (c) (ii)` by its numbers and letters, application requirements after the text. */
function rankOf(paragraph: string): Rank {
  const known = ranks.get(paragraph);
  if (known !== undefined) return known;
  const bare = paragraph.replace(/^AR\s*/, "");
  const [number = "", ...below] = bare.split(/[\s()]+/).filter((part) => part !== "");
  const rank = [
    paragraph === "" ? 2 : paragraph.startsWith("AR") ? 1 : 0,
    Number.parseInt(number, 10) || 999,
    ...below.map((part, depth) => (depth === 0 ? part : roman.indexOf(part))),
  ];
  ranks.set(paragraph, rank);
  return rank;
}

function compare(a: Rank, b: Rank): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const [left, right] = [a[at], b[at]];
    if (left === right) continue;
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    if (typeof left === typeof right) return left < right ? -1 : 1;
    return typeof left === "number" ? -1 : 1;
  }
  return 0;
}

/** Orders concepts of a disclosure requirement by the paragraphs that ask for them. */
export const byParagraph =
  (section: string) =>
  (a: Concept, b: Concept): number =>
    compare(rankOf(paragraphOf(a, section)), rankOf(paragraphOf(b, section)));

/** Orders facts as the standard does: by paragraph of their disclosure requirement, and within one paragraph as its tables present them. */
export function readingOrder({ catalogue }: { readonly catalogue: Catalogue }): (a: Item, b: Item) => number {
  const tables = new Map<string, number>();
  for (const { closed, concepts } of catalogue.tables)
    if (closed) for (const concept of concepts) if (!tables.has(concept)) tables.set(concept, tables.size);
  const rank = ({ fact: { concept } }: Item): number => tables.get(concept) ?? tables.size;
  return (a, b) =>
    (a.section < b.section ? -1 : a.section > b.section ? 1 : byParagraph(a.section)(a.concept, b.concept)) ||
    rank(a) - rank(b);
}
