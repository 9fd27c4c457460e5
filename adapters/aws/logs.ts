import type { FilteredLogEvent } from "@aws-sdk/client-cloudwatch-logs";
import { toMs } from "#kit/duration.ts";
import { OpsError } from "#kit/errors.ts";
import {
  levelsFrom,
  type LinesQuestion,
  newestLines,
  type UnitLine,
  type UnitLines,
} from "#kit/log-units.ts";
import type { LogLine, LogReader, Service } from "#kit/ports.ts";
import { plainText } from "../foreign-text.ts";
import { linesOf, namedGroup, someServices } from "../unit-lines.ts";
import { look } from "./call.ts";
import type { AwsClients } from "./clients.ts";
import { insightsQuery } from "./insights.ts";
import { logsSdk } from "./sdk.ts";

const levels = ["ERROR", "CRITICAL"];
const pattern = patternOf(levels);

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
      namedGroup(group);
      const now = Date.now();
      const oldest = now - toMs(since);
      let lines: readonly LogLine[] = [];
      let until = now + skewMs;
      let span = firstWindowMs;
      while (until > oldest && lines.length < limit) {
        const from = Math.max(oldest, until - span);
        const { events } = await window(clients, group, from, until, pattern);
        lines = [...events.map(toLine).filter((line) => line !== undefined), ...lines];
        until = from - 1;
        span *= 2;
      }
      return lines.slice(Math.max(0, lines.length - limit));
    },
    async query(group, question, within) {
      namedGroup(group);
      return insightsQuery(clients, group, question, within);
    },
    async lines(services, question, everyone) {
      someServices(services);
      const groups = new Set(services.flatMap(({ logGroup }) => (logGroup === undefined ? [] : [logGroup])));
      if (groups.size === 0)
        throw new OpsError("tool-refused", {
          summary: `${services.map(({ name }) => name).join(", ")} has no logGroup in this environment's file.`,
          hint: "Name the CloudWatch log group of the service in the environment's file.",
        });
      const until = performance.now() + toMs(question.within);
      const parts = await Promise.all(
        [...groups].map((group) => groupLines(clients, group, { services, question, everyone, until })),
      );
      return parts.length === 1 && parts[0] !== undefined ? parts[0] : joined(parts, question);
    },
  };
}

/** A pattern of CloudWatch for lines at one of these levels; the words in it are ours alone. */
function patternOf(wanted: readonly string[]): string {
  return `{ ${wanted.map((level) => `($.level = "${level}")`).join(" || ")} }`;
}

/** The newest wanted lines of one group, looked for from the newest stretch of time back. */
async function groupLines(
  clients: AwsClients,
  group: string,
  asked: {
    readonly services: readonly Service[];
    readonly question: LinesQuestion;
    readonly everyone: readonly Service[];
    readonly until: number;
  },
): Promise<UnitLines> {
  const { question, services, everyone } = asked;
  const { least, limit } = question;
  const filter = least === undefined ? undefined : patternOf(levelsFrom(least));
  const oldest = question.from.getTime();
  let found: readonly UnitLine[] = [];
  let until = question.until.getTime();
  let span = firstWindowMs;
  let incomplete: string | undefined;
  // One more than asked for, to know that there are more.
  while (until >= oldest && found.length <= limit && incomplete === undefined) {
    const from = Math.max(oldest, until - span);
    const { events, whole } = await window(clients, group, from, until, filter, asked.until);
    const lines = linesOf(
      events.map(({ message = "", logStreamName = "", timestamp = 0 }) => ({
        text: message,
        unit: logStreamName,
        keptAt: timestamp,
      })),
      { services, everyone, question },
    );
    found = [...lines, ...found];
    if (!whole)
      incomplete = `CloudWatch was not read further than ${new Date(until).toISOString().slice(0, 19)}Z back; ask for a shorter time or a narrower question`;
    until = from - 1;
    span *= 2;
  }
  return newestLines(found, question, incomplete);
}

function joined(parts: readonly UnitLines[], question: LinesQuestion): UnitLines {
  const why = parts.map(({ incomplete }) => incomplete).find((reason) => reason !== undefined);
  const all = newestLines(
    parts.flatMap(({ lines }) => lines),
    question,
    why,
  );
  return { ...all, more: all.more || parts.some(({ more }) => more) };
}

/** What one stretch of time holds, oldest first, and whether all of it was read; both ends belong to it. */
async function window(
  clients: AwsClients,
  group: string,
  from: number,
  until: number,
  filterPattern: string | undefined,
  patience = Infinity,
): Promise<{ readonly events: readonly FilteredLogEvent[]; readonly whole: boolean }> {
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
          filterPattern,
          nextToken: next,
        }),
      ),
    );
    found.push(...(answer.events ?? []));
    next = answer.nextToken;
    if (next === undefined || performance.now() > patience) break;
  }
  return {
    events: found.sort((a, b) => (a.timestamp ?? from) - (b.timestamp ?? from)),
    whole: next === undefined,
  };
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
