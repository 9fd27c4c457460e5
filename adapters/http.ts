import { toMs } from "#kit/duration.ts";
import type { HttpAnswer, HttpReader } from "#kit/ports.ts";
import { plainText } from "./foreign-text.ts";

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

/** Why there was no answer, in words. */
function silence(error: unknown): string {
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: "connection refused",
    ECONNRESET: "connection reset",
    UND_ERR_SOCKET: "connection closed before the answer was complete",
    ENOTFOUND: "name not found",
    EAI_AGAIN: "name could not be looked up",
    EHOSTUNREACH: "host unreachable",
    ENETUNREACH: "network unreachable",
    ETIMEDOUT: "connection timed out",
    ERR_INVALID_URL: "not a web address",
  };
  const chain = causes(error);
  for (const { code } of chain) {
    if (code !== undefined && code in words) return words[code] ?? code;
  }
  const last = chain.at(-1);
  return plainText(last?.message ?? String(error), 200);
}

/** An error and what caused it, outermost first; an address list that failed as a whole counts with its first member. */
function causes(error: unknown): readonly { readonly code?: string; readonly message: string }[] {
  const chain: { readonly code?: string; readonly message: string }[] = [];
  let current = error;
  while (current instanceof Error && chain.length < 8) {
    const { code } = current as NodeJS.ErrnoException;
    chain.push({ ...(typeof code === "string" ? { code } : {}), message: current.message });
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  return chain;
}
