import { setTimeout as pause } from "node:timers/promises";
import type { QueryStatus, ResultField } from "@aws-sdk/client-cloudwatch-logs";
import { type Duration, toMs } from "#kit/duration.ts";
import { OpsError } from "#kit/errors.ts";
import { cellOf, countColumn } from "#kit/log-lines.ts";
import type { LogAnswer, LogQuestion, LogValue } from "#kit/log-query.ts";
import { plainText } from "../foreign-text.ts";
import { look } from "./call.ts";
import type { AwsClients } from "./clients.ts";
import { logsSdk } from "./sdk.ts";

const firstPauseMs = 150;
const longestPauseMs = 1_500;
/** Throttled calls are made again so often, with twice the pause each time; polling is what Insights throttles most. */
const mostThrottled = 5;

/**
 * Asks CloudWatch Logs Insights: StartQuery, then GetQueryResults until it is complete. What is not complete within the time is stopped, so that
 * nothing goes on scanning for nobody, and given as far as it came. Source of the two calls: notes on `aws logs insights query`, which does not exist.
 */
export async function insightsQuery(
  clients: AwsClients,
  group: string,
  question: LogQuestion,
  within: Duration,
): Promise<LogAnswer> {
  const { StartQueryCommand, GetQueryResultsCommand } = await logsSdk();
  const client = await clients.logs();
  const until = performance.now() + toMs(within);
  const started = await patiently(until, () =>
    look(clients, { service: "logs", action: "StartQuery" }, () =>
      client.send(
        new StartQueryCommand({
          logGroupName: group,
          // Whole seconds that hold all of the time asked for; what is outside of it is left out below.
          startTime: Math.floor(question.from.getTime() / 1000),
          endTime: Math.ceil(question.until.getTime() / 1000),
          queryString: question.insights,
          limit: question.limit,
        }),
      ),
    ),
  );
  const { queryId } = started;
  if (queryId === undefined)
    throw new OpsError("tool-refused", {
      summary: `AWS StartQuery at ${clients.host("logs")} gave no query id.`,
      hint: "Try again; this is an answer that AWS does not give.",
    });

  let rows: readonly (readonly ResultField[])[] = [];
  let status: QueryStatus | undefined;
  let waitMs = firstPauseMs;
  let over = false;
  try {
    for (;;) {
      const answer = await patiently(until, () =>
        look(clients, { service: "logs", action: "GetQueryResults" }, () =>
          client.send(new GetQueryResultsCommand({ queryId })),
        ),
      );
      status = answer.status;
      rows = answer.results ?? [];
      over = status !== "Scheduled" && status !== "Running";
      if (over || performance.now() + waitMs > until) break;
      await pause(waitMs);
      waitMs = Math.min(longestPauseMs, waitMs * 2);
    }
  } finally {
    if (!over) await stopQuery(clients, queryId);
  }
  if (status === "Failed")
    throw new OpsError("tool-refused", {
      summary: `CloudWatch Logs Insights at ${clients.host("logs")} failed to run ${question.id}.`,
      hint: "Ask again, or for a shorter time; AWS does not say why.",
    });
  return answered(rows, question, reasonOf(status, within));
}

function reasonOf(status: string | undefined, within: Duration): string | undefined {
  if (status === "Complete") return undefined;
  if (status === "Scheduled" || status === "Running")
    return `stopped after ${within}, before all was searched`;
  return `CloudWatch ended the query as ${plainText(status ?? "Unknown", 40)}`;
}

/** Best effort: a query that goes on costs money and a place among those that may run at once. */
async function stopQuery(clients: AwsClients, queryId: string): Promise<void> {
  const { StopQueryCommand } = await logsSdk();
  const client = await clients.logs();
  await look(clients, { service: "logs", action: "StopQuery" }, () =>
    client.send(new StopQueryCommand({ queryId })),
  ).catch(() => undefined);
}

/** Makes a call again while AWS throttles it and there is time. */
async function patiently<T>(until: number, call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const waitMs = 200 * 2 ** attempt;
      const throttled =
        OpsError.is(error) && error.code === "tool-unreachable" && error.summary.includes("throttled");
      const full = OpsError.is(error) && error.details?.startsWith("LimitExceededException") === true;
      if (!(throttled || full) || attempt >= mostThrottled || performance.now() + waitMs > until) throw error;
      await pause(waitMs);
    }
  }
}

function answered(
  rows: readonly (readonly ResultField[])[],
  question: LogQuestion,
  incomplete: string | undefined,
): LogAnswer {
  const cells = rows.map((row) => new Map(row.map(({ field, value }) => [field ?? "", value])));
  if (question.countBy !== undefined) {
    const by = question.countBy;
    return {
      columns: [by, countColumn],
      rows: cells.map((row) => [cellOf(row.get(by), "text"), cellOf(row.get(countColumn), "number")]),
      incomplete,
    };
  }
  return {
    columns: question.columns.map(({ field }) => field),
    rows: cells
      .filter((row) => isWithin(row.get("@timestamp"), question))
      .map((row) =>
        question.columns.map(({ field, kind }): LogValue => {
          const cell = cellOf(row.get(field === "timestamp" ? "@timestamp" : field), kind);
          return kind === "text" && typeof cell === "string" ? plainText(cell, 2_000) : cell;
        }),
      ),
    incomplete,
  };
}

function isWithin(timestamp: string | undefined, { from, until }: LogQuestion): boolean {
  const at = cellOf(timestamp, "time");
  if (typeof at !== "string") return true;
  return at >= from.toISOString() && at <= until.toISOString();
}
