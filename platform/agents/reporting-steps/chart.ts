import { grouped } from "../../xbrl/inline.ts";
import { element, type Markup } from "../../xbrl/markup.ts";

/** A bar: its name, its amount and which of the chart's colours it has. */
export type Bar = { readonly name: string; readonly amount: number; readonly colour?: number };

const look = `
text{font:13px "Source Sans 3","Segoe UI",Roboto,Arial,sans-serif;fill:#1c2530}
.v{font-variant-numeric:tabular-nums}.s{fill:#5b6673}.w{fill:#fff;font-weight:600}
.c0{fill:#1f6f78}.c1{fill:#c8862a}.c2{fill:#8c4a3c}.c3{fill:#5b7fa6}.c4{fill:#7a8b3c}.c5{fill:#8a6ba1}.c6{fill:#a3a9b0}.g{stroke:#d9dee4}
@media (prefers-color-scheme:dark){text{fill:#e7ebef}.s{fill:#a7b1bc}.c0{fill:#4aa6af}.c1{fill:#dba14f}.c2{fill:#c07a69}.c3{fill:#86a8cc}.c4{fill:#a5b768}.c5{fill:#b497c9}.c6{fill:#7d858e}.g{stroke:#39424c}.w{fill:#10151a}}
`;
const shown = (amount: number): string =>
  grouped(Math.abs(amount) >= 100 || Number.isInteger(amount) ? amount.toFixed(0) : amount.toFixed(1));

/** Horizontal bars with their amounts beside them, as an image within the page: inline XBRL's schema knows no drawing between its elements. */
export function barChart(title: string, bars: readonly Bar[], unit: string): Markup {
  const [row, left, width] = [28, 272, 390];
  const most = Math.max(...bars.map(({ amount }) => Math.abs(amount)), Number.MIN_VALUE);
  const height = bars.length * row + 4;
  return drawing(title, bars, unit, 760, height, [
    element("line", { class: "g", x1: left - 4, x2: left - 4, y1: 0, y2: height }),
    ...bars.flatMap(({ name, amount, colour = 0 }, at) => {
      const y = at * row + 4;
      const length = Math.max((Math.abs(amount) / most) * width, 1);
      return [
        element("text", { x: left - 14, y: y + 15, "text-anchor": "end" }, shortened(name, 36)),
        element("rect", { class: `c${colour % 7}`, x: left, y, width: length.toFixed(1), height: 20, rx: 3 }),
        element("text", { class: "v", x: (left + length + 8).toFixed(1), y: y + 15 }, shown(amount)),
      ];
    }),
  ]);
}

/** One bar that shows of what parts a whole consists, with its parts named below. */
export function shareChart(title: string, all: readonly Bar[], unit: string): Markup | undefined {
  const parts = all.filter(({ amount }) => amount !== 0);
  const whole = parts.reduce((sum, { amount }) => sum + amount, 0);
  if (whole <= 0 || parts.some(({ amount }) => amount < 0)) return undefined;
  const width = 756;
  let x = 2;
  const rows = Math.ceil(parts.length / 2);
  const pieces = parts.flatMap(({ amount, colour }, at) => {
    const length = (amount / whole) * width;
    const from = x;
    x += length;
    const percent = `${((amount / whole) * 100).toFixed(length > 60 ? 1 : 0)} %`;
    return [
      element("rect", {
        class: `c${(colour ?? at) % 7}`,
        x: from.toFixed(1),
        y: 2,
        width: Math.max(length - 2, 0.5).toFixed(1),
        height: 34,
        rx: 3,
      }),
      ...(length > 40
        ? [
            element(
              "text",
              { class: "w", x: (from + length / 2 - 1).toFixed(1), y: 24, "text-anchor": "middle" },
              percent,
            ),
          ]
        : []),
    ];
  });
  const legend = parts.flatMap(({ name, amount, colour }, at) => {
    const [column, line] = [at % 2, Math.floor(at / 2)];
    const [left, y] = [2 + column * 380, 50 + line * 22];
    return [
      element("rect", { class: `c${(colour ?? at) % 7}`, x: left, y, width: 12, height: 12, rx: 2 }),
      element("text", { x: left + 20, y: y + 11 }, `${shortened(name, 36)}: ${shown(amount)} ${unit}`),
    ];
  });
  return drawing(title, parts, unit, 760, 54 + rows * 22, [...pieces, ...legend]);
}

function drawing(
  title: string,
  bars: readonly Bar[],
  unit: string,
  width: number,
  height: number,
  content: readonly Markup[],
): Markup {
  const svg = element(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, width, height },
    element("style", {}, look),
    content,
  );
  const spoken = bars.map(({ name, amount }) => `${name}: ${shown(amount)}`).join("; ");
  return element(
    "div",
    { class: "figure" },
    element("p", { class: "figure-title" }, title, unit === "" ? "" : `, in ${unit}`),
    element("img", {
      class: "chart",
      src: `data:image/svg+xml;base64,${Buffer.from(svg.text).toString("base64")}`,
      alt: `${title}. ${spoken}.`,
    }),
  );
}

const shortened = (name: string, most: number): string =>
  name.length <= most ? name : `${name.slice(0, most - 1).trimEnd()}…`;
