import type { Duration } from "#kit/duration.ts";
import { toMs } from "#kit/duration.ts";
import { cellOf, countColumn, memberOf, mostFirst, textOf, timeOf } from "#kit/log-lines.ts";
import type { LogAnswer, LogQuestion, LogValue } from "#kit/log-query.ts";
import type { LogLine, LogReader } from "#kit/ports.ts";
import { plainText } from "../foreign-text.ts";
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
  };
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
