import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { z } from "zod";
import { agentNames, type AgentName, routes } from "../contract.ts";
import { Problem } from "../service/problem.ts";
import type { EventRow, EventsNews } from "../storage/report-events.ts";
import type { ReportStatus } from "../storage/report.ts";
import type { ProgressBoard } from "../work/progress.ts";
import { type ProgressEvent, type ReportEvent, ReportParams, type StatusEvent } from "./answers.ts";
import type { EventFeed } from "./event-feed.ts";
import { openEventStream } from "./event-stream.ts";
import type { ReportDesk } from "./report-desk.ts";
import type { Seats } from "./seats.ts";

/** What the event streams work with. */
export type EventRouteParts = {
  readonly desk: ReportDesk;
  readonly feed: EventFeed;
  readonly board: ProgressBoard;
  readonly seats: Seats;
  /** Aborted when this process stops: every reader is told to come back, to another one. */
  readonly stopping: AbortSignal;
};

/** A stream ends after this, so that a key that was revoked does not go on listening; its reader comes back by itself. */
const longestMs = 15 * 60_000;

/** `GET /api/v1/reports/{id}/events`: everything that happened to a report, and everything that follows until it has ended. */
export function addEventRoutes(app: FastifyInstance, parts: EventRouteParts): void {
  const { desk, feed, board, seats, stopping } = parts;
  app.withTypeProvider<ZodTypeProvider>().get(
    `${routes.reports}/:id/events`,
    {
      // A HEAD request would open a stream that nobody reads.
      exposeHeadRoute: false,
      config: {
        scope: "read",
        problems: ["not-found", "body-invalid", "too-many-at-once", "busy"],
        document: {
          parameters: [
            {
              name: "last-event-id",
              in: "header",
              description: "The id of the last event received; the stream goes on after it.",
              schema: { type: "string", pattern: String.raw`^\d{1,18}$` },
            },
          ],
          responses: {
            200: {
              description:
                "Server-sent events: `status` (no id; data: StatusEvent), `progress` (no id; data: ProgressEvent; any may be left out), every kept event under its kind with its id (data: ReportEvent), `reconnect` before this server stops. It ends when the report has ended.",
              content: {
                "text/event-stream": {
                  schema: { type: "string" },
                  example:
                    'retry: 2000\n\nid: 41\nevent: agent-started\ndata: {"id":"41","kind":"agent-started","at":"2026-11-21T10:00:00.000Z","agent":"intake","detail":{}}\n\nevent: progress\ndata: {"agent":"intake","done":2500,"total":10000,"what":"rows","at":"2026-11-21T10:00:01.000Z"}\n\n',
                },
              },
            },
            204: { description: "The report has ended, and you have had all of it: do not come back." },
          },
        },
      },
      schema: {
        summary: "Follow a report as it happens",
        tags: ["Reports"],
        params: ReportParams,
      },
    },
    async (request, reply) => {
      const after = lastEventId(request);
      const report = await desk.found(request);
      if (report.finishedAt !== undefined && after !== "0") {
        const left = await desk.news({ reportId: report.id, after, known: report.status });
        if (left === undefined) return reply.code(204).send();
      }
      const leave = seats.take(desk.callerOf(request).tenant);
      reply.hijack();

      let place = after;
      let known: ReportStatus | undefined;
      let stage: AgentName | undefined;
      const stream = openEventStream(reply.raw, reply.getHeaders(), {
        room: () => feed.wake(),
        over: () => {
          unfollow();
          unwatch();
          clearTimeout(tooLong);
          stopping.removeEventListener("abort", stop);
          leave();
        },
      });
      const hear = (news: EventsNews): void => {
        ({ stage } = news);
        if (news.status !== known) {
          known = news.status;
          stream.send({ event: "status", data: statusData(news) });
        }
        for (const row of news.events) {
          // What does not fit any more is read again from the database when there is room.
          if (stream.isBehind()) return;
          stream.send({ event: row.kind, id: row.id, data: eventData(row) });
          place = row.id;
        }
        if (news.ended && !news.more) stream.end();
      };
      const unfollow = feed.follow({
        wants: () => (stream.isBehind() ? undefined : { reportId: report.id, after: place, known }),
        hear,
      });
      const unwatch = board.watch(report.id, ({ agent, done, total, what, at }) => {
        if (stream.isBehind() || isPast(agent, stage)) return;
        const data: z.infer<typeof ProgressEvent> = { agent, done, total, what, at };
        stream.send({ event: "progress", data });
      });
      const stop = (): void => stream.end(1_000 + Math.floor(Math.random() * 2_000));
      const tooLong = setTimeout(stop, longestMs);
      tooLong.unref();
      if (stopping.aborted) stop();
      else stopping.addEventListener("abort", stop);
      return reply;
    },
  );
}

function lastEventId(request: FastifyRequest): string {
  const given = request.headers["last-event-id"];
  if (given === undefined || given === "") return "0";
  if (typeof given === "string" && /^\d{1,18}$/.test(given)) return given;
  throw new Problem("body-invalid", "Last-Event-ID is the id of an event of this stream.");
}

function isPast(agent: AgentName, stage: AgentName | undefined): boolean {
  return stage !== undefined && agentNames.indexOf(agent) < agentNames.indexOf(stage);
}

function statusData({ status, stage, error }: EventsNews): z.infer<typeof StatusEvent> {
  return { status, stage, error };
}

/** An event as its reader gets it: what the status page says of it, and nothing of how we run. */
function eventData({ id, kind, at, agent, detail }: EventRow): z.infer<typeof ReportEvent> {
  return { id, kind, at: at.toISOString(), agent, detail: openDetail(detail) };
}

function openDetail({ result, ms, ...detail }: EventRow["detail"]): Readonly<Record<string, unknown>> {
  const open = Object.fromEntries(
    ["outcome", "code", "message", "hint"].flatMap((name) =>
      detail[name] === undefined ? [] : [[name, detail[name]]],
    ),
  );
  if (typeof result === "object" && result !== null) return { ...result, duration_ms: ms, ...open };
  return open;
}
