import type { LogAnswer, LogQuestion, LogValue, SavedLogQuery } from "../log-query.ts";
import { opsCommand } from "./command.ts";
import { paint } from "./palette.ts";
import type { Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { tsv } from "./table.ts";
import { clean, displayWidth, hang, pad, truncate } from "./width.ts";

const gap = 2;
/** A column is not squeezed under this; what does not fit any more goes to lines of its own. */
const leastColumns = 8;

/** What the logs said: a table, oldest or newest first as the query sorts, and how much of it there is. */
export function renderLogAnswer(screen: Screen, question: LogQuestion, answer: LogAnswer): readonly string[] {
  const { columns, rows, incomplete } = answer;
  const span = `${instant(question.from.toISOString())} to ${instant(question.until.toISOString())} UTC`;
  const sum = `${rows.length} ${rows.length === 1 ? "row" : "rows"}, ${span}${rows.length === question.limit ? `; the query gives ${question.limit} at most` : ""}`;
  return [
    ...hang(screen, "", `${clean(question.title, 120)}${paramsOf(question)}`),
    "",
    ...(rows.length === 0 ? [] : [...table(screen, columns, rows), ""]),
    ...hang(
      screen,
      mark(screen, incomplete === undefined ? "done" : "unknown"),
      incomplete === undefined ? `${sum}.` : `Incomplete: ${clean(incomplete, 200)}. ${sum}.`,
    ),
  ];
}

function paramsOf({ params }: LogQuestion): string {
  const pairs = Object.entries(params).map(([name, value]) => `${name} ${value}`);
  return pairs.length === 0 ? "" : ` (${pairs.join(", ")})`;
}

/** Columns as wide as what they hold, the last one cut where the screen ends; more than fit are named line by line. */
function table(
  screen: Screen,
  columns: readonly string[],
  rows: readonly (readonly LogValue[])[],
): readonly string[] {
  const names = columns.map(shortName);
  const cells = rows.map((row) => columns.map((_, at) => cell(row[at])));
  const widths = names.map((name, at) =>
    Math.max(displayWidth(name), ...cells.map((row) => displayWidth(row[at] ?? ""))),
  );
  const fixed = widths.slice(0, -1).reduce((sum, width) => sum + width + gap, 0);
  if (fixed + leastColumns > screen.columns) return cells.flatMap((row) => block(screen, names, row));
  const last = screen.columns - fixed;
  const line = (row: readonly string[]): string =>
    row
      .map((text, at) =>
        at === row.length - 1 ? truncate(screen, text, last) : pad(text, (widths[at] ?? 0) + gap),
      )
      .join("")
      .trimEnd();
  return [paint(screen, "muted", line(names)), ...cells.map(line)];
}

function block(screen: Screen, names: readonly string[], row: readonly string[]): readonly string[] {
  const width = Math.max(...names.map(displayWidth)) + gap;
  const [first = "", ...rest] = row;
  return [
    first,
    ...rest.flatMap((text, at) =>
      text === "" ? [] : hang(screen, `  ${pad(names[at + 1] ?? "", width)}`, text),
    ),
  ];
}

function shortName(column: string): string {
  return column.replace(/^context\./, "").replaceAll("_", " ");
}

function cell(value: LogValue): string {
  if (typeof value === "number") return String(value);
  if (value === undefined) return "–";
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) ? instant(value) : clean(value, 400);
}

function instant(iso: string): string {
  return iso.slice(0, 19).replace("T", " ");
}

/** The same for pipes: whole values, instants in ISO form. */
export function logAnswerTsv({ columns, rows }: LogAnswer, withHeader: boolean): readonly string[] {
  return tsv(
    columns,
    rows.map((row) => row.map((value) => (value === undefined ? undefined : String(value)))),
    withHeader,
  );
}

/** The saved queries, each with how it is asked. */
export function renderLogQueries(screen: Screen, queries: readonly SavedLogQuery[]): readonly string[] {
  return queries.flatMap(({ id, title, since, parameters, manual }) => [
    paint(screen, "strong", clean(title, 120)),
    `  ${paint(screen, "command", opsCommand(screen, "logs", "query", id))}`,
    ...hang(
      screen,
      "  ",
      [
        `looks back ${since}`,
        ...Object.entries(parameters).map(
          ([name, { about, number }]) => `--param ${name}=${number}: ${about}`,
        ),
      ].join("; "),
    ),
    ...hang(screen, "  ", paint(screen, "muted", manual.join("; "))),
  ]);
}

/** The same for pipes. */
export function logQueriesTsv(queries: readonly SavedLogQuery[], withHeader: boolean): readonly string[] {
  return tsv(
    ["query", "since", "parameters", "title", "manual"],
    queries.map(({ id, since, parameters, title, manual }) => [
      id,
      since,
      Object.entries(parameters)
        .map(([name, { number }]) => `${name}=${number}`)
        .join(" "),
      title,
      manual.join("; "),
    ]),
    withHeader,
  );
}
