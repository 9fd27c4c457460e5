import { type Duration, toMs } from "#kit/duration.ts";
import type { LogAnswer, LogQuestion } from "#kit/log-query.ts";

/** A question to the logs without its times. */
type Untimed = Omit<LogQuestion, "from" | "until" | "params">;

const errorsByCode: Untimed = {
  id: "errors-by-code",
  title: "Errors, counted by their code",
  manual: ["PR Alert Response Procedures: Error Rate Spike"],
  where: [{ field: "level", in: ["ERROR", "CRITICAL"] }],
  columns: [{ field: "context.code", kind: "text" }],
  countBy: "context.code",
  limit: 5,
  insights: [
    "fields @timestamp",
    '| filter level in ["ERROR", "CRITICAL"] and ispresent(context.code)',
    "| stats count(*) as lines by context.code",
    "| sort lines desc, context.code asc",
    "| limit 5",
  ].join("\n"),
  elasticsearch: {
    size: 0,
    query: {
      bool: {
        filter: [
          { terms: { "level.keyword": ["ERROR", "CRITICAL"] } },
          { exists: { field: "context.code" } },
        ],
      },
    },
    aggs: {
      rows: {
        terms: { field: "context.code.keyword", size: 5, order: [{ _count: "desc" }, { _key: "asc" }] },
      },
    },
  },
};

const reportSizes: Untimed = {
  id: "report-sizes",
  title: "Facts that the reports of late have",
  manual: ["PR Issue: XBRL Generation Slow"],
  where: [
    { field: "level", is: "INFO" },
    { field: "message", is: "Report generated" },
  ],
  columns: [
    { field: "timestamp", kind: "time" },
    { field: "context.facts", kind: "number" },
  ],
  sort: { field: "timestamp", order: "desc" },
  limit: 1_000,
  insights: [
    "fields @timestamp, context.facts",
    '| filter level = "INFO" and message = "Report generated"',
    "| sort @timestamp desc",
    "| limit 1000",
  ].join("\n"),
  elasticsearch: {
    size: 1_000,
    query: {
      bool: {
        filter: [{ term: { "level.keyword": "INFO" } }, { term: { "message.keyword": "Report generated" } }],
      },
    },
    sort: [{ "@timestamp": { order: "desc" } }],
  },
};

/** Errors of a time until now, counted by code. */
export function askErrorsByCode(now: Date, back: Duration): LogQuestion {
  return timed(errorsByCode, now, back);
}

/** How many facts each report had that was generated within a time until now, newest first. */
export function askReportSizes(now: Date, back: Duration): LogQuestion {
  return timed(reportSizes, now, back);
}

function timed(question: Untimed, now: Date, back: Duration): LogQuestion {
  return { ...question, params: {}, from: new Date(now.getTime() - toMs(back)), until: now };
}

/** How the counted codes read at a glance: "memory-limit 12, csrd-defect 1". */
export function codesText({ rows }: LogAnswer): string {
  return rows
    .slice(0, 3)
    .map(([code, count]) => `${String(code ?? "without a code").slice(0, 40)} ${Number(count ?? 0)}`)
    .join(", ");
}

/** Size of the latest reports beside that of those before, as medians; undefined when there are too few to compare. */
export function sizesOf({
  rows,
}: LogAnswer): { readonly recent: number; readonly typical: number } | undefined {
  const facts = rows.flatMap(([, count]) => (typeof count === "number" ? [count] : []));
  if (facts.length < latest * 2) return undefined;
  return { recent: median(facts.slice(0, latest)), typical: median(facts.slice(latest)) };
}

/** So many reports are "of late". */
const latest = 3;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
