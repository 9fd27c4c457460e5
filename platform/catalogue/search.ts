import type { Catalogue, Concept, Datapoint } from "./model.ts";

/** Something of the standard that fits a search, the better the higher its score. */
export type Hit =
  | { readonly kind: "concept"; readonly score: number; readonly concept: Concept }
  | { readonly kind: "datapoint"; readonly score: number; readonly datapoint: Datapoint };

/** Narrows a search. `standard` is `E1` … `G1` or `ESRS 2`, `type` a concept's data type. */
export type SearchOptions = { readonly standard?: string; readonly type?: string; readonly limit?: number };

/** Words that mean the very same. */
const same: Readonly<Record<string, string>> = { ghg: "greenhouse", greenhouse: "ghg", ghgs: "greenhouse" };

/** What people write for what the standard says. */
const others: Readonly<Record<string, readonly string[]>> = {
  carbon: ["ghg", "greenhouse"],
  co2: ["ghg", "greenhouse"],
  gas: ["gases"],
  staff: ["employees", "employee", "workforce"],
  employees: ["employee"],
  employee: ["employees"],
  women: ["gender", "female"],
  electricity: ["energy"],
  injuries: ["accidents"],
  accident: ["accidents"],
  pay: ["remuneration", "wage", "wages"],
  salary: ["remuneration", "wage"],
  bribery: ["corruption"],
  recycling: ["recycled", "recycling"],
  fte: ["equivalent"],
  living: ["adequate"],
  wage: ["wages"],
  suppliers: ["supplier"],
  solar: ["renewable"],
  wind: ["renewable"],
  board: ["boards", "administrative"],
};

/**
 * Searches ids, names, labels and paragraphs; every word must be found, and entries come best first.
 * An exact id or name wins; a datapoint is listed only where its id was asked for or none of its concepts is found anyway.
 */
export function searchCatalogue(
  { concepts, datapoints }: Catalogue,
  text: string,
  { standard, type, limit = 25 }: SearchOptions = {},
): readonly Hit[] {
  const asked = text
    .trim()
    .replace(/^esrs:/i, "")
    .toLowerCase();
  const words = asked
    .replaceAll(/\bheadcount\b/g, "head count")
    .replaceAll(/\bscope(?=\d)/g, "scope ")
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length === 0) return [];
  const found: Hit[] = [];
  for (const concept of concepts) {
    if (
      (standard !== undefined && !touches(concept, standard)) ||
      (type !== undefined && concept.type !== type)
    )
      continue;
    const score = conceptScore(concept, asked, words);
    if (score > 0) found.push({ kind: "concept", score, concept });
  }
  const shown = new Set(found.flatMap((hit) => (hit.kind === "concept" ? [hit.concept.concept] : [])));
  for (const datapoint of type === undefined ? datapoints : []) {
    const byId = datapoint.id.toLowerCase().startsWith(asked);
    if (standard !== undefined && datapoint.standard !== standard) continue;
    if (!byId || (datapoint.id.toLowerCase() !== asked && datapoint.concepts.some((name) => shown.has(name))))
      continue;
    found.push({ kind: "datapoint", score: datapoint.id.toLowerCase() === asked ? 1000 : 300, datapoint });
  }
  return found.toSorted((a, b) => b.score - a.score || (nameOf(a) < nameOf(b) ? -1 : 1)).slice(0, limit);
}

const nameOf = (hit: Hit): string => (hit.kind === "concept" ? hit.concept.concept : hit.datapoint.id);

function touches({ standard, references }: Concept, wanted: string): boolean {
  return standard === wanted || references.some((reference) => reference.standard === wanted);
}

function conceptScore(concept: Concept, asked: string, words: readonly string[]): number {
  const name = concept.concept.toLowerCase();
  if (name === asked) return 1000;
  const ids = concept.datapoint_ids.map((id) => id.toLowerCase());
  if (ids.includes(asked)) return 900;
  const places = concept.references.map(({ standard, disclosure, paragraph }) =>
    `${standard} ${disclosure} ${paragraph}`.toLowerCase(),
  );
  // Of a requirement the figures first.
  if (words.length === 1 && concept.disclosure.toLowerCase() === asked)
    return concept.unit === "" ? 500 : 510;
  if (/\d/.test(asked) && places.some((place) => place.endsWith(` ${asked}`))) return 400;
  const label = concept.label.toLowerCase().split(/[^a-z0-9&]+/);
  let score = 0;
  for (const word of words) {
    const one = wordScore(word, label, name, ids, places);
    if (one === 0) return 0;
    score += one;
  }
  // Short labels say the thing itself; long ones explain something about it.
  return score / words.length + 30 / Math.max(3, label.length) + (concept.unit === "" ? 0 : 4);
}

function wordScore(
  word: string,
  label: readonly string[],
  name: string,
  ids: readonly string[],
  places: readonly string[],
): number {
  if (label.includes(word) || label.includes(same[word] ?? word)) return 100;
  if (label.some((of) => stem(of) === stem(word))) return 90;
  if ((others[word] ?? []).some((other) => label.includes(other))) return 70;
  if (word.length >= 3 && label.some((of) => of.startsWith(word))) return 60;
  if (ids.some((id) => id.startsWith(word))) return 50;
  if (places.some((place) => place.split(" ").includes(word) || place.includes(word))) return 30;
  return word.length >= 4 && name.includes(word) ? 20 : 0;
}

const stem = (word: string): string => word.replace(/(ies|es|s|ing|ed)$/, "");
