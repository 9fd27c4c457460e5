import { isCodedError } from "#kit/errors.ts";

/** How a question to a language model can fail, and what follows: asking the same model again, asking the next one, or neither. */
export const failureKinds = {
  unreachable: { again: true, elsewhere: true, guardrail: false },
  "no-answer": { again: true, elsewhere: true, guardrail: false },
  cut: { again: true, elsewhere: true, guardrail: false },
  garbled: { again: true, elsewhere: true, guardrail: false },
  overloaded: { again: true, elsewhere: true, guardrail: false },
  "server-error": { again: true, elsewhere: true, guardrail: false },
  "rate-limited": { again: true, elsewhere: true, guardrail: false },
  conflict: { again: true, elsewhere: true, guardrail: false },
  "quota-exhausted": { again: false, elsewhere: true, guardrail: false },
  "model-retired": { again: false, elsewhere: true, guardrail: false },
  // A vendor is left out by decision; the others are not.
  "vendor-off": { again: false, elsewhere: true, guardrail: false },
  "breaker-open": { again: false, elsewhere: true, guardrail: false },
  // Our own mistakes: another model would hide them.
  "key-refused": { again: false, elsewhere: false, guardrail: false },
  "request-refused": { again: false, elsewhere: false, guardrail: false },
  "switched-off": { again: false, elsewhere: false, guardrail: false },
  "time-spent": { again: false, elsewhere: false, guardrail: false },
  // The model answered, and the answer is not taken.
  refusal: { again: false, elsewhere: false, guardrail: true },
  length: { again: false, elsewhere: false, guardrail: true },
  schema: { again: false, elsewhere: false, guardrail: true },
} as const;
export type FailureCode = keyof typeof failureKinds;

/** One failed question: its code, and a sentence of ours; nothing that the vendor wrote is passed on. */
export type Failure = {
  readonly code: FailureCode;
  readonly says: string;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** Milliseconds that the vendor asks us to wait. */
  readonly retryAfterMs?: number;
};

type Vendors = { readonly status?: unknown; readonly headers?: unknown; readonly error?: unknown };

/** The codes that vendors put into their error bodies, wherever these nest. */
function wordsOf(body: unknown, depth = 0): readonly string[] {
  if (typeof body !== "object" || body === null || depth > 3) return [];
  return Object.entries(body).flatMap(([key, value]: [string, unknown]) =>
    (key === "code" || key === "type") && typeof value === "string"
      ? [value]
      : key === "message" && typeof value === "string" && /credit balance|spend limit/i.test(value)
        ? ["money_spent"]
        : wordsOf(value, depth + 1),
  );
}

/** What a vendor's client threw, as one of our failures. `begun`: the answer had begun to arrive. */
export function failureOf(thrown: unknown, begun: boolean): Failure {
  if (isCodedError(thrown))
    return { code: "key-refused", says: "the place that is named for the key holds none" };
  const error: Vendors = typeof thrown === "object" && thrown !== null ? thrown : {};
  const status = typeof error.status === "number" ? error.status : undefined;
  const words = wordsOf(error.error);
  const wait = error.headers instanceof Headers ? retryAfter(error.headers, Date.now()) : undefined;
  const facts = {
    ...(status === undefined ? {} : { status }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  };
  const has = (...any: readonly string[]): boolean => words.some((word) => any.includes(word));

  if (
    has("insufficient_quota", "billing_error", "money_spent", "billing_hard_limit_reached") ||
    status === 402
  )
    return { code: "quota-exhausted", says: "the vendor's account has no quota left", ...facts };
  if (status === 404 || has("model_not_found", "not_found_error"))
    return { code: "model-retired", says: "the vendor does not know the model (any more)", ...facts };
  if (has("overloaded_error", "service_unavailable_error") || status === 529 || status === 503)
    return { code: "overloaded", says: "the vendor is overloaded", ...facts };
  if (status === 429 || has("rate_limit_error", "rate_limit_exceeded"))
    return { code: "rate-limited", says: "the vendor limits our rate", ...facts };
  if (status === 401 || status === 403 || has("authentication_error", "permission_error"))
    return { code: "key-refused", says: "the vendor refuses the key", ...facts };
  if (status === 408) return { code: "no-answer", says: "the vendor gave up waiting for us", ...facts };
  if (status === 409) return { code: "conflict", says: "the vendor is busy with the same request", ...facts };
  if (status !== undefined && status >= 500)
    return { code: "server-error", says: `the vendor failed (${status})`, ...facts };
  if (status !== undefined && status >= 400)
    return { code: "request-refused", says: `the vendor refuses the request (${status})`, ...facts };
  if (has("api_error", "server_error"))
    return { code: "server-error", says: "the vendor failed while it answered" };
  if (
    thrown instanceof SyntaxError ||
    /could not parse|not valid json|unexpected token/i.test(String(thrown))
  )
    return { code: "garbled", says: "what came back is not of the vendor's protocol" };
  return begun
    ? { code: "cut", says: "the answer broke off" }
    : { code: "unreachable", says: "the vendor cannot be reached" };
}

/** Milliseconds to wait by `retry-after-ms`, or by `retry-after` in seconds or as a date; undefined when neither says. */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const precise = headers.get("retry-after-ms");
  if (precise !== null && /^\d{1,9}(\.\d+)?$/.test(precise.trim())) return Math.ceil(Number(precise));
  const plain = headers.get("retry-after")?.trim();
  if (plain === undefined || plain === "") return undefined;
  if (/^\d{1,6}(\.\d+)?$/.test(plain)) return Math.ceil(Number(plain) * 1000);
  const at = Date.parse(plain);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
