import { element as h, type Markup, together } from "../../xbrl/markup.ts";
import type { Item } from "./items.ts";
import { breakdowns, matrices } from "./matrix.ts";
import { axisName, headingOf, memberName } from "./names.ts";
import { amount, cited, type Page } from "./page.ts";
import { table } from "./table.ts";

/** Axes whose members are things with a name of their own: a target, a policy, an action plan, an impact, risk or opportunity. */
const named: Readonly<Record<string, string>> = {
  IdentifierOfTargetTypedAxis: "NameOfTarget",
  IdentifierOfActionPlanTypedAxis: "NameOfActionPlan",
  IdentifierOfPolicyTypedAxis: "NameOfPolicy",
  IdentifierOfImpactRiskAndOpportunityTypedAxis: "NameOfImpactRiskAndOpportunity",
  NamesOfMetricsTypedAxis: "NamesOfMetrics",
};
const axisOf = ({ fact }: Item): string => Object.keys(fact.typed).find((axis) => axis in named) ?? "";

/** Whether an item says something about one named thing. */
export const isIdentified = (item: Item): boolean => axisOf(item) !== "";

/** One card for each target, policy, action plan, or impact, risk or opportunity, with everything that is said of it. */
export function identified(items: readonly Item[], page: Page): Markup | undefined {
  if (items.length === 0) return undefined;
  const groups = Map.groupBy(items, (item) => `${axisOf(item)}\u0000${item.fact.typed[axisOf(item)] ?? ""}`);
  return together(
    [...groups].map(([key, of]) => {
      const [axis = "", id = ""] = key.split("\u0000");
      const name = of.find(({ fact }) => fact.concept === named[axis] && onlyAxis(fact, axis));
      return h(
        "div",
        { class: "card-item" },
        h(
          "h4",
          {},
          h("span", { class: "code" }, `${axisName(axis)} ${id}`),
          " ",
          name === undefined ? undefined : page.ink.field(name),
        ),
        facts(
          of.filter((item) => item !== name),
          axis,
          page,
        ),
      );
    }),
  );
}

/** Everything that is said of one thing. Without an axis, the heading above has said already which members it is about. */
function facts(items: readonly Item[], within: string | undefined, page: Page): Markup {
  const axis = within ?? "";
  const about = (item: Item): string => (within === undefined ? "" : aspect(item, within, page));
  const short = items.filter(
    (item) => item.kind === "field" || (item.kind === "number" && onlyAxis(item.fact, axis)),
  );
  const numbers = items.filter((item) => item.kind === "number" && !onlyAxis(item.fact, axis));
  const blocks = items.filter(({ kind }) => kind === "block");
  return together(
    short.length === 0
      ? undefined
      : table({
          caption: "In short",
          head: [],
          numbersFrom: 9,
          rows: short.map((item) => ({
            names: [together(headingOf(item.concept.label), about(item), cited(item))],
            cells: [item.kind === "number" ? amount(item, page.ink) : page.ink.field(item)],
          })),
        }),
    numbers.length === 0 ? undefined : matrices(breakdowns(numbers).broken, page),
    blocks.map((item) =>
      page.ink.block(item, "h5", together(headingOf(item.concept.label), about(item), cited(item))),
    ),
  );
}

/** What non-numbers say of one member or another, under a heading for each. */
export function others(items: readonly Item[], page: Page): Markup | undefined {
  if (items.length === 0) return undefined;
  const groups = Map.groupBy(items, (item) => aspect(item, "", page));
  return together(
    [...groups].map(([title, of]) =>
      h("div", { class: "card-item" }, h("h4", {}, title.replace(/^, /, "")), facts(of, undefined, page)),
    ),
  );
}

/** What else an item is about: its other members, and its year when that is not the reporting year. */
export function aspect({ fact }: Item, axis: string, page: Page): string {
  const year = page.ink.columnOf(fact.period);
  return [
    ...Object.keys(fact.dimensions)
      .toSorted()
      .map((one) => `${axisName(one)}: ${memberName(fact.dimensions[one] ?? "")}`),
    ...Object.keys(fact.typed)
      .filter((one) => one !== axis)
      .toSorted()
      .map((one) => `${axisName(one)}: ${fact.typed[one] ?? ""}`),
    ...(year === page.year ? [] : [year]),
  ]
    .map((part) => `, ${part}`)
    .join("");
}

const onlyAxis = (fact: Item["fact"], axis: string): boolean =>
  Object.keys(fact.dimensions).length === 0 && Object.keys(fact.typed).join() === axis;
