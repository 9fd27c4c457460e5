import type { RunState, VitalState } from "../fold.ts";
import type { Screen } from "./screen.ts";
import { clean, displayWidth } from "./width.ts";

const bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;
const asciiBars = ["_", ".", "-", "=", "+", "*", "#", "#"] as const;

/** A curve of at most so many of the last values, scaled to the limit where there is one. */
function sparkline(screen: Screen, vital: VitalState, most = 8): string {
  const values = vital.values.slice(-most);
  const top = Math.max(vital.of ?? 0, ...values);
  return values.map((value) => bar(screen, value, top)).join("");
}

/** One value of a curve as a bar, against the largest. */
export function bar(screen: Screen, value: number, top: number): string {
  const shapes = screen.ascii ? asciiBars : bars;
  const level = top <= 0 ? 0 : Math.round((Math.max(0, value) / top) * (shapes.length - 1));
  return shapes[Math.min(shapes.length - 1, level)] ?? "";
}

/** `healthy 4 of 6 (floor 3)`; a number is shown with its limit where it has one. */
export function vitalText(vital: VitalState): string {
  const last = vital.values.at(-1);
  const label = clean(vital.label, 30);
  if (last === undefined) return `${label} not measured`;
  const of = vital.of === undefined ? "" : ` of ${number(vital.of)}`;
  const floor = vital.floor === undefined ? "" : ` (floor ${number(vital.floor)})`;
  return `${label} ${number(last)}${of}${clean(vital.unit ?? "", 12)}${floor}`;
}

/** The vital signs on as few lines as they need: is it getting better? Empty before the first sample. */
export function vitalLines(screen: Screen, state: RunState, indent = "   "): readonly string[] {
  const shown = state.vitals
    .filter((vital) => vital.values.length > 0)
    .slice(0, 4)
    .map((vital) => `${vitalText(vital)} ${sparkline(screen, vital)}`);
  const lines: string[] = [];
  for (const text of shown) {
    const last = lines.at(-1);
    const joined = last === undefined ? `${indent}${text}` : `${last}   ${text}`;
    if (last !== undefined && displayWidth(joined) <= Math.min(screen.columns, 80))
      lines[lines.length - 1] = joined;
    else lines.push(`${indent}${text}`);
  }
  return lines;
}

function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}
