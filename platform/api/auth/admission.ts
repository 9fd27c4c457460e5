import type { FastifyReply, FastifyRequest } from "fastify";
import type { Counter } from "prom-client";
import { Problem } from "../../service/problem.ts";
import type { GateParts } from "../../service/gate.ts";
import type { Caller } from "../caller.ts";
import type { Budget, RateLimits, Taken } from "../rate-limits.ts";
import { countedAddress } from "./address.ts";
import type { Authenticate } from "./authenticate.ts";
import { lastingRequests } from "./lasting-requests.ts";
import type { RefusedLogins } from "./refused-logins.ts";

/** Most requests in a minute. */
type Rates = {
  /** One key or token's subject: requests that read, requests that send or change. */
  readonly reads: number;
  readonly uploads: number;
  /** All keys of one tenant together. */
  readonly tenant: number;
  /** Refused logins of one address. */
  readonly refused: number;
};

/** What deciding about a request needs. */
export type AdmissionParts = {
  readonly authenticate: Authenticate;
  readonly limits: RateLimits;
  readonly rates: Rates;
  readonly refusedLogins: RefusedLogins;
  readonly rateLimited: Counter<"budget">;
};

/** Who is let in, and who it was. */
export type Admission = {
  readonly admit: NonNullable<GateParts["admit"]>;
  /** The caller that was let in with this request. */
  readonly callerOf: (request: FastifyRequest) => Caller;
  readonly close: () => void;
};

/** Lets a request pass when its caller is known, has budget left and has the right; before its body is read. */
export function admission(parts: AdmissionParts): Admission {
  const { limits, rates } = parts;
  const callers = new WeakMap<FastifyRequest, Caller>();
  const lasting = lastingRequests(parts.authenticate);

  const tooMany = (reply: FastifyReply, taken: Taken, budget: string): Problem => {
    parts.rateLimited.inc({ budget });
    tell(reply, taken);
    reply.header("retry-after", String(Math.max(1, Math.ceil(taken.resetMs / 1_000))));
    return new Problem("rate-limited", "Wait for the time in Retry-After.");
  };
  const refuse = async (
    request: FastifyRequest,
    reply: FastifyReply,
    why: {
      readonly reason: string;
      readonly problem: Problem;
      readonly keyId?: string | undefined;
      readonly tenant?: string | undefined;
    },
    failures: Budget,
  ): Promise<never> => {
    parts.refusedLogins.tell({
      reason: why.reason,
      address: request.ip,
      requestId: request.id,
      route: request.routeOptions.url ?? "unknown",
      keyId: why.keyId,
      tenant: why.tenant,
    });
    const taken = await limits.take([failures]);
    throw taken.refusedFor === undefined ? why.problem : tooMany(reply, taken, "address");
  };

  const admit: Admission["admit"] = async (request, reply, scope) => {
    const failures = { of: `{address ${countedAddress(request.ip)}}refused`, most: rates.refused };
    const slowed = limits.spent(failures);
    const caller = await parts.authenticate(request.headers, { onlyKnown: slowed !== undefined });
    if (slowed !== undefined && (caller === "not-known-here" || "refused" in caller))
      throw tooMany(reply, slowed, "address");
    if (caller === "not-known-here") throw new Problem("unavailable", "Try again shortly.");
    if ("refused" in caller) {
      const problem = new Problem(caller.refused, caller.detail);
      return refuse(request, reply, { ...caller, reason: caller.refused, problem }, failures);
    }
    const isRead = request.method === "GET" || request.method === "HEAD";
    const taken = await limits.take([
      {
        of: `{${caller.tenant}}${isRead ? "reads" : "uploads"} ${caller.actor}`,
        most: isRead ? rates.reads : rates.uploads,
      },
      { of: `{${caller.tenant}}all`, most: rates.tenant },
    ]);
    if (taken.refusedFor !== undefined)
      throw tooMany(
        reply,
        taken,
        taken.refusedFor.endsWith("}all") ? "tenant" : isRead ? "reads" : "uploads",
      );
    tell(reply, taken);
    if (!caller.scopes.includes(scope)) {
      const problem = new Problem("right-missing", `This needs a key with the right to ${scope}.`);
      return refuse(
        request,
        reply,
        { reason: "right-missing", problem, keyId: caller.actor, tenant: caller.tenant },
        failures,
      );
    }
    callers.set(request, caller);
    lasting.watch(request, reply);
  };
  return {
    close: () => lasting.close(),
    admit,
    callerOf: (request) => {
      const caller = callers.get(request);
      if (caller === undefined) throw new Problem("key-missing", "Send it as Authorization: Bearer <key>.");
      return caller;
    },
  };
}

/** The fields of the IETF's "RateLimit header fields" drafts that clients read today. */
function tell(reply: FastifyReply, { limit, remaining, resetMs }: Taken): void {
  reply.header("ratelimit-limit", String(limit));
  reply.header("ratelimit-remaining", String(remaining));
  reply.header("ratelimit-reset", String(Math.ceil(resetMs / 1_000)));
}
