import type { Duration } from "#kit/duration.ts";
import { toMs } from "#kit/duration.ts";
import { cellOf, countColumn, memberOf, mostFirst, textOf, timeOf } from "#kit/log-lines.ts";
import type { LogAnswer, LogQuestion, LogValue } from "#kit/log-query.ts";
import {
  levelsFrom,
  type LinesQuestion,
  newestLines,
  type UnitLine,
  type UnitLines,
} from "#kit/log-units.ts";
import type { LogLine, LogReader, Service } from "#kit/ports.ts";
import { plainText } from "../foreign-text.ts";
import { linesOf, someServices } from "../unit-lines.ts";
import type { ElasticsearchBinding } from "./binding.ts";
import { type Found, search } from "./search.ts";

/** Another machine's clock may run ahead of ours by this much. */
const skewMs = 60_000;

/** Finds the platform's lines in Elasticsearch; the group of a service is CloudWatch's word, here the binding's index holds all lines. */
export function elasticLogs(binding: ElasticsearchBinding): LogReader {
  return {
    async errors(_group, { since, limit }) {
      const now = Date.now();
      const found = await search(binding, {
        query: {
          bool: {
            must: [
              { terms: { "level.keyword": ["ERROR", "CRITICAL"] } },
              inTime(new Date(now - toMs(since)), new Date(now + skewMs)),
            ],
          },
        },
        sort: [{ "@timestamp": { order: "desc" } }],
        size: Math.min(limit, 10_000),
      });
      return found.hits.hits.map(lineOf).toReversed();
    },
    async query(_group: string, question: LogQuestion, within: Duration): Promise<LogAnswer> {
      const found = await search(binding, timed(question), within);
      const incomplete = reasonOf(found, within);
      return question.countBy === undefined
        ? shown(found, question, incomplete)
        : counted(found, question, incomplete);
    },
    async lines(services, question, everyone) {
      someServices(services);
      return pagedLines(binding, question, (hits) =>
        linesOf(hits.map(keptLine), { services, everyone, question } satisfies Asked),
      );
    },
  };
}

type Asked = {
  readonly services: readonly Service[];
  readonly everyone: readonly Service[];
  readonly question: LinesQuestion;
};

const pageSize = 2_000;

/** The newest wanted lines, a page at a time from the newest back; each page begins at the instant where the one before ended. */
async function pagedLines(
  binding: ElasticsearchBinding,
  question: LinesQuestion,
  wanted: (hits: readonly Hit[]) => readonly UnitLine[],
): Promise<UnitLines> {
  const { from, least, limit, within } = question;
  const patience = performance.now() + toMs(within);
  const seen = new Set<string>();
  let found: readonly UnitLine[] = [];
  let { until } = question;
  for (;;) {
    const left = Math.round(patience - performance.now());
    if (left < 100) return newestLines(found, question, `stopped after ${within}, before all was searched`);
    const page = await search(
      binding,
      {
        query: {
          bool: {
            must: [
              inTime(from, until),
              ...(least === undefined ? [] : [{ terms: { "level.keyword": levelsFrom(least) } }]),
            ],
          },
        },
        sort: [{ "@timestamp": { order: "desc" } }],
        size: pageSize,
      },
      `${left}ms`,
    );
    const { hits } = page.hits;
    const fresh = hits.filter(({ _index: index, _id: id }) => !seen.has(`${index}/${id}`));
    for (const { _index: index, _id: id } of fresh) seen.add(`${index}/${id}`);
    found = [...wanted(fresh.toReversed()), ...found];
    const partly = reasonOf(page, within);
    if (partly !== undefined || hits.length < pageSize || found.length > limit)
      return newestLines(found, question, partly);
    const last = hits.at(-1);
    const oldest = last === undefined ? undefined : instantOf(last);
    if (oldest === undefined || fresh.length === 0)
      return newestLines(found, question, `more than ${pageSize} lines have the same instant`);
    until = new Date(oldest);
  }
}

function instantOf({ _source: line }: Hit): number | undefined {
  return timeOf(line);
}

/** Where shippers put the name of who wrote a line, the most exact first. */
const unitPlaces = [
  ["kubernetes", "pod", "name"],
  ["service", "instance", "id"],
  ["host", "name"],
  ["agent", "name"],
] as const;

function keptLine({ _source: line, _index: index }: Hit) {
  const unit = unitPlaces.map((place) => deep(line, place)).find((name) => name !== undefined) ?? index;
  return { text: JSON.stringify(line), unit, keptAt: timeOf(line) ?? 0 };
}

/** A text by its path, whether the document has it as objects within objects or under one dotted name. */
function deep(line: object, place: readonly string[]): string | undefined {
  const dotted: unknown = Reflect.get(line, place.join("."));
  if (typeof dotted === "string") return dotted;
  let at: unknown = line;
  for (const name of place) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return undefined;
    at = Reflect.get(at, name);
  }
  return typeof at === "string" ? at : undefined;
}

type Hit = Found["hits"]["hits"][number];

function lineOf({ _source: line, _index: index }: Hit): LogLine {
  return {
    at: new Date(timeOf(line) ?? 0).toISOString(),
    level: plainText(textOf(line["level"]), 20),
    message: plainText(textOf(line["message"])),
    source: plainText(index, 80),
  };
}

function inTime(from: Date, until: Date) {
  return { range: { "@timestamp": { gte: from.toISOString(), lte: until.toISOString() } } };
}

/** The saved body, held to the times that are asked for. */
function timed({ elasticsearch: body, from, until }: LogQuestion): Readonly<Record<string, unknown>> {
  return { ...body, query: { bool: { must: [body["query"] ?? { match_all: {} }, inTime(from, until)] } } };
}

function shown(found: Found, question: LogQuestion, incomplete: string | undefined): LogAnswer {
  return {
    columns: question.columns.map(({ field }) => field),
    rows: found.hits.hits.map(({ _source: line }) =>
      question.columns.map(({ field, kind }): LogValue => {
        const cell = cellOf(memberOf(line, field), kind);
        return kind === "text" && typeof cell === "string" ? plainText(cell, 2_000) : cell;
      }),
    ),
    incomplete,
  };
}

function counted(found: Found, { countBy = "" }: LogQuestion, incomplete: string | undefined): LogAnswer {
  const buckets = found.aggregations?.by.buckets ?? [];
  const counts = mostFirst(
    buckets.map(({ key, doc_count: count }) => [plainText(String(key), 2_000), count] as const),
  );
  return { columns: [countBy, countColumn], rows: counts, incomplete };
}

function reasonOf({ timed_out: late, _shards: shards }: Found, within: Duration): string | undefined {
  if (late) return `stopped after ${within}, before all was searched`;
  return shards.failed > 0 ? `${shards.failed} of ${shards.total} shards did not answer` : undefined;
}
