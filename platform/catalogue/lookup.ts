import type { Axis, Catalogue, Concept, Datapoint, Table, Total } from "./model.ts";

/** The catalogue by every key that people and stages ask with; made once per catalogue. Whether a place is allowed is told by platform/xbrl/dimensions.ts. */
export class Lookup {
  readonly catalogue: Catalogue;
  readonly #concepts: ReadonlyMap<string, Concept>;
  readonly #datapoints: ReadonlyMap<string, Datapoint>;
  readonly #totals: ReadonlyMap<string, readonly Total[]>;
  readonly #tables = new Map<string, Table[]>();
  readonly #open: readonly Table[];

  constructor(catalogue: Catalogue) {
    this.catalogue = catalogue;
    this.#concepts = new Map(catalogue.concepts.map((concept) => [concept.concept, concept]));
    this.#datapoints = new Map(catalogue.datapoints.map((datapoint) => [datapoint.id, datapoint]));
    this.#totals = Map.groupBy(catalogue.totals, ({ total }) => total);
    this.#open = catalogue.tables.filter(({ closed }) => !closed);
    for (const table of catalogue.tables.filter(({ closed }) => closed))
      for (const concept of table.concepts) {
        const of = this.#tables.get(concept);
        if (of === undefined) this.#tables.set(concept, [table]);
        else of.push(table);
      }
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

  /** The closed tables in which a concept stands; beside them it stands in the open ones, as every concept does. */
  tablesOf(concept: string): readonly Table[] {
    return this.#tables.get(concept) ?? [];
  }

  /** The sums in which a concept is the total. */
  totalsOf(concept: string): readonly Total[] {
    return this.#totals.get(concept) ?? [];
  }

  /** The axes that a concept may have, whichever table they come from; of one axis all members. */
  axesOf(concept: string): readonly Axis[] {
    const axes = [...this.tablesOf(concept), ...this.#open].flatMap((table) => table.axes);
    return [...Map.groupBy(axes, ({ axis }) => axis).values()].flatMap((of) => {
      const [first] = of;
      if (first === undefined) return [];
      return [{ ...first, members: [...new Set(of.flatMap(({ members }) => members))] }];
    });
  }

  /** The members that an enumeration concept may have; empty for any other concept. */
  valuesOf(concept: string): readonly string[] {
    return this.catalogue.enumerations[this.#concepts.get(concept)?.enumeration ?? ""] ?? [];
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
