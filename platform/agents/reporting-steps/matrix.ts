import { lastDay } from "#rules/fact.ts";
import { type Child, element as h, type Markup, together } from "../../xbrl/markup.ts";
import { columnAxes, type Ink } from "./ink.ts";
import type { Item } from "./items.ts";
import { axisName, headingOf, memberName, unitName } from "./names.ts";
import { cited, type Page } from "./page.ts";
import { table } from "./table.ts";

const most = 9;

/** What an item counts, and in what. */
const figureOf = ({ fact: { concept, unit } }: Item): string => `${concept}|${unit}`;
/** Axes that break an item down, sorted. */
const axesOf = ({ fact: { dimensions, typed } }: Item): readonly string[] =>
  [...Object.keys(dimensions), ...Object.keys(typed)].filter((axis) => !columnAxes.has(axis)).toSorted();
const memberOf = ({ fact: { dimensions, typed } }: Item, axis: string): string =>
  dimensions[axis] ?? typed[axis] ?? "";
const memberText = (item: Item, axis: string): string => {
  const explicit = item.fact.dimensions[axis];
  return explicit === undefined ? (item.fact.typed[axis] ?? "Total") : memberName(explicit);
};

/** Numbers that belong into one matrix: a concept, the axes of its finest breakdown, and everything that adds up to it. */
type Breakdown = { readonly axes: readonly string[]; readonly items: readonly Item[] };

/** Parts a section's numbers into those without a breakdown, and matrices; a total goes with the matrix whose parts it sums. */
export function breakdowns(items: readonly Item[]): {
  readonly plain: readonly Item[];
  readonly broken: readonly Breakdown[];
} {
  const plain: Item[] = [];
  const groups = new Map<string, Item[]>();
  for (const of of Map.groupBy(items, figureOf).values()) {
    const sets = [...new Set(of.map((item) => axesOf(item).join("|")))].filter((one) => one !== "");
    const finest = sets
      .filter((set) => !sets.some((other) => other !== set && contains(other, set)))
      .toSorted((a, b) => b.split("|").length - a.split("|").length || (a < b ? -1 : 1));
    if (finest.length === 0) {
      plain.push(...of);
      continue;
    }
    for (const item of of) {
      const set = axesOf(item).join("|");
      const home = finest.find((one) => one === set || set === "" || contains(one, set)) ?? set;
      const key = `${home}\u0000${shapeOf(of, home)}`;
      const kept = groups.get(key) ?? [];
      kept.push(item);
      groups.set(key, kept);
    }
  }
  return {
    plain,
    broken: [...groups].map(([key, all]) => ({
      axes: (key.split("\u0000")[0] ?? "").split("|"),
      items: all,
    })),
  };
}

/** Concepts stand in one matrix together when they have the same members on a single axis; otherwise each has its own. */
function shapeOf(items: readonly Item[], home: string): string {
  const first = items[0];
  if (home.includes("|") || first === undefined) return first === undefined ? "" : figureOf(first);
  const years = new Set(
    items.map(
      ({ fact }) =>
        `${lastDay(fact.period)} ${JSON.stringify(fact.dimensions["CurrentlyStatedBaselineMilestonesOrTargetYearsAxis"] ?? "")}`,
    ),
  );
  const members = new Set(
    items.filter((item) => axesOf(item).join("|") === home).map((item) => memberOf(item, home)),
  );
  return years.size > 1 ? figureOf(first) : [...years, ...[...members].toSorted()].join("|");
}

function contains(larger: string, smaller: string): boolean {
  const has = new Set(larger.split("|"));
  return smaller.split("|").every((one) => has.has(one));
}

/** A matrix: the axis with most members goes down, the others and the years go across; totals stand last. */
function matrix({ axes, items }: Breakdown, page: Page): Markup {
  const { ink } = page;
  const count = (axis: string): number => new Set(items.map((item) => memberOf(item, axis))).size;
  const [down = "", ...across] = axes.toSorted((a, b) => count(b) - count(a) || (a < b ? -1 : 1));
  const concepts = [...new Map(items.map((item) => [figureOf(item), item])).values()];
  if (concepts.length > 2 && across.length === 0 && count(down) <= 7)
    return byConcept(items, concepts, down, page);
  const columns = columnsOf(items, across, concepts.length > 1, ink);
  const isWide = columns.length > most;
  const rowAxes = isWide ? [down, ...across] : [down];
  const used = isWide ? columnsOf(items, [], concepts.length > 1, ink) : columns;
  const keyOfColumn = (item: Item): string => columnKey(item, isWide ? [] : across, ink);
  const rows = new Map<string, { readonly first: Item; readonly cells: Map<string, Item> }>();
  for (const item of items) {
    const key = rowAxes.map((axis) => memberOf(item, axis)).join("\u0000");
    const row = rows.get(key) ?? { first: item, cells: new Map<string, Item>() };
    row.cells.set(keyOfColumn(item), item);
    rows.set(key, row);
  }
  const isTotal = ({ first }: { readonly first: Item }): boolean =>
    rowAxes.some((axis) => memberOf(first, axis) === "");
  const ordered = [...rows.values()].toSorted((a, b) => Number(isTotal(a)) - Number(isTotal(b)));
  const one = concepts[0];
  const scale = one === undefined ? 0 : ink.scaleOf(one);
  const unit = one === undefined ? "" : unitName(one.fact.unit, scale);
  const caption = concepts.length === 1 ? (one?.concept.label ?? "") : `By ${axisName(down).toLowerCase()}`;
  const lasting = ordered.some(isTotal) ? [] : totalElsewhere(used, rowAxes.length, page);
  return table({
    caption: unit === "" || concepts.length > 1 ? caption : `${caption}, in ${unit}`,
    head: [
      ...rowAxes.map((axis): Child => axisName(axis)),
      ...used.map(({ name }): Child => h("span", { class: "n" }, name)),
    ],
    numbersFrom: rowAxes.length,
    rows: [
      ...ordered.map((row) => ({
        total: isTotal(row),
        names: rowAxes.map((axis) => memberText(row.first, axis)),
        cells: used.map(({ key }) => {
          const item = row.cells.get(key);
          return item === undefined ? "" : ink.number(item);
        }),
      })),
      ...lasting,
    ],
  });
}

