import { element, type Markup } from "../../xbrl/markup.ts";
import { grouped } from "../../xbrl/inline.ts";

/** A bar: its name and its tonnes. */
export type Bar = { readonly name: string; readonly tonnes: number; readonly group: "scope-1" | "scope-2" | "scope-3" };

/** Horizontal bars with their values written beside them; readable in print and without colour. */
export function barChart(title: string, bars: readonly Bar[]): Markup {
  const [row, left, width] = [30, 270, 380];
  const most = Math.max(...bars.map(({ tonnes }) => tonnes), 1);
  const height = bars.length * row + 8;
  return element(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 790 ${height}`, role: "img", "aria-label": title, class: "chart" },
    element("title", {}, title),
    bars.map(({ name, tonnes, group }, index) => {
      const y = index * row + 6;
      const length = Math.max((tonnes / most) * width, 1);
      return [
        element("text", { x: left - 10, y: y + 15, "text-anchor": "end", class: "name" }, name),
        element("rect", { x: left, y, width: length.toFixed(1), height: 20, rx: 2, class: group }),
        element("text", { x: (left + length + 8).toFixed(1), y: y + 15, class: "value" }, grouped(tonnes.toFixed(0))),
      ];
    }),
  );
}
