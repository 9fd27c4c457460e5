import type { CompiledFormula, FormulaBook } from "#rules/formula-book.ts";
import { evaluate, Exact, type Lookup, type Operand, type Outcome } from "#rules/formula-evaluate.ts";
import type { Over, Reference } from "#rules/formula-grammar.ts";
import type { Allowed } from "./allowed.ts";
import type { Kind } from "./concepts.ts";
import { agree, type Figure, type Figures } from "./figures.ts";
import { axesOf, figureId, type Place, placeKey, withoutAxes } from "./place.ts";
import type { Year } from "./years.ts";

/** What deriving needs beside the figures given. */
export type Deriving = {
  readonly book: FormulaBook;
  readonly kinds: ReadonlyMap<string, Kind>;
  readonly years: readonly Year[];
  readonly allowed: Allowed;
};

/** A figure of the reported year that a formula would have given, and why it did not. */
export type NotFormed = {
  readonly formula: string;
  readonly concept: string;
  readonly code: string;
  readonly because: string;
};

/** Works out every formula at every place at which its inputs stand, in the order in which they need each other; adds to `figures` and says what disagrees. */
export function derive(
  figures: Figures,
  deriving: Deriving,
): { readonly warnings: readonly string[]; readonly notFormed: readonly NotFormed[] } {
  const warnings: string[] = [];
  const notFormed = new Map<string, NotFormed>();
  const summed = summedAxes(deriving.book);
  for (const { result, formulas } of deriving.book.groups) {
    const names = formulas.flatMap(({ references }) => references.map(({ name }) => name));
    const found = new Map<CompiledFormula, readonly Candidate[]>();
    const added = Math.max(...formulas.map(({ dimensions }) => Object.keys(dimensions).length));
    // A sum over an axis may lean on figures of its own concept with an axis more, so the deepest places come first.
    for (let axes = figures.deepest([result, ...names]) + added; axes >= 0; axes -= 1)
      for (const formula of formulas) {
        const kept = formula.references.some(({ name }) => name === result) ? undefined : found.get(formula);
        const list = kept ?? candidates(formula, figures, deriving);
        found.set(formula, list);
        for (const { place, at } of list) {
          if (axesOf(at) !== axes) continue;
          const outcome = evaluate(formula.tree, lookup(figures, place, summed));
          if (outcome.kind === "value") enter(formula, at, outcome);
          else lack(formula, at, outcome);
        }
      }
  }
  for (const formula of deriving.book.formulas.values())
    for (const shares of sharesOf(formula, figures)) roundToOne(shares, figures);
  for (const [key, { concept }] of notFormed)
    if (figures.of(concept).some(({ place }) => place.year === 0 && axesOf(place) === 0))
      notFormed.delete(key);
  return { warnings, notFormed: [...notFormed.values()] };

  function enter(formula: CompiledFormula, place: Place, outcome: Outcome & { kind: "value" }): void {
    const figure = figureOf(formula, place, outcome, deriving);
    const held = figures.same(figure);
    if (held === undefined) {
      figures.set(figure);
      return;
    }
    if (formula.kind === "fallback" || held.value === undefined) return;
    const isTotal = formula.kind === "total" && held.origin !== "activities" && held.origin !== "formula";
    if (agree(held, figure)) {
      // A total is reported as exactly as its parts, so that the two add up to the digit.
      if (isTotal && outcome.without.length === 0) figures.set(figure);
      return;
    }
    const [was, is] = [written(held), written(figure)];
    const leans = outcome.from.some(({ id }) => id !== held.id && isFromActivities(figures, id));
    const replaced = isTotal && (outcome.without.length === 0 || leans);
    if (replaced) figures.set(figure);
    warnings.push(
      held.origin === "formula"
        ? `${held.id}: formula ${held.formula} gives ${was} and formula ${formula.id} gives ${is}; the first is kept.`
        : `${held.id}: ${was} is given, but formula ${formula.id} makes it ${is}; ${replaced ? "the sum of its parts is reported" : "the value given is kept"}${outcome.without.length > 0 ? ` (not given: ${few(outcome.without)})` : ""}.`,
    );
  }

  function lack(formula: CompiledFormula, place: Place, outcome: Outcome & { kind: "none" }): void {
    if (outcome.code !== "input-missing" && figures.at(formula.result, place) === undefined)
      warnings.push(
        `${outcome.code}: ${figureId(formula.result, place, deriving.years)} is not formed by ${formula.id}, since ${outcome.because}.`,
      );
    if (place.year !== 0 || axesOf(place) !== 0 || formula.result.startsWith("aux:")) return;
    if (outcome.found === 0 && outcome.code === "input-missing") return;
    const { code, because } = outcome;
    notFormed.set(formula.id, { formula: formula.id, concept: formula.result, code, because });
  }
}

