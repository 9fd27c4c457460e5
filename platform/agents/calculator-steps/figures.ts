import type { Decimal } from "decimal.js";
import { Exact } from "#rules/formula-evaluate.ts";
import { axesOf, type Place, placeKey } from "./place.ts";

/** Where a figure comes from; the earlier in this list, the more it counts. */
type Origin = "activities" | "rows" | "company" | "formula";

/** A figure while the report is being worked out. */
export type Figure = {
  readonly id: string;
  /** Concept, or auxiliary input. */
  readonly name: string;
  readonly place: Place;
  /** Undefined is nil. */
  readonly value: Decimal | undefined;
  readonly unit: string;
  readonly decimals: number;
  readonly origin: Origin;
  readonly formula: string;
  readonly version: number;
  readonly from: readonly { readonly id: string; readonly value: string }[];
  readonly rows: number;
};

/** All figures of a report by name and place; at most one per place, a second currency aside. */
export class Figures {
  readonly #byName = new Map<string, Map<string, Figure[]>>();
  readonly #byId = new Map<string, Figure>();
  readonly #lists = new Map<string, readonly Figure[]>();

  /** Every figure of this concept or auxiliary input, in the order in which they came. */
  of(name: string): readonly Figure[] {
    const kept = this.#lists.get(name);
    if (kept !== undefined) return kept;
    const list = [...(this.#byName.get(name)?.values() ?? [])].flat();
    this.#lists.set(name, list);
    return list;
  }

  /** The figure at a place; undefined when there is none, and when there are two in different currencies. */
  at(name: string, place: Place): Figure | undefined {
    const found = this.#byName.get(name)?.get(placeKey(place));
    return found?.length === 1 ? found[0] : undefined;
  }

  /** Sets the figure at its place, in place of one of the same unit. */
  set(figure: Figure): void {
    const places = this.#byName.get(figure.name) ?? new Map<string, Figure[]>();
    this.#byName.set(figure.name, places);
    this.#byId.set(figure.id, figure);
    this.#lists.delete(figure.name);
    const key = placeKey(figure.place);
    places.set(key, [...(places.get(key) ?? []).filter(({ unit }) => unit !== figure.unit), figure]);
  }

  /** The figure of the same place and unit, if there is one. */
  same({ name, place, unit }: Pick<Figure, "name" | "place" | "unit">): Figure | undefined {
    return this.#byName
      .get(name)
      ?.get(placeKey(place))
      ?.find((one) => one.unit === unit);
  }

  /** The figure of this id. */
  withId(id: string): Figure | undefined {
    return this.#byId.get(id);
  }

  /** Every figure there is. */
  all(): readonly Figure[] {
    return [...this.#byName.values()].flatMap((places) => [...places.values()].flat());
  }

  /** The deepest breakdown there is of any of these names. */
  deepest(names: readonly string[]): number {
    return names.reduce(
      (most, name) => this.of(name).reduce((deep, { place }) => Math.max(deep, axesOf(place)), most),
      0,
    );
  }
}

/** Two figures agree when each is a rounding of one number. */
export function agree(held: Figure, made: Figure): boolean {
  const half = (decimals: number): Decimal => new Exact(10).pow(-decimals).dividedBy(2);
  const apart = (held.value ?? new Exact(0)).minus(made.value ?? 0).abs();
  return apart.lessThanOrEqualTo(half(held.decimals).plus(half(made.decimals)));
}
