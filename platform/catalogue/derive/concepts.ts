import { partOf } from "./eu-law-parts.ts";
import { labelOf } from "../label.ts";
import {
  type Concept,
  conceptTypes,
  type ConceptType,
  type EuLaw,
  isNumeric,
  type Reference,
} from "../model.ts";
import {
  disclosureOf,
  type ExtractedConcept,
  type ExtractedDatapoint,
  type ExtractedReference,
  local,
  phaseInOf,
  reportable,
  type TaxonomyFacts,
} from "./taxonomy-facts.ts";

/** The canonical unit of each numeric type. Money is in whatever currency; ratios name their denominator's kind. */
const unitOf: Readonly<Partial<Record<ConceptType, string>>> = {
  percent: "xbrli:pure",
  decimal: "xbrli:pure",
  integer: "xbrli:pure",
  monetary: "iso4217",
  mass: "utr:t",
  energy: "utr:MWh",
  volume: "utr:m3",
  area: "utr:ha",
  ghgEmissions: "utr:tCO2e",
  ghgEmissionsPerMonetary: "utr:tCO2e/iso4217",
  energyPerMonetary: "utr:MWh/iso4217",
  volumePerMonetary: "utr:m3/iso4217",
};

/** Throws when a canonical unit is not in the unit type registry for its type, so a wrong one never reaches the file. */
export function checkUnits({ units }: TaxonomyFacts): void {
  const known = new Set(
    units.filter(({ status }) => status === "REC").map(({ unitId, itemType }) => `${unitId} ${itemType}`),
  );
  for (const [type, unit] of Object.entries(unitOf)) {
    const utr = /^utr:([^/]+)/.exec(unit)?.[1];
    if (utr === undefined) continue;
    const base = type.replace("PerMonetary", "");
    if (!known.has(`${utr} ${base}ItemType`))
      throw new Error(`${utr} is no unit of ${base} in the registry.`);
    const ratios = units.some(
      ({ itemType, numeratorItemType }) =>
        itemType === `${type}ItemType` && numeratorItemType === `${base}ItemType`,
    );
    if (base !== type && !ratios) throw new Error(`The registry knows no ratio ${type}.`);
  }
}

/** Every concept that can be tagged, in the taxonomy's own order. `idsOf` adds the datapoints that lead to a concept by paragraph. */
export function deriveConcepts(
  facts: TaxonomyFacts,
  idsOf: ReadonlyMap<string, readonly string[]>,
  listOf: ReadonlyMap<string, string>,
): readonly Concept[] {
  const flags = new Map(facts.ig3.map((row) => [row.id, row]));
  const laws = Map.groupBy(facts.euLaw, (row) => row["esrs_concept"] ?? "");
  return reportable(facts.concepts).map((concept) => {
    const references = referencesOf(concept);
    const type = typeOf(concept.type);
    const own = references.flatMap(({ datapoint_id: id }) => (id === "" ? [] : [id]));
    // A datapoint that is a whole table is said last, and only where the taxonomy itself says it.
    const matched = (idsOf.get(concept.name) ?? []).filter((id) => !isTable(flags.get(id)));
    const rank = (id: string): number => (isTable(flags.get(id)) ? 1 : 0);
    const ids = [...new Set([...own, ...matched])].toSorted((one, other) => rank(one) - rank(other));
    const first = references[0];
    if (first === undefined) throw new Error(`${concept.name} has no reference to the standard.`);
    return {
      concept: concept.name,
      label: labelOf(concept.name),
      type,
      unit: isNumeric(type) ? (unitOf[type] ?? "") : "",
      period: concept.period,
      standard: first.standard,
      disclosure: first.disclosure,
      datapoint_ids: ids,
      references,
      voluntary: references.every(({ obligation }) => obligation === "may"),
      phase_in: phaseIn(ids.flatMap((id) => flags.get(id) ?? [])),
      eu_law: lawOf(laws.get(concept.name) ?? []),
      enumeration: listOf.get(concept.name) ?? "",
    };
  });
}

function typeOf(name: string): ConceptType {
  const type = local(name).replace(/ItemType$/, "");
  const known = conceptTypes.find((candidate) => candidate === type);
  if (known === undefined) throw new Error(`Unknown type ${name}.`);
  return known;
}

const order = ["ESRS 2", "E1", "E2", "E3", "E4", "E5", "S1", "S2", "S3", "S4", "G1", "ESRS 1"];

// The home of a concept first: a main reference that carries a datapoint's id, in the order of the standards.
function referencesOf({ references }: ExtractedConcept): Reference[] {
  const inStandard = references.filter(({ Name: name }) => name === "ESRS");
  const main = inStandard.filter(({ ReferenceType: kind }) => kind === "Main");
  const used = main.length > 0 ? main : inStandard;
  const rank = (of: ExtractedReference): number =>
    (of["DatapointId"] === undefined ? 100 : 0) + order.indexOf(of["Number"] ?? "");
  return used.toSorted((a, b) => rank(a) - rank(b)).map(reference);
}

function reference(of: ExtractedReference): Reference {
  const standard = of["Number"] ?? "";
  const below = [of["Subparagraph"], of["Clause"]].filter((part) => part !== undefined && part !== "");
  return {
    standard,
    disclosure: disclosureOf(standard, of["Section"] ?? ""),
    paragraph: [of["Paragraph"] ?? "", ...below.map((part) => `(${part})`)].join(" ").trim(),
    related_ar: (of["RelatedAR"] ?? "").replaceAll(/\s+/g, " "),
    obligation: obligation(of["MandatoryDatapoint"]),
    conditional: of["ConditionalDatapoint"] === "Conditional",
    datapoint_id: of["DatapointId"] ?? "",
  };
}

function obligation(text: string | undefined): string {
  if (text === undefined) return "";
  if (/irrespective/i.test(text)) return "always";
  return /subject/i.test(text) ? "if material" : "may";
}

const isTable = (row: ExtractedDatapoint | undefined): boolean => /^table( \d)?$/i.test(row?.dataType ?? "");

/**
 * What may be left out at first: only what every datapoint of the concept allows, for as long as the shortest of them
 * allows it. A whole table does not count beside a datapoint of the concept's own.
 */
function phaseIn(rows: readonly ExtractedDatapoint[]): string[] {
  const own = rows.filter((row) => !isTable(row));
  const counted = own.length > 0 ? own : rows;
  const shortest = (who: string, of: (row: ExtractedDatapoint) => string | null | undefined): string[] => {
    const given = counted.map((row) => phaseInOf(of(row)));
    const [first] = given.toSorted();
    const years = given.every((text) => /^\d years?$/.test(text));
    const alike = new Set(given).size === 1;
    return first === undefined || first === "" || !(years || alike) ? [] : [`${who}: ${first}`];
  };
  return [
    ...shortest("all", ({ phaseInAll }) => phaseInAll),
    ...shortest("up to 750 employees", ({ phaseIn750 }) => phaseIn750),
  ];
}

/** The five regulations by which EU law asks for the same figures; other documents that a reference names are no such law. */
const laws = /^(2022\/1288|2022\/2453|2020\/1818|2020\/1816|2021\/1119)$/;

function lawOf(rows: TaxonomyFacts["euLaw"]): EuLaw[] {
  const found = new Map<string, EuLaw>();
  for (const row of rows) {
    const law = row["number"] ?? "";
    if (!laws.test(law)) continue;
    const part = partOf(law, [row["part1"] ?? "", row["part2"] ?? "", row["clause"] ?? ""]);
    found.set(`${law}|${part}`, { law, part, uri: row["uri"] ?? "" });
  }
  return [...found.values()];
}
