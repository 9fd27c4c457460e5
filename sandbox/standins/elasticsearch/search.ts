import { z } from "zod";
import { memberOf, type ParsedLine, timeOf } from "#kit/log-lines.ts";

/** A search that Elasticsearch would not run, by its own type of error. */
export class SearchError extends Error {
  readonly type: string;

  constructor(type: string, reason: string) {
    super(reason);
    this.type = type;
  }
}

type Condition = (line: ParsedLine) => boolean;

/** Only what is known is taken; a word too many is an error, as it is there. */
const Body = z.strictObject({
  query: z.unknown(),
  sort: z.array(z.record(z.string(), z.strictObject({ order: z.enum(["asc", "desc"]) }))).default([]),
  size: z.int().min(0).max(10_000).default(10),
  timeout: z
    .string()
    .regex(/^\d+(ms|s)$/)
    .optional(),
  aggs: z
    .record(
      z.string(),
      z.strictObject({
        terms: z.strictObject({
          field: z.string(),
          size: z.int().min(1).max(10_000).default(10),
          order: z.array(z.partialRecord(z.enum(["_count", "_key"]), z.enum(["asc", "desc"]))).optional(),
        }),
      }),
    )
    .optional(),
});

/** Runs a `_search` over lines that are indexed as they are: `@timestamp` from `timestamp`, text with `.keyword` beside it. */
export function runSearch(lines: readonly ParsedLine[], body: unknown) {
  const parsed = Body.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new SearchError(
      "parsing_exception",
      `[${issue?.path.join(".") ?? ""}] ${issue?.message ?? "unknown"}`,
    );
  }
  const { query, sort, size, aggs } = parsed.data;
  const found = lines.filter(query === undefined ? () => true : clause(query));
  const keys = sort.flatMap((one) => Object.entries(one));
  for (const [field] of keys)
    if (
      !field.endsWith(".keyword") &&
      found.some((line) => typeof indexed(line, field) === "string" && field !== "@timestamp")
    )
      throw new SearchError(
        "illegal_argument_exception",
        `Fielddata is disabled on [${field}]. Please use a keyword field instead.`,
      );
  const sorted = found.toSorted((a, b) => {
    for (const [field, { order }] of keys) {
      const [one, other] = [indexed(a, field), indexed(b, field)];
      if (one === other) continue;
      if (one === undefined || other === undefined) return one === undefined ? 1 : -1;
      return (one < other ? -1 : 1) * (order === "desc" ? -1 : 1);
    }
    return 0;
  });
  const places = new Map(lines.map((line, index) => [line, index] as const));
  return {
    took: 1,
    timed_out: false,
    _shards: { total: 1, successful: 1, skipped: 0, failed: 0 },
    hits: {
      total: { value: found.length, relation: "eq" },
      hits: sorted.slice(0, size).map((line) => ({
        _index: "csrd-platform-000001",
        _id: String(places.get(line)),
        _source: { ...line, "@timestamp": line["timestamp"] },
      })),
    },
    ...(aggs === undefined ? {} : { aggregations: aggregated(found, aggs) }),
  };
}

type Aggs = NonNullable<z.infer<typeof Body>["aggs"]>;

