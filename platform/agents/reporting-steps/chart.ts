import { grouped } from "../../xbrl/inline.ts";
import { element, type Markup } from "../../xbrl/markup.ts";

/** A bar: its name and its tonnes. */
export type Bar = {
  readonly name: string;
  readonly tonnes: number;
  readonly group: "scope-1" | "scope-2" | "scope-3";
};

const fill = { "scope-1": "#8c4a2f", "scope-2": "#c08a2e", "scope-3": "#2f6f73" } as const;

/** Horizontal bars with their values beside them, as an embedded image: the inline XBRL schema knows no drawing inside the page. */
export function barChart(title: string, bars: readonly Bar[]): Markup {
  const [row, left, width] = [30, 270, 380];
  const most = Math.max(...bars.map(({ tonnes }) => tonnes), 1);
  const height = bars.length * row + 8;
  const words = {
    fill: "#1c2530",
    "font-size": "13.5",
    "font-family": "'Source Sans 3', 'Segoe UI', Roboto, Arial, sans-serif",
  };
  const drawing = element(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 790 ${height}`, width: 790, height },
    bars.map(({ name, tonnes, group }, index) => {
      const y = index * row + 6;
      const length = Math.max((tonnes / most) * width, 1);
      return [
        element("text", { ...words, x: left - 10, y: y + 15, "text-anchor": "end" }, name),
        element("rect", { x: left, y, width: length.toFixed(1), height: 20, rx: 2, fill: fill[group] }),
        element(
          "text",
          { ...words, x: (left + length + 8).toFixed(1), y: y + 15 },
          grouped(tonnes.toFixed(0)),
        ),
      ];
    }),
  );
  const spoken = bars.map(({ name, tonnes }) => `${name}: ${grouped(tonnes.toFixed(0))}`).join("; ");
  return element("img", {
    class: "chart",
    src: `data:image/svg+xml;base64,${Buffer.from(drawing.text).toString("base64")}`,
    alt: `${title}. ${spoken}.`,
  });
}
