import { element as h, type Markup, together } from "../../xbrl/markup.ts";
import { barChart, shareChart } from "./chart.ts";
import { type Stretch, greenhouse } from "./greenhouse.ts";
import { greenhouseTexts } from "./greenhouse-texts.ts";
import { aspect, identified, isIdentified, others } from "./identified.ts";
import type { Item } from "./items.ts";
import { breakdowns, matrices } from "./matrix.ts";
import { missingTexts } from "./missing.ts";
import { axisName, headingOf, memberName, unitName } from "./names.ts";
import { amount, cited, type Page, stated } from "./page.ts";
import { composed } from "./compositions.ts";
import { table } from "./table.ts";
import { anchorOf, disclosureTitle } from "./titles.ts";

const whole = "DisclosureOfGHGEmissionsExplanatory";

/** A disclosure requirement's part of the statement: texts, then yes-or-no and other short facts, figures with their charts, named items, and what is still to be written. */
export function section(code: string, items: readonly Item[], page: Page): Markup | undefined {
  const { ink } = page;
  const hasEmissions = code === "E1-6" && page.find("GrossScope1GreenhouseGasEmissions") !== undefined;
  const texts = items.filter((item) => item.kind === "block" && !isBroken(item));
  const head = h(
    "h3",
    { id: anchorOf(code) },
    code === "" ? undefined : h("span", { class: "code" }, code),
    " ",
    disclosureTitle(code),
  );
  const own = texts.filter(({ fact }) => fact.concept === whole);
  const content = together(
    hasEmissions && own.length === 0 ? emissions(page) : undefined,
    own.map((item) => textOf(item, page)),
    hasEmissions && own.length > 0 ? together(stretchesOf(page).map(({ markup }) => markup)) : undefined,
    texts.filter((item) => !own.includes(item)).map((item) => textOf(item, page)),
    fields(items, page),
    figures(
      items.filter((item) => item.kind === "number" && !isIdentified(item) && !ink.has(item)),
      page,
    ),
    others(
      items.filter((item) => item.kind !== "number" && isBroken(item) && !isIdentified(item)),
      page,
    ),
    identified(items.filter(isIdentified), page),
    further(items, page),
    missingTexts(code, page),
  );
  return content.text === "" ? undefined : h("div", { class: "dr" }, head, content);
}

const isBroken = ({ fact }: Item): boolean =>
  Object.keys(fact.dimensions).length + Object.keys(fact.typed).length > 0;

/** The whole emissions section as one text block, continued around the boxes that are no part of it. */
function emissions(page: Page): Markup {
  const runs = grouped(stretchesOf(page));
  const { stretches } = page.ink.writer.block(
    stated(page, whole, ""),
    runs.filter(({ tagged }) => tagged).map(({ markup }) => h("div", {}, markup)),
  );
  let at = -1;
  return together(
    runs.map(({ tagged, markup }) => {
      if (!tagged) return markup;
      at += 1;
      return h("div", {}, stretches[at]);
    }),
  );
}

const stretchesOf = (page: Page): readonly Stretch[] => [...greenhouse(page), ...greenhouseTexts(page)];

function grouped(stretches: readonly Stretch[]): readonly Stretch[] {
  const runs: Stretch[] = [];
  for (const stretch of stretches) {
    const last = runs.at(-1);
    if (last !== undefined && last.tagged === stretch.tagged)
      runs[runs.length - 1] = { tagged: last.tagged, markup: together(last.markup, stretch.markup) };
    else runs.push(stretch);
  }
  return runs;
}

/** A text block under its heading, with where the standard asks for it. */
function textOf(item: Item, page: Page): Markup {
  return page.ink.block(
    item,
    "h4",
    together(headingOf(item.concept.label), aspect(item, "", page), cited(item)),
  );
}

