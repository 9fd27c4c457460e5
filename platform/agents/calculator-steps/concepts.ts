import type { FormulaBook } from "#rules/formula-book.ts";
import type { Gathering } from "#rules/formula.ts";
import type { Catalogue } from "../../catalogue/load.ts";
import { type ConceptType, isNumeric } from "../../catalogue/model.ts";

/** What the calculator must know of a figure's kind: how its rows are put together, its canonical unit and when it is measured. */
export type Kind = {
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  readonly gathers: Gathering;
  readonly period: "duration" | "instant";
  /** Most decimal places at which such a figure is stated. */
  readonly places: number;
};

const ratios: ReadonlySet<ConceptType> = new Set([
  "percent",
  "ghgEmissionsPerMonetary",
  "energyPerMonetary",
  "volumePerMonetary",
]);

/** Every figure there can be: numeric concepts of the standard and auxiliary inputs of the formulas, by name. */
export function kindsOf(catalogue: Catalogue, book: FormulaBook): ReadonlyMap<string, Kind> {
  const kinds = new Map<string, Kind>();
  for (const { concept, label, type, unit, period } of catalogue.concepts) {
    if (!isNumeric(type)) continue;
    const gathers = book.gathering.get(concept) ?? usually(type, period);
    kinds.set(concept, {
      name: concept,
      label,
      unit,
      gathers,
      period,
      places: type.endsWith("PerMonetary") ? 12 : 9,
    });
  }
  for (const { id, label, unit, gathers } of book.auxiliary.values())
    kinds.set(id, { name: id, label, unit, gathers, period: "duration", places: 9 });
  return kinds;
}

function usually(type: ConceptType, period: "duration" | "instant"): Gathering {
  if (ratios.has(type) || type === "decimal") return "unique";
  return period === "instant" || type === "area" ? "level" : "sum";
}

/** Whether a figure's unit is the kind's canonical one; money may be in any currency. */
export function fits(unit: string, { unit: canonical }: Kind): boolean {
  return unit === canonical || unit.replaceAll(/iso4217:[A-Z]{3}/g, "iso4217") === canonical;
}
