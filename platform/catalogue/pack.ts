import {
  type Catalogue,
  type Concept,
  conceptTypes,
  type Datapoint,
  type Reference,
  type Table,
} from "./model.ts";

/*
 * The catalogue as written and as used differ in three things, which keep the file small, quick to read and its changes
 * readable: one entry a line; empty values left out; and long lists of members, and the list of every concept, written
 * once and named where they are used (`"NACE_AllEconomicActivities"`, `"*"`).
 */

type Written<T> = { readonly [K in keyof T]?: T[K] };
type WrittenConcept = Omit<Written<Concept>, "references"> & {
  readonly references: readonly Written<Reference>[];
};
type WrittenAxis = {
  readonly axis: string;
  readonly typed?: boolean;
  readonly default?: string;
  readonly members?: readonly string[] | string;
};
type WrittenTable = Omit<Written<Table>, "axes" | "concepts"> & {
  readonly axes: readonly WrittenAxis[];
  readonly concepts: readonly string[] | typeof everyConcept;
};
type File = {
  readonly taxonomy: Catalogue["taxonomy"];
  readonly concepts: readonly WrittenConcept[];
  readonly datapoints: readonly Written<Datapoint>[];
  readonly tables: readonly WrittenTable[];
  readonly totals: Catalogue["totals"];
  readonly lists: Readonly<Record<string, string[]>>;
  readonly countries: string[];
};

const everyConcept = "*";
const everyCountry = "country:*";
/** Up to this many members are written where they are used. */
const few = 20;

/** Writes the catalogue as the text of its file. */
export function packed(catalogue: Catalogue): string {
  const lists = new Map<string, readonly string[]>(Object.entries(catalogue.enumerations));
  // Tables may order the same members differently; the first order is kept.
  const identity = (members: readonly string[]): string => members.toSorted().join(" ");
  const nameOf = new Map([...lists].map(([name, members]) => [identity(members), name]));
  const listed = (members: readonly string[], axis: string): readonly string[] | string => {
    if (members.length <= few) return members;
    const known = nameOf.get(identity(members));
    if (known !== undefined) return known;
    if (lists.has(axis)) throw new Error(`Two different lists would be called ${axis}.`);
    lists.set(axis, members);
    nameOf.set(identity(members), axis);
    return axis;
  };
  const tables = catalogue.tables.map(({ axes, concepts, ...table }) => ({
    ...slim(table),
    axes: axes.map(({ members, ...axis }) => slim({ ...axis, members: listed(members, axis.axis) })),
    concepts: concepts.length === catalogue.concepts.length ? everyConcept : concepts,
  }));
  const concepts = catalogue.concepts.map(({ references, ...concept }) => ({
    ...slim(concept),
    references: references.map(slim),
  }));
  const members = [...lists].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{\n${[
    `"taxonomy": ${JSON.stringify(catalogue.taxonomy)}`,
    `"concepts": ${lines(concepts)}`,
    `"datapoints": ${lines(catalogue.datapoints.map(slim))}`,
    `"tables": ${lines(tables)}`,
    `"totals": ${lines(catalogue.totals)}`,
    `"lists": {\n${members.map(([name, list]) => `${JSON.stringify(name)}: ${JSON.stringify(list)}`).join(",\n")}\n}`,
    `"countries": ${JSON.stringify(catalogue.countries)}`,
  ].join(",\n")}\n}\n`;
}

const lines = (entries: readonly object[]): string =>
  `[\n${entries.map((entry) => JSON.stringify(entry)).join(",\n")}\n]`;

function slim(entry: object): object {
  return Object.fromEntries(
    Object.entries(entry).filter(
      ([, value]) => value !== "" && value !== false && !(Array.isArray(value) && value.length === 0),
    ),
  );
}

/**
 * The catalogue from the text of its file, every value filled in. It checks what costs little (each entry names itself,
 * types are known, named lists and concepts exist) and throws on the first thing that does not hold.
 */
export function unpacked(text: string): Catalogue {
  // The file is part of the release; a test checks it against the whole schema, this function what a torn file would break.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked entry by entry below
  const file = JSON.parse(text) as File;
  const types = new Set<string>(conceptTypes);
  const concepts = file.concepts.map((written) => concept(written, types));
  const names = concepts.map(({ concept: name }) => name);
  const known = new Set(names);
  const list = (of: readonly string[] | string | undefined): string[] => {
    if (typeof of !== "string") return [...(of ?? [])];
    const members = file.lists[of];
    if (members === undefined) throw new Error(`No list is called ${of}.`);
    return members;
  };
  for (const { enumeration } of concepts) if (enumeration !== "") list(enumeration);
  for (const { total, items } of file.totals)
    for (const name of [total, ...items.map((item) => item.concept)])
      if (!known.has(name)) throw new Error(`The total ${total} names the unknown concept ${name}.`);
  return {
    taxonomy: file.taxonomy,
    concepts,
    datapoints: file.datapoints.map((written) => datapoint(written, known)),
    tables: file.tables.map((table) => ({
      role: named(table.role),
      name: named(table.name),
      disclosure: table.disclosure ?? "",
      closed: table.closed ?? false,
      axes: table.axes.map(({ axis, typed = false, default: one = "", members }) => ({
        axis: named(axis),
        typed,
        default: one,
        members: list(members),
      })),
      concepts: table.concepts === everyConcept ? names : [...table.concepts],
    })),
    totals: file.totals,
    enumerations: Object.fromEntries(
      Object.entries(file.lists).map(([name, members]) => [
        name,
        members[0] === everyCountry ? file.countries.map((code) => `country:${code}`) : members,
      ]),
    ),
    countries: [...file.countries],
  };
}

function named(value: string | undefined): string {
  if (typeof value !== "string" || value === "") throw new Error("An entry does not name itself.");
  return value;
}

function concept(written: WrittenConcept, types: ReadonlySet<string>): Concept {
  const { type, period } = written;
  if (type === undefined || !types.has(type) || period === undefined)
    throw new Error(`${written.concept} has no known type or period.`);
  return {
    concept: named(written.concept),
    label: named(written.label),
    type,
    unit: written.unit ?? "",
    period,
    standard: written.standard ?? "",
    disclosure: written.disclosure ?? "",
    datapoint_ids: written.datapoint_ids ?? [],
    references: written.references.map((of) => ({
      standard: of.standard ?? "",
      disclosure: of.disclosure ?? "",
      paragraph: of.paragraph ?? "",
      related_ar: of.related_ar ?? "",
      obligation: of.obligation ?? "",
      conditional: of.conditional ?? false,
      datapoint_id: of.datapoint_id ?? "",
    })),
    voluntary: written.voluntary ?? false,
    phase_in: written.phase_in ?? [],
    eu_law: written.eu_law ?? [],
    enumeration: written.enumeration ?? "",
  };
}

function datapoint(written: Written<Datapoint>, known: ReadonlySet<string>): Datapoint {
  const { id, matched, concepts = [] } = written;
  if (matched === undefined || !concepts.every((name) => known.has(name)))
    throw new Error(`${id} names an unknown concept.`);
  return {
    id: named(id),
    standard: written.standard ?? "",
    disclosure: written.disclosure ?? "",
    paragraph: written.paragraph ?? "",
    related_ar: written.related_ar ?? "",
    data_type: written.data_type ?? "",
    voluntary: written.voluntary ?? false,
    conditional: written.conditional ?? "",
    appendix_b: written.appendix_b ?? "",
    phase_in: written.phase_in ?? "",
    phase_in_up_to_750: written.phase_in_up_to_750 ?? "",
    concepts,
    matched,
  };
}