/** Several figures along one axis: the figures go down, since their names are long, and the members across. */
function byConcept(items: readonly Item[], concepts: readonly Item[], axis: string, { ink }: Page): Markup {
  const cells = new Map(items.map((item) => [`${figureOf(item)}|${memberOf(item, axis)}`, item]));
  const members = [...new Map(items.map((item) => [memberOf(item, axis), memberText(item, axis)]))].toSorted(
    ([a], [b]) => Number(a === "") - Number(b === ""),
  );
  const years = [...new Set(items.map((item) => ink.column(item)))].join(", ");
  return table({
    caption: `By ${axisName(axis).toLowerCase()}, ${years}`,
    head: ["Figure", "Unit", ...members.map(([, name]) => name)],
    numbersFrom: 2,
    rows: concepts.map((one) => ({
      names: [together(headingOf(one.concept.label), cited(one))],
      cells: [
        unitName(one.fact.unit, ink.scaleOf(one)),
        ...members.map(([member]) => {
          const item = cells.get(`${figureOf(one)}|${member}`);
          return item === undefined ? "" : ink.number(item);
        }),
      ],
    })),
  });
}

/** The total of a matrix along one axis when it is tagged elsewhere: shown, and not tagged a second time. */
function totalElsewhere(
  columns: readonly { readonly item: Item }[],
  axes: number,
  page: Page,
): readonly {
  readonly names: readonly Child[];
  readonly cells: readonly Child[];
  readonly total: boolean;
}[] {
  const totals = columns.map(({ item }) =>
    axes === 1 && Object.keys(item.fact.typed).length + Object.keys(item.fact.dimensions).length === 1
      ? page.find(item.fact.concept, {}, page.ink.column(item))
      : undefined,
  );
  if (totals.every((one) => one === undefined)) return [];
  return [
    {
      names: ["Total"],
      total: true,
      cells: totals.map((one) => (one === undefined ? "" : page.ink.plain(one))),
    },
  ];
}

const columnKey = (item: Item, across: readonly string[], ink: Ink): string =>
  [figureOf(item), ...across.map((axis) => memberOf(item, axis)), ink.column(item)].join("\u0000");

function columnsOf(
  items: readonly Item[],
  across: readonly string[],
  isNamed: boolean,
  ink: Ink,
): readonly { readonly key: string; readonly name: string; readonly item: Item }[] {
  const found = new Map<string, { readonly item: Item; readonly sort: readonly (string | number)[] }>();
  const order = new Map([...new Set(items.map(figureOf))].map((one, at) => [one, at]));
  for (const item of items) {
    const key = columnKey(item, across, ink);
    if (!found.has(key))
      found.set(key, {
        item,
        sort: [
          order.get(figureOf(item)) ?? 0,
          ...across.map((axis) => (memberOf(item, axis) === "" ? 1 : 0)),
          Object.keys(item.fact.dimensions).filter((axis) => columnAxes.has(axis)).length,
          -Date.parse(lastDay(item.fact.period)),
          ink.column(item),
        ],
      });
  }
  const years = new Set(items.map((item) => ink.column(item)));
  return [...found]
    .toSorted(([, a], [, b]) => compare(a.sort, b.sort))
    .map(([key, { item }]) => ({
      key,
      item,
      name: [
        ...(isNamed ? [`${item.concept.label}${unitSuffix(item, ink)}`] : []),
        ...acrossText(item, across),
        ...(years.size > 1 || (!isNamed && across.length === 0) ? [ink.column(item)] : []),
      ].join(", "),
    }));
}

/** The members of a column; where it is the total on some axes, those are left out, and on all of them it is the total. */
function acrossText(item: Item, across: readonly string[]): readonly string[] {
  const named = across.filter((axis) => memberOf(item, axis) !== "");
  return across.length > 0 && named.length === 0 ? ["Total"] : named.map((axis) => memberText(item, axis));
}

function unitSuffix(item: Item, ink: Ink): string {
  const unit = unitName(item.fact.unit, ink.scaleOf(item));
  return unit === "" ? "" : ` (${unit})`;
}

function compare(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  for (let at = 0; at < a.length; at += 1) {
    const [left, right] = [a[at] ?? 0, b[at] ?? 0];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

/** All matrices of a section. */
export const matrices = (broken: readonly Breakdown[], page: Page): Markup =>
  together(broken.map((one) => matrix(one, page)));
