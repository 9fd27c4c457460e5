import { randomUUID } from "node:crypto";
import { z } from "zod";
import { parseLine } from "#kit/log-lines.ts";
import type { Cloud } from "../../cloud.ts";
import { readInsights, type Row, rowOf } from "./insights-query.ts";
import { ServiceError } from "./service-error.ts";

const StartQuery = z.strictObject({
  logGroupName: z.string().min(1).max(512),
  startTime: z.int().min(0),
  endTime: z.int().min(0),
  queryString: z.string().max(10_000),
  limit: z.int().min(1).max(10_000).optional(),
});
const ById = z.strictObject({ queryId: z.string().min(1).max(256) });

/** One query: what it found so far, and how often it was asked about. */
type Query = {
  status: "Running" | "Complete" | "Cancelled";
  readonly rows: readonly Row[];
  readonly scanned: number;
  asked: number;
};

/** How the stand-in's Insights behaves, for tests of patience. */
export type InsightsMood = {
  /** Answers "Running", with the first half of the rows, so often before it is complete. */
  runningFor: number;
};

/** Most queries that may run at once, as AWS counts them for an account. */
const mostAtOnce = 30;
const mostKept = 1_000;

/** The Logs Insights calls of one stand-in. A query is worked out at its start and given in parts, as a slow one would be. */
export function insightsActions(
  mood: InsightsMood,
): Readonly<Record<string, (cloud: Cloud, body: unknown) => Promise<unknown>>> {
  const queries = new Map<string, Query>();
  const known = (body: unknown): Query => {
    const { queryId } = parsed(ById, body);
    const query = queries.get(queryId);
    if (query === undefined)
      throw new ServiceError("ResourceNotFoundException", "The specified query does not exist.");
    return query;
  };
  return {
    async StartQuery(cloud, body) {
      const { logGroupName, startTime, endTime, queryString, limit } = parsed(StartQuery, body);
      if (!(await cloud.logGroups()).includes(logGroupName))
        throw new ServiceError("ResourceNotFoundException", "The specified log group does not exist.");
      if (endTime < startTime)
        throw new ServiceError("InvalidParameterException", "End time should not be less than start time.");
      if ([...queries.values()].filter(({ status }) => status === "Running").length >= mostAtOnce)
        throw new ServiceError(
          "LimitExceededException",
          "Account maximum query concurrency limit of [30] reached.",
        );
      const run = readInsights(queryString);
      const events = await cloud.logEvents(logGroupName, startTime * 1000, endTime * 1000 + 999);
      const rows = run(events.map((event) => rowOf(parseLine(event.message), event)));
      const queryId = randomUUID();
      const first = queries.keys().next().value;
      if (queries.size >= mostKept && first !== undefined) queries.delete(first);
      queries.set(queryId, {
        status: "Running",
        rows: limit === undefined || /\|\s*limit\b/.test(queryString) ? rows : rows.slice(0, limit),
        scanned: events.length,
        asked: 0,
      });
      return { queryId };
    },
    async GetQueryResults(_cloud, body) {
      const query = known(body);
      query.asked += 1;
      if (query.status === "Running" && query.asked > mood.runningFor) query.status = "Complete";
      const shown = query.status === "Complete" ? query.rows : query.rows.slice(0, query.rows.length >> 1);
      return {
        results: shown.map(fieldsOf),
        statistics: { recordsMatched: query.rows.length, recordsScanned: query.scanned, bytesScanned: 0 },
        status: query.status,
      };
    },
    async StopQuery(_cloud, body) {
      const query = known(body);
      if (query.status !== "Running")
        throw new ServiceError("InvalidParameterException", "The specified query has already completed.");
      query.status = "Cancelled";
      return { success: true };
    },
  };
}

function fieldsOf(row: Row, index: number) {
  const fields = [...row].map(([field, value]) => ({
    field,
    value: field === "@timestamp" ? instant(value) : String(value),
  }));
  return [...fields, { field: "@ptr", value: Buffer.from(`row:${index}`).toString("base64") }];
}

/** `2026-11-21 18:00:00.123`, in UTC. */
function instant(value: string | number | boolean): string {
  return new Date(Number(value)).toISOString().replace("T", " ").replace("Z", "");
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new ServiceError("InvalidParameterException", z.prettifyError(result.error));
}
