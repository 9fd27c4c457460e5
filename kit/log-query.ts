import { z } from "zod";
import { type Duration, isDuration } from "./duration.ts";
import { OpsError } from "./errors.ts";

const duration = z.custom<Duration>(isDuration, { error: 'is not a duration like "1h" or "7d"' });

/** A member of a log line: one of its own, or one of the facts beside its message. */
const field = z
  .string()
  .regex(/^(timestamp|level|logger|message|trace_id|span_id|context\.[a-z][a-z0-9_]{0,60})$/, {
    error: "is not a member of a log line, such as level or context.report_id",
  });

/** A value to compare with: itself, or a parameter's by `{{name}}`. */
const value = z.union([z.string().max(200), z.number()]);

const test = z.union([
  z.strictObject({ field, is: value }),
  z.strictObject({ field, in: z.array(z.string()).min(1).max(20) }),
  z.strictObject({ field, above: value }),
  z.strictObject({ field, below: value }),
  /** A logger and every one below it: `csrd_platform.security` and `csrd_platform.security.keys`. */
  z.strictObject({ field, under: z.string().regex(/^[a-z_.]+$/) }),
]);
/** One condition on a line; a line that lacks the field, or holds no number where one is asked for, does not meet it. */
export type LogTest = z.infer<typeof test>;

const column = z.strictObject({ field, kind: z.enum(["time", "text", "number"]) });

/**
 * A question to the logs, as it is shipped: once in our own terms, and once in the words of each log service, which a contract suite holds to
 * the same answer. `{{name}}` stands for a parameter in all three.
 */
export const SavedLogQuery = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9-]{1,40}$/),
    title: z.string().min(1).max(120),
    /** Headings of the manuals that ask it. */
    manual: z.array(z.string()).min(1),
    /** How far back it looks unless told otherwise. */
    since: duration,
    parameters: z
      .record(
        z.string().regex(/^[a-z][a-z0-9_]{0,30}$/),
        z.strictObject({ about: z.string().min(1), number: z.number() }),
      )
      .default({}),
    where: z.array(test).min(1),
    /** What is shown of each line. */
    columns: z.array(column).min(1).max(12),
    sort: z.strictObject({ field, order: z.enum(["asc", "desc"]) }).optional(),
    /** Counts the lines by this field instead of showing them, most first; `columns` then names it alone. */
    countBy: field.optional(),
    limit: z.int().min(1).max(10_000),
    /** For CloudWatch Logs Insights. */
    insights: z.string().min(1).max(10_000),
    /** Body of an Elasticsearch `_search`; the times are added to it. */
    elasticsearch: z.record(z.string(), z.unknown()),
  })
  .superRefine(({ countBy, columns, sort }, context) => {
    if (countBy === undefined && sort === undefined)
      context.addIssue({
        code: "custom",
        path: ["sort"],
        message: "must say in which order lines are shown",
      });
    if (countBy !== undefined && columns.some((shown) => shown.field !== countBy))
      context.addIssue({ code: "custom", path: ["columns"], message: "must name what is counted by, alone" });
  });
export type SavedLogQuery = z.infer<typeof SavedLogQuery>;

/** The file of saved queries. */
export const SavedLogQueries = z.strictObject({ queries: z.array(SavedLogQuery).min(1) });

/** A saved query with its parameters filled in and its times fixed; the same question whichever service answers it. */
export type LogQuestion = Omit<SavedLogQuery, "parameters" | "since"> & {
  readonly params: Readonly<Record<string, number>>;
  /** Both ends belong to it. */
  readonly from: Date;
  readonly until: Date;
};

/** One cell of an answer; undefined where a line has nothing there. */
export type LogValue = string | number | undefined;

/** What a log service found. */
export type LogAnswer = {
  readonly columns: readonly string[];
  /** Cells in the order of the columns. */
  readonly rows: readonly (readonly LogValue[])[];
  /** Why this is not everything that was asked for; undefined when it is. Reaching the query's own limit is no reason. */
  readonly incomplete: string | undefined;
};

/** Fills a saved query in; throws `params-invalid` for a parameter that it does not have or that is no number, and for times the wrong way round. */
export function askLogs(
  saved: SavedLogQuery,
  given: Readonly<Record<string, string | number>>,
  times: { readonly from: Date; readonly until: Date },
): LogQuestion {
  const { parameters, since: _, ...query } = saved;
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(parameters, name));
  if (unknown !== undefined) throw invalid(`${saved.id} has no parameter "${unknown.slice(0, 40)}"`, saved);
  if (!(times.from < times.until)) throw invalid("the time asked for ends before it begins", saved);
  const params = Object.fromEntries(
    Object.entries(parameters).map(([name, { number: fallback }]) => {
      const value = Object.hasOwn(given, name) ? given[name] : fallback;
      const number =
        typeof value === "string" && /^-?\d{1,15}(\.\d{1,9})?$/.test(value) ? Number(value) : value;
      if (typeof number !== "number" || !Number.isFinite(number))
        throw invalid(`${name} of ${saved.id} must be a number`, saved);
      return [name, number] as const;
    }),
  );
  return {
    ...query,
    where: query.where.map((one) => filledTest(one, params)),
    insights: filledText(query.insights, params),
    elasticsearch: z.record(z.string(), z.unknown()).parse(filled(query.elasticsearch, params)),
    params,
    ...times,
  };
}

function invalid(why: string, { id, parameters }: SavedLogQuery): OpsError {
  const names = Object.keys(parameters);
  return new OpsError("params-invalid", {
    summary: `The log query cannot be asked: ${why}.`,
    hint:
      names.length === 0
        ? `${id} takes no parameter but --since and --until.`
        : `${id} takes ${names.join(", ")}.`,
  });
}

type Params = Readonly<Record<string, number>>;

function filledTest(one: LogTest, params: Params): LogTest {
  const at = (text: string | number): string | number =>
    typeof text === "string" ? filledValue(text, params) : text;
  if ("is" in one) return { ...one, is: at(one.is) };
  if ("above" in one) return { ...one, above: at(one.above) };
  if ("below" in one) return { ...one, below: at(one.below) };
  return one;
}

/** Only numbers are filled in, so nothing that a person types can become words of a query. */
function filledText(text: string, params: Params): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => String(params[name] ?? ""));
}

function filledValue(text: string, params: Params): string | number {
  const name = /^\{\{(\w+)\}\}$/.exec(text)?.[1];
  return name === undefined ? text : (params[name] ?? text);
}

function filled(value: unknown, params: Params): unknown {
  if (typeof value === "string") return filledValue(value, params);
  if (Array.isArray(value)) return value.map((item) => filled(item, params));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, filled(item, params)]));
}
