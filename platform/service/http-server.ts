import { randomUUID } from "node:crypto";
import helmet from "@fastify/helmet";
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { routes } from "../contract.ts";
import { CsrdError } from "../errors.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { continueTrace, inTrace } from "../telemetry/trace.ts";
import { vendorCode } from "./error-facts.ts";
import { Problem, problemBody, problems } from "./problem.ts";

/** One hard dependency: answers, or says in a few words why not. */
type Dependency = () => Promise<string | undefined>;

/** What every process of the platform serves. */
export type ServiceParts = {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Hard dependencies by name; `/readyz` asks them. */
  readonly needs: Readonly<Record<string, Dependency>>;
  /** The full picture, and whether it counts as healthy. */
  readonly health: () => Promise<{ readonly status: string; readonly body: object }>;
  readonly bodyLimit?: number;
};

/** An HTTP server with request ids, traces, metrics, security headers, problem+json errors, and the four probe routes. */
export async function httpServer(parts: ServiceParts): Promise<FastifyInstance> {
  const { log, metrics } = parts;
  const app = Fastify({
    logger: false,
    genReqId: requestId,
    bodyLimit: parts.bodyLimit ?? 64 * 1024,
    forceCloseConnections: "idle",
    // The time to receive one whole request; the answer of a stage may take longer.
    requestTimeout: 300_000,
    routerOptions: { maxParamLength: 256 },
  });
  await app.register(helmet, {
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  });

  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    inTrace(continueTrace(request.headers["traceparent"]), done);
  });
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "unknown";
    const seconds = reply.elapsedTime / 1000;
    metrics.httpRequests.inc({ method: request.method, route, status: String(reply.statusCode) });
    metrics.httpDuration.observe({ method: request.method, route }, seconds);
    log[isProbe(route) ? "debug" : "info"]("Request answered", {
      request_id: request.id,
      method: request.method,
      route,
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime * 10) / 10,
    });
  });
  app.setNotFoundHandler((request, reply) =>
    refuse(request, reply, new Problem("not-found", "No such address.")),
  );
  app.setErrorHandler((error: FastifyError | Error, request, reply) => {
    const problem = problemOf(error);
    if (problem.code === "defect" || problem.code === "unavailable")
      log.error("Request failed", {
        request_id: request.id,
        code: problem.code,
        error_message: error.message,
        ...(problem.code === "defect" ? { stack: error.stack } : {}),
      });
    return refuse(request, reply, problem);
  });

  addProbes(app, parts);
  return app;
}

function addProbes(app: FastifyInstance, { metrics, needs, health }: ServiceParts): void {
  let draining = false;
  app.addHook("preClose", async () => {
    draining = true;
  });
  // A connection that is in use when we stop would otherwise stay open, idle, for as long as its client likes.
  app.addHook("onSend", async (_request, reply) => {
    if (draining) reply.header("connection", "close");
  });
  app.get(routes.live, async () => ({ status: "alive" }));
  const ready = async (_request: FastifyRequest, reply: FastifyReply) => {
    const checks = Object.fromEntries(
      await Promise.all(
        Object.entries(needs).map(async ([name, ask]) => [name, (await withinASecond(ask)) ?? "ok"] as const),
      ),
    );
    const isReady = !draining && Object.values(checks).every((says) => says === "ok");
    return reply
      .code(isReady ? 200 : 503)
      .send({ status: isReady ? "ready" : draining ? "draining" : "not ready", checks });
  };
  app.get(routes.ready, ready);
  app.get(routes.readyAlias, ready);
  app.get(routes.health, async (_request, reply) => {
    const { status, body } = await health();
    return reply
      .code(status === "unhealthy" ? 503 : 200)
      .header("cache-control", "no-store")
      .send(body);
  });
  app.get(routes.metrics, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}

/** Starts listening; port 0 takes a free one. Gives the base URL. Throws `port-taken`. */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (cause) {
    if (vendorCode(cause) !== "EADDRINUSE") throw cause;
    throw new CsrdError("port-taken", {
      summary: `Port ${port} on ${host} is taken.`,
      hint: "Stop what listens there, or set CSRD_PORT to another port.",
      cause,
    });
  }
}

async function withinASecond(ask: Dependency): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve("no answer within 1 s"), 1_000);
  });
  try {
    return await Promise.race([ask(), late]);
  } catch {
    return "unreachable";
  } finally {
    clearTimeout(timer);
  }
}

function refuse(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.code === "key-missing" || problem.code === "key-unknown")
    reply.header("www-authenticate", 'Bearer realm="csrd"');
  if (problem.code === "unavailable") reply.header("retry-after", "5");
  return reply
    .code(problems[problem.code].status)
    .type("application/problem+json")
    .send(JSON.stringify(problemBody(problem, request.id)));
}

/** What Fastify and its plugins throw, as one of our problems. */
function problemOf(error: FastifyError | Error): Problem {
  if (error instanceof Problem) return error;
  const status = "statusCode" in error ? error.statusCode : undefined;
  const validation = "validation" in error ? error.validation : undefined;
  if (validation !== undefined)
    return new Problem(
      "body-invalid",
      `${validation.map((issue) => `${issue.instancePath.slice(1)} ${issue.message}`).join("; ")}.`,
    );
  if (status === 413)
    return new Problem("body-too-large", "Send less, or ask the operator for a higher limit.", error);
  if (status === 415)
    return new Problem("content-type-refused", "Send multipart/form-data or application/json.", error);
  if (status === 429) return new Problem("rate-limited", "Wait for the time in Retry-After.", error);
  if (status !== undefined && status >= 400 && status < 500)
    return new Problem("body-invalid", "The request could not be read.", error);
  return new Problem("defect", "The failure has been logged under this request id.", error);
}

function requestId(request: { headers: NodeJS.Dict<string | string[]> }): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && /^[A-Za-z0-9._-]{8,64}$/.test(given) ? given : randomUUID();
}

function isProbe(route: string): boolean {
  return (
    route === routes.live ||
    route === routes.ready ||
    route === routes.readyAlias ||
    route === routes.health ||
    route === routes.metrics
  );
}