function aggregated(lines: readonly ParsedLine[], aggs: Aggs) {
  return Object.fromEntries(
    Object.entries(aggs).map(([name, { terms }]) => {
      const counts = new Map<string | number, number>();
      for (const line of lines) {
        const value = indexed(line, terms.field);
        if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      const orders = (terms.order ?? [{ _count: "desc" }]).flatMap((one) => Object.entries(one));
      const buckets = [...counts]
        .map(([key, count]) => ({ key, doc_count: count }))
        .toSorted((a, b) => {
          for (const [by, order] of orders) {
            const [one, other] = by === "_key" ? [a.key, b.key] : [a.doc_count, b.doc_count];
            if (one !== other) return (one < other ? -1 : 1) * (order === "desc" ? -1 : 1);
          }
          return 0;
        });
      const rest = buckets.slice(terms.size).reduce((sum, { doc_count: count }) => sum + count, 0);
      return [
        name,
        { doc_count_error_upper_bound: 0, sum_other_doc_count: rest, buckets: buckets.slice(0, terms.size) },
      ];
    }),
  );
}

/** What a field of the index holds for a line; text itself is cut into words, so only `.keyword` holds it whole. */
function indexed(line: ParsedLine, field: string): string | number | undefined {
  if (field === "@timestamp") return timeOf(line);
  const value = memberOf(line, field.replace(/\.keyword$/, ""));
  if (typeof value === "string") return value.length > 256 && field.endsWith(".keyword") ? undefined : value;
  return typeof value === "number" && !field.endsWith(".keyword") ? value : undefined;
}

const Bool = z.strictObject({
  must: z.array(z.unknown()).default([]),
  filter: z.array(z.unknown()).default([]),
  should: z.array(z.unknown()).default([]),
  must_not: z.array(z.unknown()).default([]),
  minimum_should_match: z.int().min(0).optional(),
});
const Pair = z.record(z.string(), z.union([z.string(), z.number()]));
const Range = z.record(
  z.string(),
  z.strictObject({ gt: z.unknown(), gte: z.unknown(), lt: z.unknown(), lte: z.unknown() }).partial(),
);

/** One query clause: exactly one kind of those known. */
function clause(value: unknown): Condition {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 1)
    throw new SearchError("parsing_exception", "[bool] malformed query, expected exactly one clause");
  const [[kind, inner] = ["", undefined]] = Object.entries(value);
  switch (kind) {
    case "match_all":
      return () => true;
    case "bool":
      return bool(read(Bool, inner, kind));
    case "match":
      return single(
        read(Pair, inner, kind),
        (field, wanted) => (line) => matches(indexed(line, field), wanted),
      );
    case "term":
      return single(
        read(Pair, inner, kind),
        (field, wanted) => (line) => isTerm(field, indexed(line, field), wanted),
      );
    case "terms":
      return single(
        read(z.record(z.string(), z.array(z.union([z.string(), z.number()]))), inner, kind),
        (field, wanted) => {
          return (line) => wanted.some((one) => isTerm(field, indexed(line, field), one));
        },
      );
    case "prefix":
      return single(read(z.record(z.string(), z.string()), inner, kind), (field, wanted) => (line) => {
        const found = indexed(line, field);
        return typeof found === "string" && found.startsWith(wanted);
      });
    case "range":
      return single(
        read(Range, inner, kind),
        (field, bounds) => (line) => inRange(field, indexed(line, field), bounds),
      );
    default:
      throw new SearchError("parsing_exception", `unknown query [${kind}]`);
  }
}

function read<T>(schema: z.ZodType<T>, value: unknown, kind: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new SearchError(
    "parsing_exception",
    `[${kind}] query malformed: ${parsed.error.issues[0]?.message ?? ""}`,
  );
}

function single<T>(
  pairs: Readonly<Record<string, T>>,
  make: (field: string, value: T) => Condition,
): Condition {
  const [first, ...more] = Object.entries(pairs);
  if (first === undefined || more.length > 0)
    throw new SearchError("parsing_exception", "query doesn't support multiple fields");
  return make(...first);
}

function bool({
  must,
  filter,
  should,
  must_not: mustNot,
  minimum_should_match: least,
}: z.infer<typeof Bool>): Condition {
  const every = [...must, ...filter].map(clause);
  const some = should.map(clause);
  const none = mustNot.map(clause);
  const needed = least ?? (every.length === 0 && some.length > 0 ? 1 : 0);
  return (line) =>
    every.every((one) => one(line)) &&
    none.every((one) => !one(line)) &&
    some.filter((one) => one(line)).length >= needed;
}

/** Any word in common, in any case; a number is itself. */
function matches(found: string | number | undefined, wanted: string | number): boolean {
  if (found === undefined) return false;
  if (typeof found === "number") return found === Number(wanted);
  const words = wordsOf(found);
  return wordsOf(String(wanted)).some((word) => words.includes(word));
}

/** A term is compared with a whole keyword, and with the single words of a text as they are indexed: in lower case. */
function isTerm(field: string, found: string | number | undefined, wanted: string | number): boolean {
  if (found === undefined) return false;
  if (typeof found === "number") return found === Number(wanted);
  return field.endsWith(".keyword") ? found === String(wanted) : wordsOf(found).includes(String(wanted));
}

/** Words as the standard analyser finds them; a dot or an underscore between letters ends none. */
function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_]+(?:\.[\p{L}\p{N}_]+)*/gu) ?? [];
}

function inRange(
  field: string,
  found: string | number | undefined,
  { gt, gte, lt, lte }: z.infer<typeof Range>[string],
): boolean {
  // A field of numbers takes a text that is one.
  const number = typeof found === "string" && found.trim() !== "" ? Number(found) : found;
  if (typeof number !== "number" || Number.isNaN(number)) return false;
  const bound = (value: unknown): number => {
    const least = field === "@timestamp" ? instant(String(value)) : Number(value);
    if (Number.isNaN(least)) throw new SearchError("parse_exception", `failed to parse [${String(value)}]`);
    return least;
  };
  return (
    (gt === undefined || number > bound(gt)) &&
    (gte === undefined || number >= bound(gte)) &&
    (lt === undefined || number < bound(lt)) &&
    (lte === undefined || number <= bound(lte))
  );
}

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** An instant, or `now-1h` as the manual writes it. */
function instant(text: string): number {
  const relative = /^now(?:-(\d+)([smhd]))?$/.exec(text);
  if (relative === null) return Date.parse(text);
  return Date.now() - Number(relative[1] ?? 0) * (units[relative[2] ?? "s"] ?? 0);
}
