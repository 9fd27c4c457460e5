import { element, type Markup } from "../../xbrl/markup.ts";
import { colours, grouped, type Status, statuses, titles } from "./page-words.ts";

/** A ring whose arcs are the shares of the verdicts. */
export function ring(number: ReadonlyMap<Status, number>, total: number): Markup {
  const round = 2 * Math.PI * 44;
  let turned = 0;
  const arcs = statuses.map((status) => {
    const share = ((number.get(status) ?? 0) / Math.max(1, total)) * round;
    const arc = element("circle", {
      cx: 60,
      cy: 60,
      r: 44,
      fill: "none",
      stroke: colours[status],
      "stroke-width": 15,
      "stroke-dasharray": `${share.toFixed(2)} ${(round - share).toFixed(2)}`,
      "stroke-dashoffset": (-turned).toFixed(2),
      transform: "rotate(-90 60 60)",
    });
    turned += share;
    return share === 0 ? undefined : arc;
  });
  const words = statuses
    .map((status) => `${number.get(status) ?? 0} ${titles[status].toLowerCase()}`)
    .join(", ");
  return element(
    "svg",
    { viewBox: "0 0 120 120", role: "img", "aria-label": words },
    arcs,
    text(60, 62, 18, "var(--ink)", grouped(total)),
    text(60, 75, 9, "var(--soft)", "rules"),
  );
}

const text = (x: number, y: number, size: number, fill: string, words: string): Markup =>
  element("text", { x, y, "font-size": size, fill, "text-anchor": "middle", "font-weight": 600 }, words);

/** One bar of a hundred units, divided as the verdicts are. */
export function bar(parts: readonly (readonly [Status, number])[]): Markup {
  const total = Math.max(
    1,
    parts.reduce((sum, [, amount]) => sum + amount, 0),
  );
  let x = 0;
  return element(
    "svg",
    { viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
    parts.map(([status, amount]) => {
      const width = (amount / total) * 100;
      const drawn = element("rect", {
        x: x.toFixed(2),
        y: 0,
        width: width.toFixed(2),
        height: 4,
        fill: colours[status],
      });
      x += width;
      return amount === 0 ? undefined : drawn;
    }),
  );
}
