import type { Fact } from "#rules/fact.ts";
import type { Catalogue, Concept } from "../../catalogue/model.ts";
import { type Child, element as h, type Markup } from "../../xbrl/markup.ts";
import type {
  AggregatedDocument,
  IntakeDocument,
  MaterialityDocument,
  MetricsDocument,
} from "../documents.ts";
import type { Ink } from "./ink.ts";
import type { Item } from "./items.ts";
import { unitName } from "./names.ts";
import type { Wanting } from "./wanting.ts";

/** Everything the statement is written from. */
export type StatementSources = {
  readonly intake: IntakeDocument;
  readonly materiality: MaterialityDocument;
  readonly metrics: MetricsDocument;
  readonly aggregated: AggregatedDocument;
  readonly catalogue: Catalogue;
  readonly items: readonly Item[];
};

/** What every part of the statement is written from: the sources, the ink that tags, facts by their place, and what is still wanting. */
export type Page = StatementSources & {
  readonly ink: Ink;
  readonly wanting: Wanting;
  /** The reporting year as columns are headed. */
  readonly year: string;
  readonly concepts: ReadonlyMap<string, Concept>;
  /** Texts that the standard asks for, by disclosure requirement. */
  readonly asked: ReadonlyMap<string, readonly Concept[]>;
  /** Whether anything is stated of a concept. */
  states(concept: string): boolean;
  /** The fact of a concept with exactly these members, in a year; the reporting year when none is said. */
  find(concept: string, dimensions?: Readonly<Record<string, string>>, year?: string): Item | undefined;
  /** Every fact of a concept that is broken down by exactly this one axis, in the reporting year. */
  along(concept: string, axis: string): readonly Item[];
};

/** Looks facts up by concept, breakdown and year. */
export function lookups(
  items: readonly Item[],
  ink: Ink,
  year: string,
): Pick<Page, "find" | "along" | "states"> {
  const keyOf = (concept: string, dimensions: Readonly<Record<string, string>>, of: string): string =>
    [
      concept,
      ...Object.keys(dimensions)
        .toSorted()
        .map((axis) => `${axis}=${dimensions[axis] ?? ""}`),
      of,
    ].join("|");
  const byPlace = new Map<string, Item>();
  const byConcept = new Map<string, Item[]>();
  for (const item of items) {
    const { concept, dimensions, typed, period } = item.fact;
    const key = keyOf(concept, { ...dimensions, ...typed }, ink.columnOf(period));
    if (!byPlace.has(key)) byPlace.set(key, item);
    const kept = byConcept.get(concept) ?? [];
    kept.push(item);
    byConcept.set(concept, kept);
  }
  return {
    states: (concept) => byConcept.has(concept),
    find: (concept, dimensions = {}, of = year) => byPlace.get(keyOf(concept, dimensions, of)),
    along: (concept, axis) =>
      (byConcept.get(concept) ?? []).filter(
        ({ fact }) =>
          ink.columnOf(fact.period) === year &&
          Object.keys(fact.typed).length === 0 &&
          Object.keys(fact.dimensions).join() === axis,
      ),
  };
}

/** A number with its unit beside it, tagged. */
export function amount(item: Item, ink: Ink): Markup {
  const unit = unitName(item.fact.unit, ink.scaleOf(item));
  return ink.number(item, ink.scaleOf(item), unit === "" ? "" : `\u00a0${unit}`);
}

/** A fact that the statement itself states, for the reporting year. */
export const stated = (page: Page, concept: string, value: string): Fact => ({
  concept,
  value,
  unit: "",
  decimals: undefined,
  period: page.ink.writer.year,
  dimensions: {},
  typed: {},
});

/** A box that says what a person has still to do here; it is no part of any tagged text. */
export const draftBox = (title: string, ...content: readonly Markup[]): Markup =>
  h("div", { class: "box" }, h("p", { class: "box-title" }, title), content);

/** The paragraph that asks for a fact where it stands. */
export function cited({ concept, section }: Item): Child {
  const paragraph = paragraphOf(concept, section);
  return paragraph === "" ? undefined : h("span", { class: "cite" }, ` §\u00a0${paragraph}`);
}

/** The paragraph of a disclosure requirement that asks for a concept, or of the concept's home; empty where there is none. */
export function paragraphOf({ references }: Concept, section: string): string {
  const own = references.find(({ disclosure, paragraph }) => disclosure === section && paragraph !== "");
  return (own ?? references.find(({ paragraph }) => paragraph !== ""))?.paragraph ?? "";
}
