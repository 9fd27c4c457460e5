import type { Axis, Catalogue, Concept, Datapoint, Table, Total } from "./model.ts";

/**
 * Whether the tables of the standard have a place for a concept with these axes, or why not:
 * - `axis`: no table of the concept has the axis; `others` are the axes that it may have.
 * - `member`: not a member of that axis; `others` are up to eight near ones.
 * - `default`: the member is what leaving the axis out says, and may not be written.
 * - `kind`: an explicit axis was given text, or a typed one a member.
 * - `combination`: each axis is allowed, but no table has them together.
 */
export type PlaceVerdict =
  | { readonly allowed: true; readonly table: Table | undefined }
  | {
      readonly allowed: false;
      readonly because: "axis" | "member" | "default" | "kind" | "combination";
      readonly axis: string;
      readonly others: readonly string[];
    };

/** Axes to members (explicit) and axes to text (typed), as facts carry them. */
type Place = Readonly<Record<string, string>>;

/** The catalogue by every key that the stages ask with; made once per catalogue. */
export class Lookup {
  readonly catalogue: Catalogue;
  readonly #concepts: ReadonlyMap<string, Concept>;
  readonly #datapoints: ReadonlyMap<string, Datapoint>;
  readonly #tables = new Map<string, Table[]>();
  readonly #open: readonly Table[];
  readonly #members = new Map<readonly string[], ReadonlySet<string>>();
  readonly #countries: ReadonlySet<string>;
  readonly #totals: ReadonlyMap<string, readonly Total[]>;

  constructor(catalogue: Catalogue) {
    this.catalogue = catalogue;
    this.#concepts = new Map(catalogue.concepts.map((concept) => [concept.concept, concept]));
    this.#datapoints = new Map(catalogue.datapoints.map((datapoint) => [datapoint.id, datapoint]));
    this.#open = catalogue.tables.filter(({ closed }) => !closed);
    for (const table of catalogue.tables.filter(({ closed }) => closed))
      for (const concept of table.concepts) {
        const of = this.#tables.get(concept);
        if (of === undefined) this.#tables.set(concept, [table]);
        else of.push(table);
      }
    this.#countries = new Set(catalogue.countries.map((code) => `country:${code}`));
    this.#totals = Map.groupBy(catalogue.totals, ({ total }) => total);
  }

  /** A concept by its local name; `esrs:` before it is allowed. */
  concept(name: string): Concept | undefined {
    return this.#concepts.get(name.startsWith("esrs:") ? name.slice(5) : name);
  }

  /** A datapoint of IG 3 by its id. */
  datapoint(id: string): Datapoint | undefined {
    return this.#datapoints.get(id);
  }

  /** The concepts of a datapoint's id: none for an unknown id or one that the taxonomy has no element for, several for an ambiguous one. */
  conceptsOf(id: string): readonly Concept[] {
    return (this.#datapoints.get(id)?.concepts ?? []).flatMap((name) => this.#concepts.get(name) ?? []);
  }

  /** The closed tables in which a concept stands; the open ones, which every concept stands in, are `openTables`. */
  tablesOf(concept: string): readonly Table[] {
    return this.#tables.get(concept) ?? [];
  }

  /** Tables 900000 to 900004: what every concept may be broken down by besides, such as countries. */
  get openTables(): readonly Table[] {
    return this.#open;
  }

  /** The sums in which a concept is the total. */
  totalsOf(concept: string): readonly Total[] {
    return this.#totals.get(concept) ?? [];
  }

  /** The axes that a concept may have, whichever table they come from. */
  axesOf(concept: string): readonly Axis[] {
    const axes = [...this.tablesOf(concept), ...this.#open].flatMap((table) => table.axes);
    return [...new Map(axes.map((axis) => [axis.axis, axis])).values()];
  }

  /** Whether a qualified member is one of an axis's. */
  hasMember({ members }: Axis, member: string): boolean {
    if (members[0] === "country:*") return this.#countries.has(member);
    let set = this.#members.get(members);
    if (set === undefined) this.#members.set(members, (set = new Set(members)));
    return set.has(member);
  }

  /** The members that an enumeration concept may have; empty for any other concept. */
  valuesOf(concept: string): readonly string[] {
    return this.catalogue.enumerations[this.#concepts.get(concept)?.enumeration ?? ""] ?? [];
  }

  /**
   * Whether a fact of this concept may stand at these axes. Open tables let anything pass in XBRL, so they are read here as if
   * they were closed: each axis must be one of a table of the concept, or of an open table, with a member of its own.
   */
  placeAllowed(concept: string, dimensions: Place, typed: Place = {}): PlaceVerdict {
    const tables = this.tablesOf(concept);
    const asked = [
      ...Object.entries(dimensions).map(([axis, member]) => ({ axis, member, text: false })),
      ...Object.entries(typed).map(([axis, member]) => ({ axis, member, text: true })),
    ];
    if (asked.length === 0) return { allowed: true, table: tables[0] };
    for (const { axis, member, text } of asked) {
      const verdict = this.#axisAllowed([...tables, ...this.#open], axis, member, text);
      if (verdict !== undefined) return verdict;
    }
    const everywhere = new Set(this.#open.flatMap(({ axes }) => axes.map(({ axis }) => axis)));
    const own = asked.filter(({ axis }) => !everywhere.has(axis));
    const holding = (wanted: typeof asked): Table | undefined =>
      tables.find(({ axes }) =>
        wanted.every(({ axis, member, text }) =>
          axes.some((of) => of.axis === axis && (text || this.hasMember(of, member))),
        ),
      );
    const table = holding(asked) ?? holding(own);
    if (own.length > 0 && table === undefined)
      return {
        allowed: false,
        because: "combination",
        axis: own[0]?.axis ?? "",
        others: own.map(({ axis }) => axis),
      };
    return { allowed: true, table };
  }

  #axisAllowed(
    tables: readonly Table[],
    name: string,
    member: string,
    text: boolean,
  ): PlaceVerdict | undefined {
    const axes = tables.flatMap((table) => table.axes.filter(({ axis }) => axis === name));
    const [first] = axes;
    if (first === undefined)
      return {
        allowed: false,
        because: "axis",
        axis: name,
        others: [...new Set(tables.flatMap((table) => table.axes.map(({ axis }) => axis)))],
      };
    if (axes.every(({ typed }) => typed !== text))
      return { allowed: false, because: "kind", axis: name, others: first.members.slice(0, 8) };
    if (text || axes.some((axis) => this.hasMember(axis, member))) return undefined;
    const because = axes.some((axis) => axis.default === member) ? "default" : "member";
    return { allowed: false, because, axis: name, others: first.members.slice(0, 8) };
  }
}

const made = new WeakMap<Catalogue, Lookup>();

/** The lookup of a catalogue, made at the first call. */
export function lookupOf(catalogue: Catalogue): Lookup {
  const before = made.get(catalogue);
  if (before !== undefined) return before;
  const lookup = new Lookup(catalogue);
  made.set(catalogue, lookup);
  return lookup;
}
