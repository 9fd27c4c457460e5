import type { Fact } from "#rules/fact.ts";
import type { Catalogue, Table } from "../catalogue/model.ts";

/** Why a place is not allowed, with what a message needs to name. */
export type PlaceRefusal = {
  readonly code: "concept-unknown" | "axis-not-allowed" | "member-not-allowed" | "combination-not-allowed";
  readonly concept: string;
  /** The axis at fault, or all of them where only their combination is. */
  readonly axis: string;
  readonly member: string;
  readonly sentence: string;
};

type Place = Pick<Fact, "concept" | "dimensions" | "typed">;

/** A table's axes in the form in which places are looked up. */
type Opened = {
  readonly table: Table;
  readonly axes: ReadonlyMap<
    string,
    { readonly typed: boolean; readonly needed: boolean; readonly members: ReadonlySet<string> }
  >;
};

/**
 * Which places the standard's tables allow. The taxonomy's tables 900000 to 900004 are open and accept anything in a validator of dimensions;
 * here they allow exactly the axes and members that they name, like the closed ones (ESRS XBRL taxonomy, definition linkbase).
 */
export class Places {
  readonly #of = new Map<string, readonly Opened[]>();
  readonly #countries: ReadonlySet<string>;

  constructor({ concepts, tables, countries }: Pick<Catalogue, "concepts" | "tables" | "countries">) {
    this.#countries = new Set(countries.map((code) => (code.includes(":") ? code : `country:${code}`)));
    const byConcept = new Map<string, Opened[]>(concepts.map(({ concept }) => [concept, []]));
    for (const table of tables) {
      const opened: Opened = {
        table,
        axes: new Map(
          table.axes.map(({ axis, typed, default: preset, members }) => [
            axis,
            { typed, needed: typed || preset === "", members: new Set(members) },
          ]),
        ),
      };
      for (const concept of table.concepts) byConcept.get(concept)?.push(opened);
    }
    for (const [concept, opened] of byConcept) this.#of.set(concept, opened);
  }

  /** The tables that allow this place, closed ones first, in the catalogue's order. A place without axes is always allowed. */
  allowing(place: Place): readonly Table[] {
    const fitting = (this.#of.get(place.concept) ?? []).filter((opened) => this.#allows(opened, place));
    return [
      ...fitting.filter(({ table }) => table.closed),
      ...fitting.filter(({ table }) => !table.closed),
    ].map(({ table }) => table);
  }

  /** What is wrong with a place, or undefined when a table allows it. */
  refusal(place: Place): PlaceRefusal | undefined {
    const { concept, dimensions, typed } = place;
    const opened = this.#of.get(concept);
    if (opened === undefined)
      return {
        code: "concept-unknown",
        concept,
        axis: "",
        member: "",
        sentence: `${concept} is no concept of the taxonomy.`,
      };
    const axes = [...Object.keys(dimensions), ...Object.keys(typed)];
    if (axes.length === 0 || opened.some((one) => this.#allows(one, place))) return undefined;
    for (const axis of axes) {
      const member = dimensions[axis] ?? typed[axis] ?? "";
      const isTyped = axis in typed;
      const having = opened.filter((one) => one.axes.get(axis)?.typed === isTyped);
      if (having.length === 0)
        return {
          code: "axis-not-allowed",
          concept,
          axis,
          member,
          sentence: `${concept} cannot be broken down by ${axis} (${member}).`,
        };
      if (!having.some((one) => this.#accepts(one, axis, member)))
        return {
          code: "member-not-allowed",
          concept,
          axis,
          member,
          sentence: `${concept} has no ${member || "empty member"} on ${axis}.`,
        };
    }
    const sorted = axes.toSorted();
    const named = sorted.map((axis) => dimensions[axis] ?? typed[axis] ?? "");
    return {
      code: "combination-not-allowed",
      concept,
      axis: sorted.join(", "),
      member: named.join(", "),
      sentence: `${concept} may not be broken down by ${sorted.map((axis, at) => `${axis} (${named[at] ?? ""})`).join(" and ")}${axes.length === 1 ? " alone" : " together"}: ${this.#missing(opened, place)}.`,
    };
  }

  #allows({ axes }: Opened, { dimensions, typed }: Place): boolean {
    for (const axis in dimensions) if (!this.#isMember(axes.get(axis), dimensions[axis] ?? "")) return false;
    for (const axis in typed) if (axes.get(axis)?.typed !== true || typed[axis] === "") return false;
    for (const [axis, { needed }] of axes)
      if (needed && !(axis in dimensions) && !(axis in typed)) return false;
    return true;
  }

  #accepts({ axes }: Opened, axis: string, member: string): boolean {
    const found = axes.get(axis);
    return found?.typed === true ? member !== "" : this.#isMember(found, member);
  }

  #isMember(
    axis: { readonly typed: boolean; readonly members: ReadonlySet<string> } | undefined,
    member: string,
  ): boolean {
    if (axis === undefined || axis.typed) return false;
    return axis.members.has(member) || (axis.members.has("country:*") && this.#countries.has(member));
  }

  /** Says which axis some table would still need, or that no table holds these axes together. */
  #missing(opened: readonly Opened[], { dimensions, typed }: Place): string {
    const axes = [...Object.keys(dimensions), ...Object.keys(typed)];
    const holding = opened.find((one) =>
      axes.every((axis) => this.#accepts(one, axis, dimensions[axis] ?? typed[axis] ?? "")),
    );
    if (holding === undefined) return "no table holds them at once";
    const needed = [...holding.axes].flatMap(([axis, { needed: isNeeded }]) =>
      isNeeded && !axes.includes(axis) ? [axis] : [],
    );
    return `${needed.join(" and ")} ${needed.length === 1 ? "has" : "have"} to be said as well`;
  }
}
