import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { faultQueue, type Faults, noAnswer } from "./faults.ts";
import { type Keys, type Signer, verifySignature } from "./aws/signature.ts";
import { send } from "./s3/send.ts";
import {
  looking,
  operationOf,
  operations,
  type S3Answer,
  type S3Call,
  type S3Room,
} from "./s3/operations.ts";
import { invalid, S3Refusal } from "./s3/refusal.ts";
import { Shelf } from "./s3/shelf.ts";

/**
 * Throttled or broken before anything happened; done, but the answer is lost; done in part, the answer begins as a success and ends as an error;
 * cut in the middle of an object; no room; no answer at all.
 */
type S3Fault = "throttled" | "unavailable" | "reply-lost" | "late-error" | "cut" | "full" | "hang";

/** One call as it arrived, for tests that count. */
type S3CallSeen = { readonly operation: string; readonly key: string; readonly status: number | "dropped" };

/** The stand-in while it runs. */
export type S3Standin = {
  readonly url: string;
  readonly calls: readonly S3CallSeen[];
  readonly faults: Faults<S3Fault>;
  /** Uploads that are open. */
  openUploads(): number;
  /** Closes every connection; objects stay in the folder. */
  stop(): Promise<void>;
};

/** Speaks the part of S3 that a store of files needs, as strictly as S3 where it matters; objects lie in a folder. */
export async function startS3Standin(options: {
  readonly dir: string;
  readonly bucket: string;
  readonly keys: Keys;
  readonly region: string;
  readonly port?: number;
  /** Most things in one page; S3 uses 1,000. */
  readonly pageSize?: number;
  readonly now?: () => Date;
}): Promise<S3Standin> {
  const { dir, bucket, keys, region, port = 0, pageSize = 1_000, now = () => new Date() } = options;
  const room: S3Room = { shelf: new Shelf(dir), pageSize };
  const calls: S3CallSeen[] = [];
  const faults = faultQueue<S3Fault>();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = callOf(request);
    const operation = operationOf(request.method ?? "", call.key, call.query);
    const fault = faults.take(operation ?? "none");
    const requestId = randomUUID();
    const seen = (status: number | "dropped"): void =>
      void calls.push({ operation: operation ?? "none", key: call.key, status });
    const headers = { "x-amz-request-id": requestId, date: now().toUTCString(), server: "AmazonS3" };
    try {
      const signer = verifySignature(
        { ...wireOf(request), body: Buffer.alloc(0) },
        keys,
        region,
        now(),
        String(request.headers["x-amz-content-sha256"] ?? ""),
      );
      requireSigned(signer, request);
      if (operation === undefined)
        throw invalid("A header or query you provided is not implemented.", "NotImplemented", 501);
      if (signer.kind === "signed" && signer.key === "read" && !looking.has(operation))
        throw new S3Refusal("AccessDenied", "Access Denied", 403);
      if (call.bucket !== bucket)
        throw new S3Refusal("NoSuchBucket", "The specified bucket does not exist", 404);
      if (fault === "hang") await noAnswer();
      if (fault === "throttled") throw new S3Refusal("SlowDown", "Please reduce your request rate.", 503);
      if (fault === "unavailable")
        throw new S3Refusal("InternalError", "We encountered an internal error. Please try again.", 500);
      if (fault === "full")
        throw new S3Refusal("InsufficientStorage", "There is no room for this object.", 507);
      const given: S3Answer = await operations[operation](room, call);
      if (fault === "reply-lost") {
        seen("dropped");
        response.destroy();
        return;
      }
      const shown = fault === "late-error" ? lateError(given) : given;
      seen(shown.status);
      await send(response, shown, headers, fault === "cut");
    } catch (error) {
      if (response.headersSent || response.destroyed) {
        response.destroy();
        return;
      }
      const refusal = error instanceof S3Refusal ? error : new S3Refusal("InternalError", String(error), 500);
      seen(refusal.status);
      // The rest of a body that is refused is read and thrown away, so that the sender gets to read the refusal.
      request.resume();
      const body = request.method === "HEAD" ? undefined : refusal.body(request.url ?? "/", requestId);
      await send(
        response,
        {
          status: refusal.status,
          headers: { "content-type": "application/xml" },
          ...(body === undefined ? {} : { body }),
        },
        headers,
        false,
      );
    }
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve());
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a stand-in listens on TCP only");
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    faults,
    openUploads: () => room.shelf.uploads.size,
    stop: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

/** A success whose body is an error, as S3 answers when completing fails late. */
function lateError(given: S3Answer): S3Answer {
  const { body: _, ...rest } = given;
  const refusal = new S3Refusal("InternalError", "We encountered an internal error. Please try again.", 200);
  return { ...rest, body: refusal.body("/", randomUUID()) };
}

function wireOf(request: IncomingMessage) {
  const [path = "/", query = ""] = (request.url ?? "/").split("?", 2);
  return { method: request.method ?? "GET", path, query, headers: request.headers };
}

function callOf(request: IncomingMessage): S3Call {
  const { path, query } = wireOf(request);
  const [, bucket = "", ...rest] = path.split("/");
  return {
    bucket: decodeURIComponent(bucket),
    key: decodeURIComponent(rest.join("/")),
    query: new URLSearchParams(query),
    request,
  };
}

function requireSigned(signer: Signer, request: IncomingMessage): void {
  if (request.headers["x-amz-content-sha256"] === undefined)
    throw invalid("Missing required header for this request: x-amz-content-sha256");
  if (signer.kind !== "signed") throw unsigned(signer.kind);
  if (signer.service !== "s3")
    throw invalid(
      "The authorization header is malformed; incorrect service.",
      "AuthorizationHeaderMalformed",
    );
  const named = /SignedHeaders=([^,]+)/.exec(request.headers.authorization ?? "")?.[1]?.split(";") ?? [];
  if (Object.keys(request.headers).some((name) => name.startsWith("x-amz-") && !named.includes(name)))
    throw new S3Refusal(
      "AccessDenied",
      "There were headers present in the request which were not signed",
      403,
    );
}

function unsigned(kind: Exclude<Signer["kind"], "signed">): S3Refusal {
  switch (kind) {
    case "unsigned":
      return new S3Refusal("AccessDenied", "Access Denied", 403);
    case "unknown-key":
      return new S3Refusal(
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        403,
      );
    case "expired":
      return new S3Refusal(
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        403,
      );
    case "wrong-scope":
      return invalid(
        "The authorization header is malformed; the region is wrong.",
        "AuthorizationHeaderMalformed",
      );
    case "wrong-signature":
      return new S3Refusal(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided.",
        403,
      );
  }
}
