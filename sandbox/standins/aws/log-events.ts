import { createHash } from "node:crypto";
import { z } from "zod";
import type { Cloud, CloudLogEvent } from "../../cloud.ts";
import { page } from "./pages.ts";
import { ServiceError } from "./service-error.ts";

const mostEvents = 10_000;

const FilterLogEvents = z.strictObject({
  logGroupName: z.string().min(1).max(512),
  startTime: z.int().min(0).optional(),
  endTime: z.int().min(0).optional(),
  filterPattern: z.string().max(1024).optional(),
  limit: z.int().min(1).max(mostEvents).optional(),
  nextToken: z.string().optional(),
});

/** The CloudWatch Logs calls the stand-in knows, by their target name. */
export const logActions: Readonly<
  Record<string, (cloud: Cloud, body: unknown, pageSize: number) => Promise<unknown>>
> = {
  /** Pages are cut before the pattern applies, so a page may be empty and still have a next one, as on AWS. */
  async FilterLogEvents(cloud, body, pageSize) {
    const parsed = FilterLogEvents.safeParse(body);
    if (!parsed.success) throw new ServiceError("InvalidParameterException", z.prettifyError(parsed.error));
    const { logGroupName, startTime = 0, endTime = Number.MAX_SAFE_INTEGER, ...rest } = parsed.data;
    if (!(await cloud.logGroups()).includes(logGroupName))
      throw new ServiceError("ResourceNotFoundException", "The specified log group does not exist.");
    const matches = parsePattern(rest.filterPattern ?? "");
    const all = await cloud.logEvents(logGroupName, startTime, endTime);
    const size = Math.min(rest.limit ?? mostEvents, pageSize);
    const { page: some, next } = page(all, rest.nextToken, size, "InvalidParameterException");
    return {
      events: some.filter(({ message }) => matches(message)).map(describeEvent),
      searchedLogStreams: [],
      nextToken: next,
    };
  },
};

function describeEvent(event: CloudLogEvent) {
  const { stream, timestamp, message } = event;
  const eventId = createHash("sha256")
    .update(`${stream}\n${timestamp}\n${message}`)
    .digest("hex")
    .slice(0, 56);
  return { logStreamName: stream, timestamp, ingestionTime: timestamp, message, eventId };
}

/** The filter patterns understood here: none, `{ ($.field = "value") || … }`, and words that all occur (`?word`: at least one). */
function parsePattern(pattern: string): (message: string) => boolean {
  const trimmed = pattern.trim();
  if (trimmed === "") return () => true;
  if (trimmed.startsWith("{")) return parseJsonPattern(trimmed);
  const words = trimmed.split(/\s+/);
  if (words.some((word) => !/^\??\w+$/.test(word)))
    throw new ServiceError("InvalidParameterException", "Invalid filter pattern");
  const any = words.filter((word) => word.startsWith("?")).map((word) => word.slice(1));
  const every = words.filter((word) => !word.startsWith("?"));
  return (message) =>
    every.every((word) => message.includes(word)) &&
    (any.length === 0 || any.some((word) => message.includes(word)));
}

function parseJsonPattern(pattern: string): (message: string) => boolean {
  const inner = /^\{(.*)\}$/s.exec(pattern)?.[1] ?? "";
  const terms = inner.split("||").map((term) => /^\s*\(?\s*\$\.(\w+)\s*=\s*"([^"]*)"\s*\)?\s*$/.exec(term));
  if (terms.some((term) => term === null))
    throw new ServiceError("InvalidParameterException", "Invalid filter pattern");
  return (message) => {
    const entry = parseObject(message);
    return entry !== undefined && terms.some((term) => entry[term?.[1] ?? ""] === term?.[2]);
  };
}

function parseObject(message: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const entry: unknown = JSON.parse(message);
    return typeof entry === "object" && entry !== null ? { ...entry } : undefined;
  } catch {
    return undefined;
  }
}
