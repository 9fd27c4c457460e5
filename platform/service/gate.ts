import { timingSafeEqual } from "node:crypto";
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Problem } from "./problem.ts";

/** What a caller may be asked to be allowed: the rights of API keys (platform/api/caller.ts). */
type Right = "read" | "write" | "admin";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The right that the route needs of an API key or a token. */
    scope?: Right;
    /** Why the route answers everybody. */
    open?: string;
    /** Who of the platform itself may ask: the worker (internal token), or whoever watches the platform (probe token). */
    inner?: "worker" | "watcher";
  }
}

/** Who is let in where. What is left out lets nobody in, except that an inner route without a token answers everybody. */
export type GateParts = {
  /** Lets a request pass that has the right, or throws a Problem. */
  readonly admit?:
    | ((request: FastifyRequest, reply: FastifyReply, scope: Right) => Promise<void>)
    | undefined;
  readonly workerToken?: string | undefined;
  readonly watcherToken?: string | undefined;
};

/** One registered route, and how it is guarded. */
export type GuardedRoute = {
  readonly method: string;
  readonly url: string;
  readonly guard: "open" | "worker" | "watcher" | Right | "nobody";
};

const registered = new WeakMap<FastifyInstance, GuardedRoute[]>();

/**
 * The one place that decides whether a request may reach its route, in every process of the platform. It must be called before the first
 * route is added. A route that says nothing about who may call it is refused to everybody.
 */
export function closeByDefault(app: FastifyInstance, parts: GateParts): void {
  const routes: GuardedRoute[] = [];
  registered.set(app, routes);
  app.addHook("onRoute", ({ method, url, config }) => {
    for (const each of [method].flat()) routes.push({ method: each, url, guard: guardOf(config) });
  });
  const tokens = { worker: wanted(parts.workerToken), watcher: wanted(parts.watcherToken) };
  app.addHook("onRequest", async (request, reply) => {
    // What is no route is answered as such, with nothing but that.
    if (request.is404) return;
    const guard = guardOf(request.routeOptions.config);
    switch (guard) {
      case "open":
        return;
      case "worker":
      case "watcher":
        if (carries(tokens[guard], request.headers.authorization)) return;
        throw new Problem("key-unknown", "Only the platform's own processes may call this.");
      case "nobody":
        throw new Problem("right-missing", "This needs a right that nobody has.");
      case "read":
      case "write":
      case "admin":
        if (parts.admit === undefined) throw new Problem("right-missing", "Nobody is let in here.");
        await parts.admit(request, reply, guard);
    }
  });
}

/** Every route that was added to an application, as its router was told. */
export function routesOf(app: FastifyInstance): readonly GuardedRoute[] {
  return registered.get(app) ?? [];
}

function guardOf(config: FastifyContextConfig | undefined): GuardedRoute["guard"] {
  if (config?.scope !== undefined) return config.scope;
  return config?.inner ?? (config?.open === undefined ? "nobody" : "open");
}

function wanted(token: string | undefined): Buffer | undefined {
  return token === undefined ? undefined : Buffer.from(`Bearer ${token}`);
}

function carries(wanted: Buffer | undefined, authorization: string | undefined): boolean {
  if (wanted === undefined) return true;
  const given = Buffer.from(authorization ?? "");
  return given.byteLength === wanted.byteLength && timingSafeEqual(given, wanted);
}
