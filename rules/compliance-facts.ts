import { Decimal } from "decimal.js";
import { type Fact, lastDay, periodText } from "#rules/fact.ts";

/** Decimals as a processor of the taxonomy's formulas computes them: 28 significant digits, ties to even. */
export const Exact = Decimal.clone({ precision: 28, rounding: Decimal.ROUND_HALF_EVEN });

/** A report's facts, found by concept, and what each axis says when it is left out. */
export type FactIndex = {
  readonly facts: readonly Fact[];
  readonly byConcept: ReadonlyMap<string, readonly Fact[]>;
  /** Concept to its type, and axis to its default member where it has one. */
  readonly types: ReadonlyMap<string, string>;
  readonly defaults: ReadonlyMap<string, string>;
};

/** Prepares facts for being looked up by concept. */
export function indexed(
  facts: readonly Fact[],
  { types, defaults }: Pick<FactIndex, "types" | "defaults">,
): FactIndex {
  return { facts, byConcept: Map.groupBy(facts, ({ concept }) => concept), types, defaults };
}

/** The facts of a concept, in the report's order. */
export const factsOf = (index: FactIndex, concept: string): readonly Fact[] =>
  index.byConcept.get(concept) ?? [];

/** The facts of a concept that say something, which nil facts do not. */
export const saidOf = (index: FactIndex, concept: string): readonly Fact[] =>
  factsOf(index, concept).filter(({ value }) => value !== undefined);

/** The member on an axis, the axis's default where it is left out; undefined where there is neither. */
export const memberOn = (index: FactIndex, fact: Fact, axis: string): string | undefined =>
  fact.dimensions[axis] ?? index.defaults.get(axis);

/** Everything that tells a fact apart but its value, and but one axis or the concept, as a text to group by. */
export function aspects(fact: Fact, without: { readonly axis?: string; readonly concept?: true }): string {
  const part = (of: Readonly<Record<string, string>>): string => {
    const names = Object.keys(of);
    return names.length === 0
      ? ""
      : names
          .filter((name) => name !== without.axis)
          .toSorted()
          .map((name) => `${name}=${of[name] ?? ""}`)
          .join("&");
  };
  return [
    without.concept === true ? "" : fact.concept,
    periodText(fact.period),
    part(fact.dimensions),
    part(fact.typed),
    fact.unit,
  ].join("|");
}

/** Whether a fact stands for the whole: on no axis. */
export const isWhole = ({ dimensions, typed }: Fact): boolean =>
  Object.keys(dimensions).length === 0 && Object.keys(typed).length === 0;

/** The fact of a concept that is not broken down, for the period that ends on the day given, or for any. */
export function headline(index: FactIndex, concept: string, end?: string): Fact | undefined {
  return factsOf(index, concept).find(
    (fact) => isWhole(fact) && (end === undefined || lastDay(fact.period) === end),
  );
}

/** True for plain decimal text. */
export const isNumber = (text: string | undefined): text is string =>
  text !== undefined && /^-?\d+(\.\d+)?$/.test(text);

/** A qualified name without its prefix. */
export const localName = (name: string): string => name.slice(name.indexOf(":") + 1);

/** How a fact is named in evidence: its concept, and what it is broken down by. */
export function named(fact: Fact): string {
  const on = [...Object.values(fact.dimensions).map(localName), ...Object.values(fact.typed)];
  return on.length === 0 ? fact.concept : `${fact.concept} (${on.join(", ")})`;
}
