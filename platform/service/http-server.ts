import { randomUUID } from "node:crypto";
import Fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from "fastify";
import { validatorCompiler } from "fastify-type-provider-zod";
import { CsrdError } from "../errors.ts";
import type { Log } from "../telemetry/log.ts";
import { observeRequests } from "../telemetry/observe-requests.ts";
import { addProfileRoute, type ProfileParts } from "../profiling/profile-route.ts";
import { vendorCode } from "./error-facts.ts";
import { methodsOf } from "./methods.ts";
import { closeByDefault, type GateParts } from "./gate.ts";
import { addProbes, isProbe, type ProbeParts } from "./probes.ts";
import { Problem } from "./problem.ts";
import { problemOf, refuse, refuseBroken } from "./refusal.ts";
import { securityHeaders } from "./security-headers.ts";

/** What every process of the platform serves. */
export type ServiceParts = ProbeParts & {
  readonly log: Log;
  /** Largest body that is read as a whole, in bytes; 64 KiB. */
  readonly bodyLimit?: number;
  /** Milliseconds to receive one whole request; five minutes. The answer may take longer. */
  readonly requestTimeout?: number;
  /** Most connections at once; more are closed as they come. */
  readonly connections?: number;
  /** Who is let in where; nobody where it says nothing. */
  readonly gate?: GateParts;
  /** Proxies whose word about a client's address is believed: addresses and networks. */
  readonly trustedProxies?: readonly string[];
  /** Profiles of the stages that run in processes of their own, where this process has some. */
  readonly stageProfiles?: ProfileParts["stages"];
  /** Called before the first route, for plugins that watch routes being added. */
  readonly first?: (app: FastifyInstance) => Promise<void>;
};

/** An HTTP server with request ids, traces, metrics, security headers, problem+json errors, and the probe routes. */
export async function httpServer(parts: ServiceParts): Promise<FastifyInstance> {
  const { log } = parts;
  const app = Fastify({
    logger: false,
    genReqId: requestId,
    bodyLimit: parts.bodyLimit ?? 64 * 1024,
    forceCloseConnections: "idle",
    // A request on a connection that is still open while we stop is answered like any other.
    return503OnClosing: false,
    requestTimeout: parts.requestTimeout ?? 300_000,
    // Whoever neither sends nor reads anything for so long is gone; streams send something every few seconds.
    connectionTimeout: 120_000,
    http: {
      maxHeaderSize: 16 * 1024,
      headersTimeout: 10_000,
      connectionsCheckingInterval: 1_000,
      // Asked for below, so that its absence is refused like anything else.
      requireHostHeader: false,
    },
    routerOptions: { maxParamLength: 256 },
    trustProxy:
      parts.trustedProxies === undefined || parts.trustedProxies.length === 0
        ? false
        : [...parts.trustedProxies],
    clientErrorHandler: (error, socket) => refuseBroken(error, socket),
    // An address that cannot be decoded.
    frameworkErrors: (error, request, reply) => {
      void refuse(request, reply, problemOf(error));
    },
  });
  if (parts.connections !== undefined) app.server.maxConnections = parts.connections;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  // Nothing here takes plain text: it is refused by its type, and not as a body of the wrong shape.
  app.removeContentTypeParser("text/plain");
  const headers = await securityHeaders();
  const methods = methodsOf(app);

  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(headers).header("x-request-id", request.id);
    done();
  });
  observeRequests(app, parts, isProbe);
  app.addHook("onRequest", (request, _reply, done) => done(unreadable(request)));
  closeByDefault(app, parts.gate ?? {});
  await parts.first?.(app);
  app.setNotFoundHandler((request, reply) => {
    const allowed = methods(pathOf(request));
    if (allowed === undefined) return refuse(request, reply, new Problem("not-found", "No such address."));
    reply.header("allow", allowed.join(", "));
    return refuse(request, reply, new Problem("method-not-allowed", `It takes ${allowed.join(", ")}.`));
  });
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
  addProfileRoute(app, {
    log: log.named("system"),
    isGuarded: parts.gate?.watcherToken !== undefined,
    stages: parts.stageProfiles,
  });
  return app;
}

/** Why a request is not even looked at. */
function unreadable(request: FastifyRequest): Problem | undefined {
  if (request.headers.host === undefined && request.raw.httpVersion === "1.1")
    return new Problem("body-invalid", "The header Host is missing.");
  const encoding = request.headers["content-encoding"];
  if (encoding === undefined || encoding === "identity") return undefined;
  return new Problem(
    "content-encoding-refused",
    "Send the body as it is, without Content-Encoding; what is packed is never unpacked.",
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

function requestId(request: { headers: NodeJS.Dict<string | string[]> }): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && /^[A-Za-z0-9._-]{8,64}$/.test(given) ? given : randomUUID();
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "";
}
