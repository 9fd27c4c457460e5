import { type Child, element as h, type Markup } from "../../xbrl/markup.ts";

/** A table as the statement writes it: a caption, headed columns, rows headed by one or more names, totals set apart. */
export function table({
  caption,
  head,
  numbersFrom,
  rows,
}: {
  readonly caption: Child;
  readonly head: readonly Child[];
  /** From which column on numbers stand, which are aligned to the right. */
  readonly numbersFrom: number;
  readonly rows: readonly {
    readonly names: readonly Child[];
    readonly cells: readonly Child[];
    readonly total?: boolean;
    readonly group?: boolean;
  }[];
}): Markup {
  return h(
    "div",
    { class: "scroll" },
    h(
      "table",
      {},
      h("caption", {}, caption),
      head.length === 0
        ? undefined
        : h(
            "thead",
            {},
            h(
              "tr",
              {},
              head.map((one, at) =>
                h("th", { scope: "col", class: at >= numbersFrom ? "n" : undefined }, one),
              ),
            ),
          ),
      h(
        "tbody",
        {},
        rows.map(({ names, cells, total, group }) =>
          group === true
            ? h(
                "tr",
                { class: "group" },
                h("th", { scope: "colgroup", colspan: Math.max(1, head.length) }, names[0]),
              )
            : h(
                "tr",
                { class: total === true ? "total" : undefined },
                names.map((name) => h("th", { scope: "row" }, name)),
                cells.map((cell, at) =>
                  h("td", { class: names.length + at >= numbersFrom ? "n" : undefined }, cell),
                ),
              ),
        ),
      ),
    ),
  );
}
