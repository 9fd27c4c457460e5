import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { isCodedError } from "#kit/errors.ts";
import { vendorCode } from "./error-facts.ts";
import { Problem, type ProblemCode, problemBody, problems } from "./problem.ts";

/** Milliseconds for which what is still coming of a refused request is read and thrown away, so that its sender gets to read the refusal. */
const lingerMs = 2_000;

/** Answers with a problem: its status, `application/problem+json`, and the headers that belong to it. */
export function refuse(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  const { status } = problems[problem.code];
  if (status === 401 && reply.getHeader("www-authenticate") === undefined)
    reply.header("www-authenticate", 'Bearer realm="csrd"');
  if (status === 503 && reply.getHeader("retry-after") === undefined) reply.header("retry-after", "5");
  if (problem.code === "too-many-at-once") reply.header("retry-after", "5");
  if (problem.code === "content-encoding-refused") reply.header("accept-encoding", "identity");
  leaveSoon(request);
  return reply
    .code(status)
    .header("x-request-id", request.id)
    .type("application/problem+json")
    .header("cache-control", "no-store")
    .send(JSON.stringify(problemBody(problem, request.id)));
}

/** Gives a connection whose request is refused before it is whole a moment to end, and then ends it. */
function leaveSoon({ raw }: FastifyRequest): void {
  if (raw.complete || raw.destroyed) return;
  raw.resume();
  const timer = setTimeout(() => {
    if (!raw.complete) raw.destroy();
  }, lingerMs);
  timer.unref();
  raw.once("close", () => clearTimeout(timer));
}

/** What Fastify, its plugins and its validation throw, as one of our problems. */
export function problemOf(error: FastifyError | Error): Problem {
  if (error instanceof Problem) return error;
  const ours = isCodedError(error) ? byCode[error.code] : undefined;
  if (ours !== undefined) return new Problem(ours[0], ours[1], error);
  const status = "statusCode" in error ? error.statusCode : undefined;
  if ("validation" in error && error.validation !== undefined) {
    // An id or a name that cannot be one leads nowhere, like one that is not there.
    if (error.validationContext === "params") return new Problem("not-found", "No such address.", error);
    const sentences = error.validation.map(
      (issue) => `${issue.instancePath.slice(1).slice(0, 40) || "the request"}: ${issue.message ?? "wrong"}`,
    );
    return new Problem("body-invalid", `${sentences.join("; ").slice(0, 400)}.`, error);
  }
  const known = byStatus[status ?? 0];
  if (known !== undefined) return new Problem(known[0], known[1], error);
  if (status !== undefined && status >= 400 && status < 500)
    return new Problem("body-invalid", "The request could not be read.", error);
  return new Problem("defect", "The failure has been logged under this request id.", error);
}

/** What the stores say of themselves. */
const byCode: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  "storage-full": ["store-full", "Nothing was kept; the operator has to make room."],
  "storage-unreachable": ["unavailable", "Nothing was changed; try again shortly."],
  "files-unreachable": ["unavailable", "The files cannot be reached right now; try again shortly."],
  "files-refused": ["unavailable", "The files cannot be reached right now; the operator has to look."],
  "artifact-damaged": ["unavailable", "The file is not whole right now; try again shortly."],
  "artifact-missing": ["not-found", "The report has no such file."],
  "artifact-exists": ["body-invalid", "Two data files have the same name; give each its own."],
};

const byStatus: Readonly<Record<number, readonly [ProblemCode, string]>> = {
  413: ["body-too-large", "Send less, or ask the operator for a higher limit."],
  414: ["address-too-long", "Shorten the address."],
  415: ["content-type-refused", "Send multipart/form-data or application/json."],
  429: ["rate-limited", "Wait for the time in Retry-After."],
};

/** Answers, by hand, a request that Node itself could not read: broken HTTP, too slow, or with too many headers. */
export function refuseBroken(error: Error, socket: Socket): void {
  const problem = brokenAs(vendorCode(error));
  if (problem === undefined || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const { status, title } = problems[problem.code];
  const id = randomUUID();
  const body = JSON.stringify(problemBody(problem, id));
  socket.end(
    [
      `HTTP/1.1 ${status} ${title}`,
      "content-type: application/problem+json",
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${id}`,
      "x-content-type-options: nosniff",
      "cache-control: no-store",
      "connection: close",
      "",
      body,
    ].join("\r\n"),
    () => socket.destroySoon(),
  );
}

function brokenAs(code: string | undefined): Problem | undefined {
  if (code === "ECONNRESET" || code === "EPIPE") return undefined;
  if (code === "HPE_HEADER_OVERFLOW")
    return new Problem("headers-too-large", "Send less than 16 KiB of headers.");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return new Problem("request-timeout", "The request did not come in time.");
  return new Problem("body-invalid", "This is not HTTP as this server understands it.");
}