/** Figures that a formula says are shares of one whole, each whole apart. */
function sharesOf(formula: CompiledFormula, figures: Figures): readonly (readonly Figure[])[] {
  const { id, result, shares_over: axis, shares_with } = formula;
  if (axis === "" && shares_with.length === 0) return [];
  const made = figures.of(result).filter((one) => one.formula === id);
  if (axis !== "") {
    const along = made.filter(({ place }) => place.dimensions[axis] !== undefined);
    return [...Map.groupBy(along, ({ place }) => placeKey(withoutAxes(place, new Set([axis])))).values()];
  }
  return made.map((one) => [
    one,
    ...shares_with
      .flatMap((name) => figures.at(name, one.place) ?? [])
      .filter(({ origin }) => origin === "formula"),
  ]);
}

/** Gives what rounding left over of the shares of one whole to the largest of them. Shares that do not make up a whole are left as they are. */
function roundToOne(shares: readonly Figure[], figures: Figures): void {
  const sum = shares.reduce((total, { value }) => total.plus(value ?? 0), new Exact(0));
  const over = new Exact(1).minus(sum);
  const decimals = Math.max(...shares.map((one) => one.decimals));
  const most = new Exact(10).pow(-decimals).times(shares.length).dividedBy(2);
  const [largest] = shares.toSorted((a, b) => (b.value ?? new Exact(0)).comparedTo(a.value ?? 0));
  if (over.isZero() || over.abs().greaterThan(most) || largest?.value === undefined) return;
  figures.set({ ...largest, value: largest.value.plus(over) });
}

/** A place at which a formula's inputs are looked up, and where its result stands. */
type Candidate = { readonly place: Place; readonly at: Place };

/** The places for which a formula may have inputs: those of its inputs, with the axes that they hold fast or add up taken away, as far as its result may stand there. */
function candidates(formula: CompiledFormula, figures: Figures, { allowed }: Deriving): readonly Candidate[] {
  const found = new Map<string, Place>();
  const local = formula.references.some((one) => one.kind === "over" || one.scope !== "whole");
  for (const reference of formula.references) {
    if (reference.kind === "reference" && reference.scope === "whole" && local) continue;
    const taken = new Set(Object.keys(reference.fixed));
    if (reference.kind === "over") taken.add(reference.axis);
    for (const { place } of figures.of(reference.name)) {
      const { dimensions, typed } = place;
      if (!Object.entries(reference.fixed).every(([axis, member]) => dimensions[axis] === member)) continue;
      if (
        reference.kind === "over" &&
        dimensions[reference.axis] === undefined &&
        typed[reference.axis] === undefined
      )
        continue;
      const left = withoutAxes(place, taken);
      const isBefore = reference.kind === "reference" && reference.scope === "before";
      const candidate = isBefore ? { ...left, year: left.year - 1 } : left;
      if (candidate.year >= 0) found.set(placeKey(candidate), candidate);
    }
  }
  return [...found.values()].flatMap((place) => {
    const at = resultPlace(formula, place);
    return holdsWhere(formula, at) && allowed(formula.result, at) ? [{ place, at }] : [];
  });
}

