import { plainText } from "./foreign-text.ts";

/** Why a request got no answer, in words for people. */
export function silence(error: unknown): string {
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: "connection refused",
    ECONNRESET: "connection reset",
    EPIPE: "connection reset",
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

/** An error and what caused it, outermost first; an address list that failed as a whole counts with its first member, and Slack's client calls a cause `original`. */
function causes(error: unknown): readonly { readonly code?: string; readonly message: string }[] {
  const chain: { readonly code?: string; readonly message: string }[] = [];
  let current = error;
  while (current instanceof Error && chain.length < 8) {
    const { code } = current as NodeJS.ErrnoException;
    chain.push({ ...(typeof code === "string" ? { code } : {}), message: current.message });
    current =
      current instanceof AggregateError
        ? current.errors[0]
        : (current.cause ?? ("original" in current ? current.original : undefined));
  }
  return chain;
}
