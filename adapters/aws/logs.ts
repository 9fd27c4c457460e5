import type { FilteredLogEvent } from "@aws-sdk/client-cloudwatch-logs";
import { toMs } from "#kit/duration.ts";
import type { LogLine, LogReader } from "#kit/ports.ts";
import { plainText } from "../foreign-text.ts";
import { look } from "./call.ts";
import type { AwsClients } from "./clients.ts";
import { insightsQuery } from "./insights.ts";
import { logsSdk } from "./sdk.ts";

const levels = ["ERROR", "CRITICAL"];
const pattern = `{ ${levels.map((level) => `($.level = "${level}")`).join(" || ")} }`;

/** Another machine's clock may run ahead of ours by this much. */
const skewMs = 60_000;

/** The newest window is this long, each one before it twice as long: few calls when it is quiet, and the newest lines first in a log storm. */
const firstWindowMs = skewMs + 60_000;

/** So many pages of one window are read at most; each holds up to 10,000 lines or 1 MB. */
const mostPages = 20;

/** Finds the platform's error lines in CloudWatch Logs. */
export function logReader(clients: AwsClients): LogReader {
  return {
    async errors(group, { since, limit }) {
      const now = Date.now();
      const oldest = now - toMs(since);
      let lines: readonly LogLine[] = [];
      let until = now + skewMs;
      let span = firstWindowMs;
      while (until > oldest && lines.length < limit) {
        const from = Math.max(oldest, until - span);
        lines = [...(await window(clients, group, from, until)), ...lines];
        until = from - 1;
        span *= 2;
      }
      return lines.slice(Math.max(0, lines.length - limit));
    },
    query: (group, question, within) => insightsQuery(clients, group, question, within),
  };
}

/** Error lines of one stretch of time, oldest first; both ends belong to it. */
async function window(
  clients: AwsClients,
  group: string,
  from: number,
  until: number,
): Promise<readonly LogLine[]> {
  const { FilterLogEventsCommand } = await logsSdk();
  const client = await clients.logs();
  const found: FilteredLogEvent[] = [];
  let next: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const answer = await look(clients, { service: "logs", action: "FilterLogEvents" }, () =>
      client.send(
        new FilterLogEventsCommand({
          logGroupName: group,
          startTime: from,
          endTime: until,
          filterPattern: pattern,
          nextToken: next,
        }),
      ),
    );
    found.push(...(answer.events ?? []));
    next = answer.nextToken;
    if (next === undefined) break;
  }
  return found
    .sort((a, b) => (a.timestamp ?? from) - (b.timestamp ?? from))
    .map(toLine)
    .filter((line) => line !== undefined);
}

/** A line of ours at ERROR or above; anything else is undefined, also where the server did not filter. */
function toLine(event: FilteredLogEvent): LogLine | undefined {
  const entry = parse(event.message ?? "");
  const level = entry?.["level"];
  if (entry === undefined || typeof level !== "string" || !levels.includes(level)) return undefined;
  const at = typeof entry["timestamp"] === "string" ? new Date(entry["timestamp"]) : new Date(Number.NaN);
  return {
    at: (Number.isNaN(at.getTime()) ? new Date(event.timestamp ?? 0) : at).toISOString(),
    level,
    message: plainText(typeof entry["message"] === "string" ? entry["message"] : ""),
    source: plainText(event.logStreamName ?? "", 80),
  };
}

function parse(message: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const entry: unknown = JSON.parse(message);
    return typeof entry === "object" && entry !== null && !Array.isArray(entry) ? { ...entry } : undefined;
  } catch {
    return undefined;
  }
}