function resultPlace({ dimensions }: CompiledFormula, place: Place): Place {
  return Object.keys(dimensions).length === 0
    ? place
    : { ...place, dimensions: { ...place.dimensions, ...dimensions } };
}

function holdsWhere({ where }: CompiledFormula, { dimensions, typed }: Place): boolean {
  return Object.entries(where).every(([axis, wanted]) => {
    const member = dimensions[axis] ?? typed[axis];
    return member !== undefined && (wanted === "any" || [wanted].flat().includes(member));
  });
}

/** By which axes a figure is added up, whichever formula does it. */
function summedAxes({ formulas }: FormulaBook): ReadonlyMap<string, ReadonlySet<string>> {
  const axes = new Map<string, Set<string>>();
  for (const { references } of formulas.values())
    for (const reference of references) {
      if (reference.kind !== "over") continue;
      const held = axes.get(reference.name) ?? new Set();
      axes.set(reference.name, held.add(reference.axis));
    }
  return axes;
}

function lookup(figures: Figures, place: Place, summed: ReadonlyMap<string, ReadonlySet<string>>): Lookup {
  return {
    at(reference: Reference) {
      const { name, fixed, scope } = reference;
      const year = scope === "before" ? place.year + 1 : place.year;
      const here = scope === "whole" ? { year, dimensions: {}, typed: {} } : { ...place, year };
      const held =
        Object.keys(fixed).length === 0 ? here : { ...here, dimensions: { ...here.dimensions, ...fixed } };
      return operandOf(figures.at(name, held));
    },
    over({ name, fixed, axis }: Over) {
      const found = new Map<string, Operand>();
      const partly = new Set<string>();
      const wanted = placeKey({ ...place, dimensions: { ...place.dimensions, ...fixed } });
      const axes = new Set([axis]);
      for (const figure of figures.of(name)) {
        const member = figure.place.dimensions[axis] ?? figure.place.typed[axis];
        if (member === undefined || figure.place.year !== place.year) continue;
        const left = withoutAxes(figure.place, axes);
        if (placeKey(left) !== wanted) {
          // A figure broken down further, by an axis over which it is added up, is a part of a member that must be there itself.
          if (placeKey(withoutAxes(left, summed.get(name) ?? axes)) === wanted) partly.add(member);
          continue;
        }
        const operand = operandOf(figure);
        if (operand !== undefined) found.set(member, operand);
      }
      return { found, partly };
    },
  };
}

function operandOf(figure: Figure | undefined): Operand | undefined {
  if (figure?.value === undefined) return undefined;
  const { id, value, decimals, unit } = figure;
  return { id, value, decimals, unit };
}

function figureOf(
  formula: CompiledFormula,
  place: Place,
  outcome: Outcome & { kind: "value" },
  { kinds, years }: Deriving,
): Figure {
  const places = kinds.get(formula.result)?.places ?? 9;
  const decimals = formula.decimals === "inputs" ? Math.min(outcome.decimals, places) : formula.decimals;
  return {
    id: figureId(formula.result, place, years),
    name: formula.result,
    place,
    value: outcome.value.toDecimalPlaces(decimals, Exact.ROUND_HALF_UP),
    unit:
      outcome.currency === undefined
        ? formula.unit
        : formula.unit.replace(/iso4217(?::[A-Z]{3})?/, outcome.currency),
    decimals,
    origin: "formula",
    formula: formula.id,
    version: formula.version,
    from: outcome.from.map(({ id, value, decimals: of }) => ({ id, value: value.toFixed(of) })),
    rows: 0,
  };
}

function isFromActivities(figures: Figures, id: string): boolean {
  return figures.withId(id)?.origin === "activities";
}

const written = ({ value, decimals, unit }: Figure): string => `${value?.toFixed(decimals) ?? "nil"} ${unit}`;
const few = (list: readonly string[]): string =>
  list.length > 4 ? `${list.slice(0, 4).join(", ")} and ${list.length - 4} more` : list.join(", ");
