import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Problem } from "../service/problem.ts";
import type { ApiKey } from "../service/settings/auth.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The right that a route under `/api` needs; a route that names none is refused to everybody. */
    scope?: Scope;
  }
}

/** What a request may do. */
type Scope = ApiKey["scopes"][number];

/** Who asks, once the key is known. */
type Caller = { readonly owner: string; readonly scopes: readonly Scope[] };

/** The caller behind the request's headers: `Authorization: Bearer <key>` or `X-API-Key: <key>`. */
export function callerOf(
  keys: readonly ApiKey[],
  headers: Readonly<Record<string, unknown>>,
): Caller | "key-missing" | "key-unknown" {
  const key = presented(headers);
  if (key === undefined) return "key-missing";
  const digest = createHash("sha256").update(key).digest();
  // Every key is compared, so that the time taken says nothing about which one came close.
  let found: ApiKey | undefined;
  for (const known of keys) if (timingSafeEqual(digest, Buffer.from(known.sha256, "hex"))) found = known;
  return found === undefined ? "key-unknown" : { owner: found.owner, scopes: found.scopes };
}

function presented(headers: Readonly<Record<string, unknown>>): string | undefined {
  const { authorization } = headers;
  const bearer =
    typeof authorization === "string" ? /^Bearer +(\S{1,512})$/i.exec(authorization)?.[1] : undefined;
  if (bearer !== undefined) return bearer;
  const header = headers["x-api-key"];
  return typeof header === "string" && header !== "" && header.length <= 512 ? header : undefined;
}

/** Lets a request pass only with a key that has the right its route names. Gives the way to ask whose request it is. */
export function requireKey(
  api: FastifyInstance,
  keys: readonly ApiKey[],
  onRefused: (request: FastifyRequest, reason: string) => void,
): (request: FastifyRequest) => string {
  const owners = new WeakMap<FastifyRequest, string>();
  // After the rate limit (onRequest) and before the body is read.
  api.addHook("preParsing", async (request) => {
    const caller = callerOf(keys, request.headers);
    if (typeof caller === "string") {
      onRefused(request, caller);
      throw new Problem(caller, "Send it as Authorization: Bearer <key>.");
    }
    const { scope } = request.routeOptions.config;
    if (scope === undefined || !caller.scopes.includes(scope)) {
      onRefused(request, "right-missing");
      throw new Problem(
        "right-missing",
        `This needs a key with the right to ${scope ?? "do what nobody may"}.`,
      );
    }
    owners.set(request, caller.owner);
  });
  return (request) => {
    const owner = owners.get(request);
    if (owner === undefined) throw new Problem("key-missing", "Send it as Authorization: Bearer <key>.");
    return owner;
  };
}
