import { toMs } from "#kit/duration.ts";
import type { HttpAnswer, HttpReader } from "#kit/ports.ts";
import { request } from "./request.ts";
import { silence } from "./silence.ts";

const largestBody = 64 * 1024;

/** Looks at services from outside with GET, over a connection of its own each time, so that every look passes the load balancer anew. */
export function httpReader(): HttpReader {
  return {
    async get(url, options = {}) {
      const timeoutMs = toMs(options.timeout ?? "5s");
      const limit = AbortSignal.timeout(timeoutMs);
      const signal = options.signal === undefined ? limit : AbortSignal.any([limit, options.signal]);
      const startedAt = performance.now();
      const tookMs = () => Math.round(performance.now() - startedAt);
      try {
        const { status, body } = await request(url, {
          method: "GET",
          headers: { connection: "close", "user-agent": "csrd-ops" },
          signal,
          most: largestBody,
        });
        return { kind: "answered", status, body, tookMs: tookMs() };
      } catch (error) {
        const reason = limit.aborted ? `no answer in ${timeoutMs / 1000} s` : silence(error);
        return { kind: "silent", reason, tookMs: tookMs() } satisfies HttpAnswer;
      }
    },
  };
}
