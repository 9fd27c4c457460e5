import type { LinesQuestion, UnitLine, UnitLines } from "../log-units.ts";
import { paint, type Tone } from "./palette.ts";
import type { Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { tsv } from "./table.ts";
import { clean, displayWidth, hang, pad, truncate } from "./width.ts";

/** Names of units are cut here on a screen, never in a pipe. */
const widestUnit = 16;
const levelColumns = 8;

/** How the lines of one view are laid out: as wide as its longest unit's name, with the day where the time asked for is longer than one. */
export type LineLayout = { readonly unit: number; readonly day: boolean };

/** The layout for these lines. */
export function layoutOf(
  { from, until }: Pick<LinesQuestion, "from" | "until">,
  lines: readonly UnitLine[],
): LineLayout {
  return {
    unit: Math.min(widestUnit, Math.max(4, ...lines.map(({ unit }) => displayWidth(clean(unit, 60))))),
    day: until.getTime() - from.getTime() > 86_400_000,
  };
}

/** One line of log on a screen: when, who, how bad, then what it says, wrapped under itself. */
export function renderUnitLine(screen: Screen, line: UnitLine, layout: LineLayout): readonly string[] {
  const time = layout.day ? line.at.slice(0, 19).replace("T", " ") : line.at.slice(11, 19);
  const unit = pad(truncate(screen, clean(line.unit, 60), layout.unit), layout.unit);
  const level = pad(clean(line.level, levelColumns), levelColumns);
  const tone = toneOf(line.level);
  const first = `${paint(screen, "muted", time)}  ${unit}  ${tone === undefined ? level : paint(screen, tone, level)}  `;
  const text = [clean(line.message, 2_000), clean(line.facts, 2_000)]
    .filter((part) => part !== "")
    .join("  ");
  // On a narrow screen what it says stands beneath.
  if (displayWidth(first) > screen.columns - 30) return [first.trimEnd(), ...hang(screen, "  ", text)];
  return hang(screen, first, text).map((row) => row.trimEnd());
}

function toneOf(level: string): Tone | undefined {
  if (level === "ERROR" || level === "CRITICAL") return "failed";
  if (level === "WARNING") return "waiting";
  return level === "DEBUG" ? "muted" : undefined;
}

/** How many lines of how many units these are, of which time, and what is missing. */
export function linesSum(screen: Screen, question: LinesQuestion, found: UnitLines): readonly string[] {
  const { lines, incomplete, more } = found;
  const sum = `${countOf(lines.length, "line")} of ${countOf(unitsOf(lines).length, "unit")}, ${instant(question.from)} to ${instant(question.until)} UTC`;
  const rest = more ? `; these are the newest ${question.limit}, ask for more with --limit` : "";
  return hang(
    screen,
    mark(screen, incomplete === undefined ? "done" : "unknown"),
    incomplete === undefined ? `${sum}${rest}.` : `Incomplete: ${clean(incomplete, 300)}. ${sum}${rest}.`,
  );
}

/** How many lines each unit has, most first. */
export function linesByUnit(lines: readonly UnitLine[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { unit } of lines) counts.set(unit, (counts.get(unit) ?? 0) + 1);
  return [...counts].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

/** The names of the units that lines are of. */
export function unitsOf(lines: readonly UnitLine[]): readonly string[] {
  return [...new Set(lines.map(({ unit }) => unit))].toSorted();
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function instant(at: Date): string {
  return at.toISOString().slice(0, 19).replace("T", " ");
}

const columns = ["at", "unit", "service", "level", "logger", "message", "facts"] as const;

/** Lines for pipes: a row each, nothing cut, no tab or line end inside a cell. */
export function unitLinesTsv(lines: readonly UnitLine[], withHeader: boolean): readonly string[] {
  return tsv(
    columns,
    lines.map((line) => columns.map((column) => line[column])),
    withHeader,
  );
}

/** A line as data, its members in one order; the facts as data too, not as text. */
export function unitLineData(line: UnitLine): Omit<UnitLine, "facts"> {
  const { at, unit, service, level, logger, message, context, trace } = line;
  return { at, unit, service, level, logger, message, context, trace };
}

/** The same as a line of NDJSON. */
export function unitLineJson(line: UnitLine): string {
  return JSON.stringify(unitLineData(line));
}

/** A line as plain text in a file. */
export function unitLineText({ at, unit, level, logger, message, facts }: UnitLine): string {
  return [at, unit, level === "" ? "-" : level, logger, message, facts]
    .filter((part) => part !== "")
    .join(" ");
}