/** Whatever found no place above, so that nothing that was stated goes missing: one line each, with what it is about. */
function further(items: readonly Item[], page: Page): Markup | undefined {
  const left = items.filter((item) => !page.ink.has(item));
  return left.length === 0
    ? undefined
    : table({
        caption: "Further facts",
        head: ["Fact", "Value"],
        numbersFrom: 9,
        rows: left.map((item) => ({
          names: [together(headingOf(item.concept.label), aspect(item, "", page), cited(item))],
          cells: [item.kind === "number" ? amount(item, page.ink) : page.ink.field(item)],
        })),
      });
}

function fields(items: readonly Item[], page: Page): Markup | undefined {
  const found = items.filter((item) => item.kind === "field" && !isBroken(item));
  return found.length === 0
    ? undefined
    : table({
        caption: "In short",
        head: ["Statement", "Answer"],
        numbersFrom: 9,
        rows: found.map((item) => ({
          names: [together(headingOf(item.concept.label), aspect(item, "", page), cited(item))],
          cells: [page.ink.field(item)],
        })),
      });
}

/** Figures without a breakdown in one table with the years side by side, breakdowns as matrices, and a chart where parts make a whole. */
function figures(items: readonly Item[], page: Page): Markup | undefined {
  if (items.length === 0) return undefined;
  const { plain, broken } = breakdowns(items);
  const drawn = together(
    composed(plain, page),
    broken.map((one) => chartOf(one, page)),
  );
  return together(drawn, plain.length === 0 ? undefined : years(plain, page), matrices(broken, page));
}

function years(items: readonly Item[], page: Page): Markup {
  const { ink } = page;
  const columns = [...new Set(items.map((item) => ink.column(item)))].toSorted(
    (a, b) => rank(b) - rank(a) || (a < b ? -1 : 1),
  );
  const rows = [...Map.groupBy(items, ({ fact }) => `${fact.concept}|${fact.unit}`).values()];
  return table({
    caption: "Figures",
    head: ["Figure", "Unit", ...columns],
    numbersFrom: 2,
    rows: rows.flatMap((of) => {
      const first = of[0];
      if (first === undefined) return [];
      const scale = ink.scaleOf(first);
      return [
        {
          names: [together(headingOf(first.concept.label), cited(first))],
          cells: [
            unitName(first.fact.unit, scale),
            ...columns.map((column) => {
              const item = of.find((one) => ink.column(one) === column);
              return item === undefined ? "" : ink.number(item, scale);
            }),
          ],
        },
      ];
    }),
  });
}

/** Years before dates, the latest first. */
const rank = (column: string): number => (/^\d{4}$/.test(column) ? Number(column) : 0);

/** A chart for a breakdown along one axis, of amounts of the reporting year that can be compared. */
function chartOf(
  { axes, items }: { readonly axes: readonly string[]; readonly items: readonly Item[] },
  page: Page,
): Markup | undefined {
  const [axis, second] = axes;
  if (axis === undefined || second !== undefined) return undefined;
  const concept = items[0]?.fact.concept;
  const parts = items.filter(
    ({ fact }) =>
      fact.concept === concept &&
      fact.value !== undefined &&
      Object.keys(fact.dimensions).every((one) => one === axis) &&
      page.ink.columnOf(fact.period) === page.year &&
      (axis in fact.dimensions || axis in fact.typed),
  );
  const first = parts[0];
  if (first === undefined || parts.length < 2 || parts.length > 20) return undefined;
  const scale = page.ink.scaleOf(first);
  const unit = unitName(first.fact.unit, scale);
  const bars = parts.map(({ fact }) => ({
    name: fact.dimensions[axis] === undefined ? (fact.typed[axis] ?? "") : memberName(fact.dimensions[axis]),
    amount: Number(fact.value) / 10 ** scale,
  }));
  const title = `${first.concept.label}, by ${axisName(axis).toLowerCase()}`;
  const isWhole = first.concept.type !== "percent" && first.concept.type !== "decimal" && parts.length <= 4;
  return (isWhole ? shareChart(title, bars, unit) : undefined) ?? barChart(title, bars, unit);
}
