import {
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as send,
  type ServerResponse,
} from "node:http";
import { pipeline } from "node:stream";

/** Headers that belong to one connection and are never passed on. */
const perConnection = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Passes one request to a target and its answer back, both as streams; 502 when the target breaks, 504 when it stays silent. */
export function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  target: { readonly address: string; readonly port: number },
  idleMs: number,
): void {
  const upstream = send({
    host: target.address,
    port: target.port,
    method: incoming.method,
    path: incoming.url,
    headers: headersFor(incoming),
    agent: false,
  });
  upstream.setTimeout(idleMs, () => {
    answer(outgoing, 504, "Gateway Time-out");
    upstream.destroy();
  });
  upstream.once("response", (response) => {
    outgoing.writeHead(response.statusCode ?? 502, withoutHops(response.headers));
    pipeline(response, outgoing, (error) => {
      if (error) outgoing.destroy();
    });
  });
  upstream.on("error", () => {
    incoming.unpipe(upstream);
    incoming.resume();
    answer(outgoing, 502, "Bad Gateway");
  });
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) upstream.destroy();
  });
  incoming.on("error", () => upstream.destroy());
  incoming.pipe(upstream);
}

/** A short answer of the balancer's own, unless the target's has begun. */
export function answer(outgoing: ServerResponse, status: number, text: string): void {
  if (outgoing.destroyed) return;
  if (outgoing.headersSent) {
    outgoing.destroy();
    return;
  }
  const body = `<html><head><title>${status} ${text}</title></head><body>${status} ${text}</body></html>\n`;
  outgoing.writeHead(status, { "content-type": "text/html", "content-length": body.length }).end(body);
}

function headersFor(incoming: IncomingMessage): OutgoingHttpHeaders {
  const client = incoming.socket.remoteAddress ?? "";
  const before = incoming.headers["x-forwarded-for"];
  return {
    ...withoutHops(incoming.headers),
    "x-forwarded-for": before === undefined ? client : `${String(before)}, ${client}`,
    "x-forwarded-proto": "http",
    "x-forwarded-port": String(incoming.socket.localPort ?? ""),
  };
}

function withoutHops(headers: IncomingMessage["headers"]): OutgoingHttpHeaders {
  const named = new Set(
    (headers.connection ?? "")
      .toLowerCase()
      .split(",")
      .map((name) => name.trim()),
  );
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || perConnection.has(name) || named.has(name) ? [] : [[name, value]],
    ),
  );
}
