import type { Datapoint } from "../model.ts";
import {
  disclosureOf,
  type ExtractedConcept,
  type ExtractedDatapoint,
  phaseInOf,
  reportable,
  type TaxonomyFacts,
} from "./taxonomy-facts.ts";
import { matchedByHand } from "./matched-by-hand.ts";

/** Every datapoint of IG 3 with its concepts: those whose references name its id, else those its paragraph leads to. */
export function deriveDatapoints(facts: TaxonomyFacts): readonly Datapoint[] {
  const concepts = reportable(facts.concepts);
  const known = new Set(concepts.map(({ name }) => name));
  for (const [id, names] of Object.entries(matchedByHand))
    for (const name of names)
      if (!known.has(name)) throw new Error(`${id} is matched to the unknown ${name}.`);
  const rows = facts.ig3.filter(({ id }) => /_\d/.test(id));
  const byId = Map.groupBy(
    concepts.flatMap((concept) => [...new Set(idsIn(concept))].map((id) => ({ id, name: concept.name }))),
    ({ id }) => id,
  );
  const namesOf = (id: string): readonly string[] => (byId.get(id) ?? []).map(({ name }) => name);
  return rows.map((row) => {
    const direct = [...new Set(idsOf(row.id).flatMap(namesOf))];
    const found = direct.length > 0 ? direct : (matchedByHand[row.id] ?? byParagraph(row, concepts));
    return {
      id: row.id,
      standard: standardOf(row),
      disclosure: disclosureOfRow(row),
      paragraph: paragraphText(row.paragraph),
      related_ar: (row.relatedAR ?? "").startsWith("mdr")
        ? ""
        : (row.relatedAR ?? "").replaceAll(/\s+/g, " "),
      data_type: dataType(row.dataType),
      voluntary: row.voluntary,
      conditional: /^(conditional|alternative)$/i.test(row.conditionalOrAlternative ?? "")
        ? (row.conditionalOrAlternative ?? "").toLowerCase()
        : "",
      appendix_b: lawNames(row.appendixB),
      phase_in:
        phaseInOf(row.phaseInAll) || (typeof row.phaseInDisclose === "string" ? "ESRS 1 Appendix C" : ""),
      phase_in_up_to_750: phaseInOf(row.phaseIn750),
      concepts: [...found],
      matched: found.length === 0 ? "none" : direct.length > 0 ? "by id" : "by paragraph",
    };
  });
}

function idsIn({ references }: ExtractedConcept): readonly string[] {
  return references.flatMap(({ DatapointId: id }) => (id === undefined ? [] : [id]));
}

// `E1.MDR-P_01-06` stands for the minimum disclosure requirements MDR-P_01 to MDR-P_06.
function idsOf(id: string): readonly string[] {
  const range = /^\w\d\.(MDR-[PAT])_(\d+)-(\d+)$/.exec(id);
  if (range === null) return [id];
  const [, stem = "", from = "", to = ""] = range;
  return Array.from(
    { length: Number(to) - Number(from) + 1 },
    (_, index) => `${stem}_${String(Number(from) + index).padStart(2, "0")}`,
  );
}

function standardOf({ sheet }: ExtractedDatapoint): string {
  return sheet.startsWith("ESRS 2") ? "ESRS 2" : sheet.replace("ESRS ", "");
}

function disclosureOfRow(row: ExtractedDatapoint): string {
  const given = row.dr ?? "";
  return given.startsWith("mdr_") ? row.id.slice(0, row.id.indexOf("_")) : given;
}

function paragraphText(text: string | null): string {
  return paragraphsOf(text ?? "")
    .map(([paragraph = "", ...below]) => [paragraph, ...below.map((part) => `(${part})`)].join(" "))
    .join(", ");
}

/** `34 a + 34 b` → [[34, a], [34, b]]; `AR30` → [[AR 30]]; `56b` → [[56, b]]. */
function paragraphsOf(text: string): readonly (readonly string[])[] {
  return text.split(/[,+]/).flatMap((piece) => {
    const found = /^\s*(AR\s*)?(\d+)\s*([a-z])?\s*([ivx]+)?\s*$/.exec(piece);
    if (found === null) return [];
    const [, ar, number = "", letter, roman] = found;
    return [
      [`${ar === undefined ? "" : "AR "}${number}`, ...[letter, roman].filter((part) => part !== undefined)],
    ];
  });
}

function dataType(text: string | null): string {
  const type = (text ?? "")
    .toLowerCase()
    .replaceAll(/\s*\/\s*/g, "/")
    .replace("monerary", "monetary")
    .trim();
  return type.startsWith("mdr_") ? "" : type;
}

function lawNames(text: string | null): string {
  const names: readonly (readonly [RegExp, string])[] = [
    [/SFDR/i, "SFDR"],
    [/PILLAR 3/i, "Pillar 3"],
    [/BENCH/i, "Benchmark"],
    [/\bCL\b/, "Climate Law"],
  ];
  return names.flatMap(([pattern, name]) => (pattern.test(text ?? "") ? [name] : [])).join(", ");
}

type Candidate = { readonly name: string; readonly close: number; readonly alike: number };

// Concepts whose reference stands at the same paragraph of the same requirement, the more alike in words the better.
function byParagraph(row: ExtractedDatapoint, concepts: readonly ExtractedConcept[]): readonly string[] {
  const wanted = paragraphsOf(row.paragraph ?? "");
  const home = disclosureOfRow(row);
  const words = wordsOf(row.name ?? "");
  const candidates: Candidate[] = concepts.flatMap((concept) => {
    const close = Math.max(
      0,
      ...concept.references
        .filter(
          (of) => of["Name"] === "ESRS" && disclosureOf(of["Number"] ?? "", of["Section"] ?? "") === home,
        )
        .flatMap((of) => wanted.map((keys) => closeness(keys, keysOf(of)))),
    );
    return close === 0
      ? []
      : [{ name: concept.name, close, alike: likeness(words, wordsOf(labelWords(concept.name))) }];
  });
  const best = Math.max(0, ...candidates.map(({ close, alike }) => close * alike));
  return candidates
    .filter(({ close, alike }) => alike >= 0.5 && close * alike >= best * 0.85)
    .map(({ name }) => name);
}

function keysOf(reference: ExtractedConcept["references"][number]): readonly string[] {
  return [reference["Paragraph"], reference["Subparagraph"], reference["Clause"]].filter(
    (part): part is string => part !== undefined && part !== "",
  );
}

// 1 for the same place, less for a paragraph that holds the other, 0 for another place.
function closeness(a: readonly string[], b: readonly string[]): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) if (a[index] !== b[index]) return 0;
  return shared === 0 ? 0 : a.length === b.length ? 1 : 0.8;
}

const small: ReadonlySet<string> = new Set(
  "a an and are as at been by for from has have how in is its of on or that the to which with explanatory disclosure description explanation indication".split(
    " ",
  ),
);
function labelWords(name: string): string {
  return name.replaceAll(/([a-z])([A-Z0-9])/g, "$1 $2").replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1 $2");
}
function wordsOf(text: string): ReadonlySet<string> {
  return new Set(
    text
      .toLowerCase()
      .replaceAll("-", "")
      .split(/[^a-z0-9]+/)
      .filter((word) => word !== "" && !small.has(word)),
  );
}
function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = [...a].filter((word) => b.has(word)).length;
  return a.size === 0 || b.size === 0 ? 0 : shared / Math.min(a.size, b.size);
}
