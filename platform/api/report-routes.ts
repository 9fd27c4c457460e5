import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { routes } from "../contract.ts";
import { messageOf } from "../service/error-facts.ts";
import { Problem } from "../service/problem.ts";
import type { Database } from "../storage/database.ts";
import type { Report } from "../storage/report.ts";
import { newReportId, type ReportFiles } from "../storage/report-files.ts";
import { acceptReport, findReport, listReports, listStages } from "../storage/reports.ts";
import type { Log } from "../telemetry/log.ts";
import { traceparent } from "../telemetry/trace.ts";
import { cancelReport } from "../work/cancel-report.ts";
import type { ReportQueue } from "../work/report-queue.ts";
import { keptViews } from "./kept-views.ts";
import { Page, ReportAnswer, ReportList, ReportParams, Status } from "./answers.ts";
import { isPublic } from "./artifact-routes.ts";
import type { ReportDesk } from "./report-desk.ts";
import { sendingDocument } from "./report-documents.ts";
import { listView, reportView, statusView } from "./report-view.ts";
import { takeUpload } from "./upload.ts";
import type { UploadGate } from "./upload-gate.ts";

/** What the report routes work with. */
export type ReportRouteParts = {
  readonly database: Database;
  readonly queue: ReportQueue;
  readonly files: ReportFiles;
  readonly desk: ReportDesk;
  readonly gate: UploadGate;
  /** All data files of one report together. */
  readonly uploadLimitBytes: number;
  readonly log: Log;
};

