/** What of the extracted taxonomy facts the platform keeps: identifiers, types, references, tables, totals and assertions; never wording. */

type Reference = Readonly<Record<string, string | undefined>>;
type Concept = {
  readonly name: string;
  readonly type: string;
  readonly period: string;
  readonly abstract: boolean;
  readonly isDimension: boolean;
  readonly references: readonly Reference[];
};
type Filter = { readonly filter: string; readonly q: readonly string[] };
type Assertion = {
  readonly id: string;
  readonly kind: string;
  readonly severity?: string;
  readonly variables: Readonly<Record<string, { readonly filters?: readonly Filter[] }>>;
  readonly filters: readonly Filter[];
};
type Axis = {
  readonly axis: string;
  readonly typed: boolean;
  readonly default: string | null;
  readonly members: readonly string[];
  readonly memberCount: number;
};
type Hypercube = {
  readonly role: string;
  readonly closed: boolean;
  readonly axes: readonly Axis[];
  readonly primaryItems: readonly string[];
};
type Arc = { readonly role: string; readonly total: string; readonly item: string; readonly weight: number };
type Enumeration = { readonly members: readonly { readonly m: string; readonly usable: boolean }[] };
type LawRow = Readonly<Record<string, string>>;
type Ig3 = {
  readonly id: string;
  readonly dr: string;
  readonly paragraph: string | null;
  readonly voluntary: boolean;
  readonly phaseIn750: string | null;
  readonly phaseInAll: string | null;
};

/** Everything extracted from the taxonomy that the derivation reads. */
export type TaxonomyFacts = {
  readonly concepts: readonly Concept[];
  readonly hypercubes: readonly Hypercube[];
  readonly enumerations: Readonly<Record<string, Enumeration>>;
  readonly arcs: readonly Arc[];
  readonly assertions: readonly Assertion[];
  readonly euLaw: readonly LawRow[];
  readonly ig3: readonly Ig3[];
  readonly countries: readonly string[];
  readonly packageSha256: string;
};

/** Which part of the standard to keep: disclosure requirements by section, and the report-wide concepts every report needs. */
export type Slice = { readonly sections: readonly string[]; readonly also: readonly string[] };

/** IG 3 ids that the reference linkbase does not carry on the concept, matched by paragraph. */
const idsByParagraph: Readonly<Record<string, readonly string[]>> = {
  GrossScope1GreenhouseGasEmissions: ["E1-6_07"],
};
const tableIds: Readonly<Record<string, string>> = {
  "role-301063": "E1-6_01",
  "role-301062": "E1-6_02",
  "role-301064": "E1-6_03",
  "role-301065": "E1-6_04",
  "role-301066": "E1-6_05",
  "role-301068": "E1-6_06",
};
const unitByType: Readonly<Record<string, string>> = {
  "dtr-types:ghgEmissionsItemType": "utr:tCO2e",
  "dtr-types:percentItemType": "xbrli:pure",
  "dtr-types:ghgEmissionsPerMonetaryItemType": "utr:tCO2e/iso4217",
  "xbrli:monetaryItemType": "iso4217",
};

/** Derives the catalogue of one slice of the standard. */
export function deriveDatapoints(facts: TaxonomyFacts, slice: Slice): object {
  const kept = facts.concepts.filter(
    (concept) =>
      !concept.abstract &&
      !concept.isDimension &&
      (slice.also.includes(concept.name) ||
        concept.references.some(
          (reference) =>
            reference["Name"] === "ESRS" &&
            reference["ReferenceType"] !== "Related" &&
            slice.sections.includes(reference["Section"] ?? ""),
        )),
  );
  const names = new Set(kept.map(({ name }) => name));
  const ig3 = new Map(facts.ig3.map((row) => [row.id, row]));
  const tables = facts.hypercubes.filter(
    ({ role, primaryItems }) =>
      !role.startsWith("role-9") && tableOf(slice, role) && primaryItems.some((item) => names.has(item)),
  );
  return {
    taxonomy: {
      name: "ESRS Set 1",
      version: "2023-12-22",
      namespace: "https://xbrl.efrag.org/taxonomy/esrs/2023-12-22",
      entry_point: "https://xbrl.efrag.org/taxonomy/esrs/2023-12-22/esrs_all.xsd",
      country_namespace: "https://xbrl.org/2024/iso3166",
      package_sha256: facts.packageSha256,
      provenance:
        "Identifiers and references derived from the EFRAG taxonomy package and IG 3; labels are formed from element names.",
    },
    datapoints: kept.map((concept) => datapoint(concept, slice, ig3, facts.euLaw)),
    tables: tables.map(({ role, closed, axes, primaryItems }) => ({
      role,
      datapoint_id: tableIds[role] ?? "",
      closed,
      axes: axes.map((axis) => ({
        axis: local(axis.axis),
        typed: axis.typed,
        default: axis.default === null ? "" : axis.default,
        members: axis.members,
        member_count: axis.memberCount,
      })),
      concepts: primaryItems.filter((item) => names.has(item)),
    })),
    totals: totals(facts.arcs.filter(({ total }) => names.has(total))),
    enumerations: Object.entries(facts.enumerations)
      .filter(([concept]) => names.has(concept))
      .map(([concept, { members }]) => ({
        concept,
        values: members.filter(({ usable }) => usable).map(({ m }) => m),
      })),
    assertions: facts.assertions.flatMap((assertion) => derivedAssertion(assertion, names, slice)),
    countries: facts.countries,
  };
}

