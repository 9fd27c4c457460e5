import path from "node:path";
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Artifacts } from "../agent.ts";
import { routes } from "../contract.ts";
import { Problem } from "../service/problem.ts";
import { recordAudit } from "../storage/audit-log.ts";
import type { Database } from "../storage/database.ts";
import type { ReportFiles } from "../storage/report-files.ts";
import { ArtifactParams, ArtifactQuery } from "./answers.ts";
import { artifactFacts } from "./artifact-facts.ts";
import { askedRange, isKnown } from "./range.ts";
import type { ReportDesk } from "./report-desk.ts";

/** What the files of reports are fetched with. */
export type ArtifactRouteParts = {
  readonly desk: ReportDesk;
  readonly database: Database;
  readonly files: ReportFiles;
};

const types: Readonly<Record<string, string>> = {
  ".json": "application/json",
  ".csv": "text/csv; charset=utf-8",
  ".md": "text/markdown; charset=utf-8",
  ".xhtml": "application/xhtml+xml",
  ".html": "text/html; charset=utf-8",
};

/** A file that is looked at in a browser has no scripts, no forms, and an origin of its own; it fetches nothing. */
const caged =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'none'";

/** `GET` and `HEAD /api/v1/reports/{id}/artifacts/{name}`: a report's files, resumable. */
export function addArtifactRoutes(app: FastifyInstance, { desk, database, files }: ArtifactRouteParts): void {
  const factsOf = artifactFacts();
  app.withTypeProvider<ZodTypeProvider>().route({
    method: ["GET", "HEAD"],
    url: `${routes.reports}/:id/artifacts/*`,
    config: { scope: "read", problems: ["not-found", "body-invalid", "range-not-satisfiable"], document },
    schema: {
      summary: "Fetch one of a report's files",
      tags: ["Reports"],
      params: ArtifactParams,
      querystring: ArtifactQuery,
    },
    handler: async (request, reply) => {
      const report = await desk.found(request);
      const name = request.params["*"];
      const artifacts = files.of(report.id);
      // Only what the list names is served, so a name cannot lead anywhere else.
      if (!isPublic(name) || !(await artifacts.list()).includes(name))
        throw new Problem("not-found", "The report has no such file.");
      const lasting = report.finishedAt !== undefined || name.startsWith("inputs/");
      const { sha256, bytes } = await factsOf(`${report.id}/${name}`, artifacts, name, lasting);
      const etag = `"${sha256}"`;
      const how = request.query.download === "0" ? "inline" : "attachment";
      reply
        .header("etag", etag)
        .header("accept-ranges", "bytes")
        .header("cache-control", "private, no-cache")
        .header("repr-digest", `sha-256=:${Buffer.from(sha256, "hex").toString("base64")}:`)
        .header("content-security-policy", caged)
        .header("content-disposition", `${how}; filename="${path.basename(name)}"`)
        .type(types[path.extname(name)] ?? "application/octet-stream");
      if (isKnown(request.headers["if-none-match"], etag)) return reply.code(304).send();

      const ifRange = request.headers["if-range"];
      const range =
        ifRange === undefined || ifRange === etag
          ? askedRange(request.headers.range, bytes)
          : ({ kind: "all" } as const);
      if (range.kind === "none") {
        reply.header("content-range", `bytes */${bytes}`).removeHeader("content-disposition");
        throw new Problem("range-not-satisfiable", `The file has ${bytes} bytes.`);
      }
      const [from, to] = range.kind === "part" ? [range.from, range.to] : [0, bytes - 1];
      if (range.kind === "part") reply.code(206).header("content-range", `bytes ${from}-${to}/${bytes}`);
      reply.header("content-length", to - from + 1);
      if (request.method === "HEAD") return reply.send();
      const { tenant, actor } = desk.callerOf(request);
      await desk.asking(
        recordAudit(database, {
          actor,
          tenant,
          action: "artifact.read",
          subject: report.id,
          requestId: request.id,
          detail: { name, sha256 },
        }),
      );
      return reply.send(Readable.from(partOf(artifacts, name, from, to, bytes), { objectMode: false }));
    },
  });
}

/** False for what the platform notes beside a report for itself. */
export function isPublic(name: string): boolean {
  return !name.startsWith("receipts/");
}

async function* partOf(
  artifacts: Artifacts,
  name: string,
  from: number,
  to: number,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  if (from === 0 && to === bytes - 1) return yield* artifacts.stream(name);
  if (artifacts.size !== undefined) return yield* artifacts.stream(name, { from, to });
  let at = 0;
  for await (const chunk of artifacts.stream(name)) {
    const piece = chunk.subarray(Math.max(0, from - at), Math.max(0, to + 1 - at));
    if (piece.byteLength > 0) yield piece;
    at += chunk.byteLength;
    if (at > to) return;
  }
}

const tag = { description: "The SHA-256 of the whole file, quoted", schema: { type: "string" } };
const file = { "application/octet-stream": { schema: { type: "string", format: "binary" } } };
const document = {
  parameters: [
    {
      name: "range",
      in: "header",
      description: "bytes=1000- goes on after 1000 bytes; one range",
      schema: { type: "string" },
    },
    {
      name: "if-range",
      in: "header",
      description: "The ETag that the bytes so far belong to",
      schema: { type: "string" },
    },
    {
      name: "if-none-match",
      in: "header",
      description: "The ETag of what you have",
      schema: { type: "string" },
    },
  ],
  responses: {
    200: { description: "The file", headers: { etag: tag }, content: file },
    206: {
      description: "The part of the file that Range asks for",
      headers: { etag: tag, "content-range": { schema: { type: "string" } } },
      content: file,
    },
    304: { description: "It is what you have" },
  },
} as const;
