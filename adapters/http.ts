import { toMs } from "#kit/duration.ts";
import type { HttpAnswer, HttpReader } from "#kit/ports.ts";
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
        const response = await fetch(url, {
          redirect: "manual",
          signal,
          headers: { connection: "close", "user-agent": "csrd-ops" },
        });
        const body = await readCapped(response);
        return { kind: "answered", status: response.status, body, tookMs: tookMs() };
      } catch (error) {
        const reason = limit.aborted ? `no answer in ${timeoutMs / 1000} s` : silence(error);
        return { kind: "silent", reason, tookMs: tookMs() } satisfies HttpAnswer;
      }
    },
  };
}

/** The first 64 KiB; the rest is not even read. */
async function readCapped(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let left = largestBody;
  if (response.body !== null)
    for await (const chunk of response.body) {
      chunks.push(chunk.subarray(0, left));
      left -= Math.min(left, chunk.length);
      if (left === 0) break;
    }
  return Buffer.concat(chunks).toString("utf8");
}
