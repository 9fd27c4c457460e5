import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { continueTrace, inTrace, remoteTrace, type Span, startSpan } from "./trace.ts";

/**
 * What is seen of every request: a span that goes on from the caller's, the count and the seconds of its route, and one line of class
 * access. Routes are named by their template, so that nothing a client sends becomes a label. `quiet` names routes that are asked all the time.
 */
export function observeRequests(
  app: FastifyInstance,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
  quiet: (route: string) => boolean,
): void {
  const access = log.named("access");
  const spans = new WeakMap<FastifyRequest, Span>();

  // There from the start: a counter that appears with its first errors shows no increase, and they would not be seen.
  app.addHook("onRoute", ({ method, url }) => {
    for (const each of [method].flat())
      for (const status of ["500", "503"]) metrics.httpRequests.inc({ method: each, route: url, status }, 0);
  });
  app.addHook("onRequest", (request, _reply, done) => {
    const route = routeOf(request);
    // A probe begins no trace of its own: it comes every few seconds and says nothing about a report.
    if (quiet(route)) return inTrace(continueTrace(request.headers["traceparent"]), done);
    const span = startSpan(
      `${request.method} ${route}`,
      "server",
      { "http.request.method": request.method, "http.route": route },
      remoteTrace(request.headers["traceparent"]),
    );
    spans.set(request, span);
    inTrace(span.trace, done);
  });
  app.addHook("onRequestAbort", async (request) => {
    const span = spans.get(request);
    span?.fail("aborted");
    span?.end();
    spans.delete(request);
  });
  app.addHook("onResponse", async (request, reply) => {
    const route = routeOf(request);
    const { statusCode, elapsedTime } = reply;
    metrics.httpRequests.inc({ method: request.method, route, status: String(statusCode) });
    // A stream of events lasts as long as its reader likes; its length says nothing about us.
    if (!String(reply.getHeader("content-type")).startsWith("text/event-stream"))
      metrics.httpDuration.observe({ method: request.method, route }, elapsedTime / 1000);
    const span = spans.get(request);
    span?.set({ "http.response.status_code": statusCode });
    if (statusCode >= 500) span?.fail(String(statusCode));
    span?.end();
    const facts = {
      request_id: request.id,
      method: request.method,
      route,
      status: statusCode,
      duration_ms: Math.round(elapsedTime * 10) / 10,
    };
    const level = quiet(route) ? "DEBUG" : "INFO";
    // The id is the client's where it sent one; the rest is ours: a route's template, one of a few methods, numbers.
    if (request.headers["x-request-id"] === undefined) access.own(level, "Request answered", facts);
    else access.write(level, "Request answered", facts);
  });
}

function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? "unknown";
}
