import type { LogAnswer, LogQuestion, LogTest, LogValue } from "./log-query.ts";

/** A line of JSON log as an object. */
export type ParsedLine = Readonly<Record<string, unknown>>;

/** The line as an object; undefined for anything else, such as a crash's last words. */
export function parseLine(text: string): ParsedLine | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === "object" && line !== null && !Array.isArray(line) ? { ...line } : undefined;
  } catch {
    return undefined;
  }
}

/** When a line was written, by its own word; undefined when it does not say. */
export function timeOf(line: ParsedLine): number | undefined {
  const at = typeof line["timestamp"] === "string" ? Date.parse(line["timestamp"]) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

/** A member of a line by its path: `level`, `context.report_id`. */
export function memberOf(line: ParsedLine, path: string): unknown {
  const [first = "", second] = path.split(".");
  const found = Object.hasOwn(line, first) ? line[first] : undefined;
  if (second === undefined) return found;
  if (typeof found !== "object" || found === null) return undefined;
  return Object.entries(found).find(([name]) => name === second)?.[1];
}

/** A cell as a column of this kind shows it; what a log service gave as text becomes the number that it is. */
export function cellOf(value: unknown, kind: "time" | "text" | "number"): LogValue {
  if (value === undefined || value === null) return undefined;
  if (kind === "number") {
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    return typeof number === "number" && Number.isFinite(number) ? number : undefined;
  }
  if (kind === "time") {
    const at = new Date(typeof value === "number" ? value : zoned(textOf(value)));
    return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
  }
  return textOf(value);
}

/** A member of a line as text; what has members is JSON, and nothing is nothing. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

/** `2026-11-21 18:00:00.123`, as CloudWatch writes an instant, is UTC. */
function zoned(text: string): string {
  return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$/.test(text) ? `${text.replace(" ", "T")}Z` : text;
}

/** The answer to a question over these lines, worked out here; lines outside of its times are left out. */
export function answerFrom(
  lines: Iterable<ParsedLine>,
  question: LogQuestion,
  incomplete?: string,
): LogAnswer {
  const met: ParsedLine[] = [];
  for (const line of lines) if (meets(line, question)) met.push(line);
  const columns = question.columns.map((column) => column.field);
  if (question.countBy !== undefined)
    return { ...counted(met, question.countBy, question.limit), incomplete };
  const { sort } = question;
  const sorted = sort === undefined ? met : met.toSorted((a, b) => compared(a, b, sort));
  const rows = sorted
    .slice(0, question.limit)
    .map((line) => question.columns.map(({ field, kind }) => cellOf(memberOf(line, field), kind)));
  return { columns, rows, incomplete };
}

/** True for a line of the question's times that meets every condition. */
export function meets(
  line: ParsedLine,
  { from, until, where }: Pick<LogQuestion, "from" | "until" | "where">,
): boolean {
  const at = timeOf(line);
  if (at === undefined || at < from.getTime() || at > until.getTime()) return false;
  return where.every((one) => passes(memberOf(line, one.field), one));
}

function passes(value: unknown, one: LogTest): boolean {
  if ("is" in one) return value === one.is;
  if ("in" in one) return typeof value === "string" && one.in.includes(value);
  if ("under" in one)
    return typeof value === "string" && (value === one.under || value.startsWith(`${one.under}.`));
  // Log services take a number that was written as text for the number that it is.
  const number = cellOf(value, "number");
  if (typeof number !== "number") return false;
  return "above" in one ? number > Number(one.above) : number < Number(one.below);
}

function compared(a: ParsedLine, b: ParsedLine, { field, order }: NonNullable<LogQuestion["sort"]>): number {
  const [one, other] = [sortKey(a, field), sortKey(b, field)];
  // What has nothing to be sorted by comes last, whichever way.
  if (one === undefined || other === undefined)
    return Number(one === undefined) - Number(other === undefined);
  const ascending = one < other ? -1 : one > other ? 1 : 0;
  return order === "asc" ? ascending : -ascending;
}

function sortKey(line: ParsedLine, field: string): string | number | undefined {
  if (field === "timestamp") return timeOf(line);
  const value = memberOf(line, field);
  return typeof value === "number" || typeof value === "string" ? value : undefined;
}

/** Name of the column that holds a count. */
export const countColumn = "lines";

function counted(
  lines: readonly ParsedLine[],
  by: string,
  limit: number,
): Pick<LogAnswer, "columns" | "rows"> {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const value = memberOf(line, by);
    if (value !== undefined && value !== null)
      counts.set(textOf(value), (counts.get(textOf(value)) ?? 0) + 1);
  }
  return { columns: [by, countColumn], rows: mostFirst([...counts]).slice(0, limit) };
}

/** Counts with the largest first, and equal ones by name, so that every log service's answer has one order. */
export function mostFirst(
  counts: readonly (readonly [string, number])[],
): readonly (readonly [string, number])[] {
  return counts.toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : a > b ? 1 : 0));
}
