import path from "node:path";
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Artifacts } from "../agent.ts";
import { routes } from "../contract.ts";
import { messageOf, vendorCode } from "../service/error-facts.ts";
import { Problem } from "../service/problem.ts";
import { type Database, isUnreachable, storageUnreachable } from "../storage/database.ts";
import type { Report } from "../storage/report.ts";
import { isReportId, newReportId, type ReportFiles } from "../storage/report-files.ts";
import { acceptReport, findReport, listReports, listStages } from "../storage/reports.ts";
import type { Log } from "../telemetry/log.ts";
import { traceparent } from "../telemetry/trace.ts";
import type { ReportQueue } from "../work/report-queue.ts";
import { listView, reportView, statusView } from "./report-view.ts";
import { takeUpload } from "./upload.ts";

/** What the report routes work with. `ownerOf` names the caller that the key check has let in. */
export type ReportRouteParts = {
  readonly database: Database;
  readonly queue: ReportQueue;
  readonly files: ReportFiles;
  /** All data files of one report together. */
  readonly uploadLimitBytes: number;
  readonly log: Log;
  readonly ownerOf: (request: FastifyRequest) => string;
};

const Page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  after: z.string().refine(isReportId).optional(),
  status: z.enum(["queued", "running", "waiting", "completed", "failed"]).optional(),
});

const ReportParams = z.object({ id: z.string() });
const ArtifactParams = z.object({ "*": z.string() });

const readable = { config: { scope: "read" } } as const;

const types: Readonly<Record<string, string>> = {
  ".json": "application/json",
  ".csv": "text/csv; charset=utf-8",
  ".md": "text/markdown; charset=utf-8",
  ".xhtml": "application/xhtml+xml",
  ".html": "text/html; charset=utf-8",
};

/** `/api/v1/reports`: send a report, follow it, fetch what it made. */
export function addReportRoutes(app: FastifyInstance, parts: ReportRouteParts): void {
  const { database, files } = parts;

  app.post(routes.reports, { config: { scope: "write" } }, async (request, reply) => {
    const owner = parts.ownerOf(request);
    const key = idempotencyKey(request);
    const id = newReportId(new Date());
    try {
      const upload = await takeUpload(request, files, id, parts.uploadLimitBytes);
      const accepted = await asking(
        acceptReport(database, {
          id,
          owner,
          company: upload.company,
          dataSha256: upload.data.sha256,
          dataBytes: upload.data.bytes,
          traceparent: traceparent(),
          idempotency: key === undefined ? undefined : { key, requestSha256: upload.requestSha256 },
        }),
      );
      if (accepted.kind !== "new") await files.drop(id);
      if (accepted.kind === "conflict")
        throw new Problem(
          "idempotency-conflict",
          "Use a new key, or send exactly what was sent with this one.",
        );
      if (accepted.kind === "same") reply.header("idempotency-replayed", "true");
      else parts.log.info("Report accepted", { report_id: id, owner, data_bytes: upload.data.bytes });
      await enqueue(parts, accepted.report);
      const { report } = accepted;
      return reply
        .code(202)
        .header("location", `${routes.reports}/${report.id}`)
        .send(statusView(report, await asking(listStages(database, report.id))));
    } catch (error) {
      if (!(await isKept(parts, owner, id))) await files.drop(id);
      throw error;
    }
  });

  // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Fastify awaits handlers; the rule means Express
  app.get(routes.reports, readable, async (request) => {
    const owner = parts.ownerOf(request);
    const page = Page.safeParse(request.query);
    if (!page.success)
      throw new Problem("body-invalid", "The query takes limit (1 to 200), after (a report id) and status.");
    const reports = await asking(listReports(database, owner, page.data));
    const last = reports.length === page.data.limit ? reports.at(-1) : undefined;
    const next =
      last === undefined ? {} : { next: `${routes.reports}?limit=${page.data.limit}&after=${last.id}` };
    return { reports: reports.map(listView), ...next };
  });

  const found = async (request: FastifyRequest): Promise<Report> => {
    const owner = parts.ownerOf(request);
    const { id } = ReportParams.parse(request.params);
    const report = isReportId(id) ? await asking(findReport(database, owner, id)) : undefined;
    if (report === undefined) throw new Problem("not-found", "There is no such report.");
    return report;
  };

  app.get(`${routes.reports}/:id`, readable, async (request) => {
    const report = await found(request);
    const names = await files.of(report.id).list();
    return reportView(report, await asking(listStages(database, report.id)), names.filter(isPublic));
  });

  app.get(`${routes.reports}/:id/status`, readable, async (request) => {
    const report = await found(request);
    return statusView(report, await asking(listStages(database, report.id)));
  });

  app.get(`${routes.reports}/:id/artifacts/*`, readable, async (request, reply) => {
    const report = await found(request);
    const name = ArtifactParams.parse(request.params)["*"];
    return sendArtifact(reply, files.of(report.id), name);
  });
}

async function sendArtifact(reply: FastifyReply, artifacts: Artifacts, name: string): Promise<FastifyReply> {
  const names = await artifacts.list();
  // Only what the list names is served, so a name cannot lead anywhere else.
  if (!names.includes(name) || !isPublic(name))
    throw new Problem("not-found", "The report has no such file.");
  return reply
    .type(types[path.extname(name)] ?? "application/octet-stream")
    .header("content-disposition", `attachment; filename="${path.basename(name)}"`)
    .send(Readable.from(artifacts.stream(name)));
}

function isPublic(name: string): boolean {
  return !name.startsWith("receipts/");
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

async function isKept({ database }: ReportRouteParts, owner: string, id: string): Promise<boolean> {
  // When the database does not say, the files stay: a report may be without a listener, never without its data.
  return findReport(database, owner, id).then(
    (report) => report !== undefined,
    () => true,
  );
}

/** Turns an outage of the database into `unavailable`. */
async function asking<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    // Class 22 is about the values: text that no database stores, such as U+0000.
    if (vendorCode(error)?.startsWith("22") === true)
      throw new Problem("body-invalid", "The company holds text that cannot be stored.", error);
    if (!isUnreachable(error)) throw error;
    throw new Problem("unavailable", "Nothing was changed; try again shortly.", storageUnreachable(error));
  }
}

function idempotencyKey(request: FastifyRequest): string | undefined {
  const key = request.headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (typeof key === "string" && /^[\u0021-\u007e]{1,200}$/.test(key)) return key;
  throw new Problem("idempotency-key-invalid", "It is 1 to 200 printable ASCII characters without spaces.");
}
