import type { FastifyReply, FastifyRequest } from "fastify";
import { type Authenticate, keyFreshMs } from "./authenticate.ts";

/** Watches the requests that last: streams of events, long uploads and downloads. */
export type LastingRequests = { watch(request: FastifyRequest, reply: FastifyReply): void; close(): void };

/**
 * Asks again, every few seconds, about the caller of each request that is still being answered, and cuts the connection of one whose key has
 * been revoked or has expired since. When nobody can say, for instance because the database is away, the request goes on.
 */
export function lastingRequests(authenticate: Authenticate): LastingRequests {
  const open = new Map<FastifyRequest, number>();
  const look = async (): Promise<void> => {
    const before = performance.now() - keyFreshMs;
    for (const [request, since] of open) {
      if (since > before) continue;
      const caller = await authenticate(request.headers, { onlyKnown: false }).catch(() => undefined);
      if (caller === undefined || caller === "not-known-here" || !("refused" in caller)) continue;
      open.delete(request);
      request.raw.socket.destroy();
    }
  };
  let looking: Promise<void> | undefined;
  const timer = setInterval(() => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
  }, 1_000);
  timer.unref();
  return {
    watch: (request, reply) => {
      open.set(request, performance.now());
      reply.raw.once("close", () => open.delete(request));
    },
    close: () => clearInterval(timer),
  };
}