const tableOf = (slice: Slice, role: string): boolean =>
  slice.sections.includes("E1-6") && role.startsWith("role-30106");

function datapoint(
  concept: Concept,
  slice: Slice,
  ig3: ReadonlyMap<string, Ig3>,
  euLaw: readonly LawRow[],
): object {
  const main = concept.references.filter(
    (reference) => reference["Name"] === "ESRS" && reference["ReferenceType"] !== "Related",
  );
  const here = main.filter((reference) => slice.sections.includes(reference["Section"] ?? ""));
  const ids = [
    ...new Set([
      ...(idsByParagraph[concept.name] ?? []),
      ...here.flatMap((reference) =>
        reference["DatapointId"] === undefined ? [] : [reference["DatapointId"]],
      ),
    ]),
  ];
  const flags = ids.flatMap((id) => ig3.get(id) ?? []);
  return {
    concept: concept.name,
    label: labelOf(concept.name),
    datapoint_ids: ids,
    type: local(concept.type).replace(/ItemType$/, ""),
    unit: unitByType[concept.type] ?? "",
    period: concept.period,
    references: (here.length > 0 ? here : main).map((reference) => ({
      standard: reference["Number"] ?? "",
      disclosure: reference["Section"] ?? "",
      paragraph: `${reference["Paragraph"] ?? ""}${reference["Subparagraph"] === undefined ? "" : ` (${reference["Subparagraph"]})`}`,
      related_ar: reference["RelatedAR"] ?? "",
      obligation: obligation(reference["MandatoryDatapoint"]),
    })),
    voluntary: flags.some(({ voluntary }) => voluntary),
    phase_in: [
      ...new Set(
        flags.flatMap(({ phaseIn750, phaseInAll }) => [
          ...(phaseInAll === null ? [] : [`all: ${phaseInAll}`]),
          ...(phaseIn750 === null ? [] : [`up to 750 employees: ${phaseIn750}`]),
        ]),
      ),
    ],
    eu_law: lawOf(concept.name, euLaw),
  };
}

function obligation(text: string | undefined): string {
  if (text === undefined) return "";
  if (/irrespective/i.test(text)) return "always";
  if (/subject/i.test(text)) return "if material";
  return "voluntary";
}

function lawOf(concept: string, rows: readonly LawRow[]): readonly object[] {
  const seen = new Set<string>();
  return rows.flatMap((row) => {
    if (row["esrs_concept"] !== concept || row["law"] === "ESRS") return [];
    const entry = {
      law: row["number"] ?? "",
      part: [row["part1"], row["part2"], row["clause"]]
        .filter((part) => part !== undefined && part !== "")
        .join(", "),
      uri: row["uri"] ?? "",
    };
    const identity = `${entry.law}|${entry.part}`;
    if (seen.has(identity)) return [];
    seen.add(identity);
    return [entry];
  });
}

function totals(arcs: readonly Arc[]): readonly object[] {
  const groups = Map.groupBy(arcs, ({ role, total }) => `${role}|${total}`);
  return [...groups.values()].map((group) => ({
    role: group[0]?.role ?? "",
    total: group[0]?.total ?? "",
    items: group.map(({ item, weight }) => ({ concept: item, weight })),
  }));
}

/** Assertions whose concepts, section or type lie in the slice; the or-filtered concept lists are recovered from the table of the same section. */
function derivedAssertion(assertion: Assertion, names: ReadonlySet<string>, slice: Slice): readonly object[] {
  const filters = [
    ...Object.values(assertion.variables).flatMap((variable) => variable.filters ?? []),
    ...assertion.filters,
  ];
  const concepts = [
    ...new Set(filters.filter(({ filter }) => filter === "conceptName").flatMap(({ q }) => q.map(local))),
  ];
  const axes = [
    ...new Set(
      filters
        .filter(({ filter, q }) => filter === "explicitDimension" && q.length > 0)
        .map(({ q }) => local(q[0] ?? "")),
    ),
  ];
  const types = [
    ...new Set(
      filters
        .filter(({ filter }) => filter === "conceptDataType")
        .flatMap(({ q }) => q.map((type) => local(type).replace(/ItemType$/, ""))),
    ),
  ];
  const common = { id: assertion.id, severity: (assertion.severity ?? "").toLowerCase() };
  if (assertion.kind === "existenceAssertion")
    return concepts.some((concept) => names.has(concept)) && concepts.length === 1
      ? [{ ...common, kind: "exists", concepts }]
      : [];
  if (types.length > 0)
    return types.includes("ghgEmissions") && slice.sections.includes("E1-6")
      ? [{ ...common, kind: "unit", types }]
      : [];
  if (!slice.sections.includes("E1-6") || !assertion.id.includes("_301060_")) return [];
  const excluded = assertion.filters
    .filter(({ filter, q }) => filter === "explicitDimension" && q.length > 1)
    .flatMap(({ q }) => q.slice(1).map(local));
  return [{ ...common, kind: "breakdown", axis: axes[0] ?? "", concepts, excluded_members: excluded }];
}

function local(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

// A readable label of our own, formed from the element's name.
function labelOf(name: string): string {
  const words = name
    .replaceAll(/([a-z])([A-Z0-9])/g, "$1 $2")
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .replaceAll(/(\d)([A-Z])/g, "$1 $2")
    .split(" ")
    .filter((word) => word !== "Explanatory");
  return words
    .map((word, index) =>
      index === 0 || /^[A-Z]{2,}/.test(word) || /\d/.test(word) ? word : word.toLowerCase(),
    )
    .join(" ");
}