/** `/api/v1/reports`: send a report, follow it, take it back. Gives what ends when no upload is in hand any more: one that was refused in the middle is answered before its files are taken away. */
export function addReportRoutes(app: FastifyInstance, parts: ReportRouteParts): () => Promise<void> {
  const { database, queue, files, desk, gate } = parts;
  const inHand = new Set<Promise<unknown>>();
  const { asking, callerOf } = desk;
  const api = app.withTypeProvider<ZodTypeProvider>();
  const statuses = keptViews<Status>();
  // What retention takes away of a completed report's files changes its row; any other report's files may come and go without that.
  const wholes = keptViews<ReportAnswer>(({ report }) => report.status === "completed");

  const take = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { tenant: owner } = callerOf(request);
    const key = idempotencyKey(request);
    const id = newReportId(new Date());
    await files.begin(id);
    try {
      const upload = await takeUpload(request, files, id, parts.uploadLimitBytes);
      gate.admissionOf(request).seal();
      const accepted = await asking(
        acceptReport(database, {
          id,
          owner,
          company: upload.company,
          dataSha256: upload.data.sha256,
          dataBytes: upload.data.bytes,
          traceparent: traceparent(),
          idempotency: key === undefined ? undefined : { key, requestSha256: upload.requestSha256 },
          by: { actor: callerOf(request).actor, requestId: request.id },
        }),
      );
      if (accepted.kind !== "new") await discard(parts, id);
      if (accepted.kind === "conflict")
        throw new Problem(
          "idempotency-conflict",
          "Use a new key, or send exactly what was sent with this one.",
        );
      if (accepted.kind === "same") reply.header("idempotency-replayed", "true");
      else {
        parts.log.info("Report accepted", { report_id: id, owner, data_bytes: upload.data.bytes });
        // A mark that stays is taken away when the remains of uploads are looked through.
        await files.accepted(id).catch(() => undefined);
      }
      await enqueue(parts, accepted.report);
      const { report } = accepted;
      return await reply
        .code(202)
        .header("location", `${routes.reports}/${report.id}`)
        .send(statusView(report, await asking(listStages(database, report.id))));
    } catch (error) {
      if (!(await isKept(parts, owner, id))) await discard(parts, id);
      throw error;
    }
  };

  app.post(
    routes.reports,
    {
      config: sendingDocument,
      schema: { summary: "Send a report", tags: ["Reports"], response: { 202: Status } },
      // After the caller is known, before the body is read.
      preParsing: async (request, reply) => gate.admit(request, reply, callerOf(request).tenant),
    },
    async (request, reply) => {
      const taking = take(request, reply);
      inHand.add(taking);
      return taking.finally(() => inHand.delete(taking));
    },
  );

  api.get(
    routes.reports,
    {
      config: { scope: "read", problems: ["body-invalid"] },
      schema: {
        summary: "List your reports, newest first",
        tags: ["Reports"],
        querystring: Page,
        response: { 200: ReportList },
      },
    },
    // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Fastify awaits handlers; the rule means Express
    async (request) => {
      const { limit, status } = request.query;
      const reports = await asking(listReports(database, callerOf(request).tenant, request.query));
      const last = reports.length === limit ? reports.at(-1) : undefined;
      if (last === undefined) return { reports: reports.map(listView) };
      const only = status === undefined ? "" : `&status=${status}`;
      return {
        reports: reports.map(listView),
        next: `${routes.reports}?limit=${limit}&after=${last.id}${only}`,
      };
    },
  );

  api.get(
    `${routes.reports}/:id`,
    {
      config: { scope: "read", problems: ["not-found"] },
      schema: {
        summary: "A report: what was sent, where it is, what came out",
        tags: ["Reports"],
        params: ReportParams,
        response: { 200: ReportAnswer },
      },
    },
    async (request) => {
      const view = await desk.viewed(request, wholes, async ({ report, stages }) => {
        const names = await files.of(report.id).list();
        return reportView(report, stages, names.filter(isPublic));
      });
      await desk.noteRead(request, view.id);
      return view;
    },
  );

  api.get(
    `${routes.reports}/:id/status`,
    {
      config: { scope: "read", problems: ["not-found"] },
      schema: {
        summary: "Where a report is, stage by stage",
        tags: ["Reports"],
        params: ReportParams,
        response: { 200: Status },
      },
    },
    async (request) => desk.viewed(request, statuses, ({ report, stages }) => statusView(report, stages)),
  );

  api.delete(
    `${routes.reports}/:id`,
    {
      config: { scope: "write", problems: ["not-found", "report-ended"] },
      schema: {
        summary: "Take a report back",
        description:
          "202: it is cancelled, or its stage in hand is being stopped; follow its status. Asking again gives the same answer. A report that has ended otherwise stays as it is: retention deletes it in its time.",
        tags: ["Reports"],
        params: ReportParams,
        response: { 202: Status },
      },
    },
    async (request, reply) => {
      const { tenant, actor } = callerOf(request);
      const { id } = await desk.found(request);
      const answer = await asking(
        cancelReport({ database, queue, files }, { id, tenant, by: actor, requestId: request.id }),
      );
      if (answer.kind === "finished")
        throw new Problem("report-ended", `It is ${answer.status} and cannot be taken back.`);
      return reply
        .code(202)
        .send(statusView(await desk.found(request), await asking(listStages(database, id))));
    },
  );
  return async () => void (await Promise.allSettled(inHand));
}

/** Tells the queue. When Redis is away the report is safe all the same: the worker's sweep finds it in the database. */
async function enqueue({ queue, log }: ReportRouteParts, report: Report): Promise<void> {
  if (report.finishedAt !== undefined) return;
  try {
    await queue.add(report);
  } catch (error) {
    log.warning("Queue did not take the report", {
      report_id: report.id,
      error_message: messageOf(error),
    });
  }
}

/** Removes what was kept of a report that is not; what stays because the store is away is removed with the remains of uploads. */
async function discard({ files, log }: ReportRouteParts, id: string): Promise<void> {
  await files.drop(id).catch((error: unknown) =>
    log.warning("Files of a refused report stay for now", {
      report_id: id,
      error_message: messageOf(error),
    }),
  );
}

async function isKept({ database }: ReportRouteParts, owner: string, id: string): Promise<boolean> {
  // When the database does not say, the files stay: a report may be without a listener, never without its data.
  return findReport(database, owner, id).then(
    (report) => report !== undefined,
    () => true,
  );
}

function idempotencyKey(request: FastifyRequest): string | undefined {
  const key = request.headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (typeof key === "string" && /^[\u0021-\u007e]{1,200}$/.test(key)) return key;
  throw new Problem("idempotency-key-invalid", "It is 1 to 200 printable ASCII characters without spaces.");
}
