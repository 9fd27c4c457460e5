import { isCodedError } from "#kit/errors.ts";

/** Every way in which the platform's HTTP interfaces refuse, with its status, its title, and a detail as an example (RFC 9457). */
export const problems = {
  "key-missing": {
    status: 401,
    title: "An API key is needed",
    example: "Send it as Authorization: Bearer <key>.",
  },
  "key-unknown": {
    status: 401,
    title: "The API key is not known",
    example: "Send it as Authorization: Bearer <key>.",
  },
  "key-mistyped": {
    status: 401,
    title: "The API key is mistyped",
    example: "Its checksum does not fit: compare it with what was shown.",
  },
  "key-expired": {
    status: 401,
    title: "The API key has expired",
    example: "Ask whoever manages your keys for another.",
  },
  "key-revoked": {
    status: 401,
    title: "The API key has been revoked",
    example: "Ask whoever manages your keys for another.",
  },
  "token-refused": {
    status: 401,
    title: "The token is not accepted",
    example: "It has expired.",
  },
  "key-limit": {
    status: 409,
    title: "There are as many API keys as there may be",
    example: "Revoke one that is not used any more.",
  },
  "key-ended": {
    status: 409,
    title: "The API key cannot be rotated any more",
    example: "It has been rotated already.",
  },
  "right-missing": {
    status: 403,
    title: "The API key does not allow this",
    example: "This needs a key with the right to write.",
  },
  "not-found": { status: 404, title: "There is nothing here", example: "There is no such report." },
  "method-not-allowed": {
    status: 405,
    title: "This address does not take this method",
    example: "It takes GET, HEAD.",
  },
  "request-timeout": {
    status: 408,
    title: "The request came too slowly",
    example: "Send it again over a faster connection.",
  },
  "report-ended": {
    status: 409,
    title: "The report has ended",
    example: "It completed before it could be taken back.",
  },
  "body-invalid": {
    status: 400,
    title: "The request is not as expected",
    example: "The part company is missing.",
  },
  "body-too-large": {
    status: 413,
    title: "The request is too large",
    example: "The data is larger than this platform takes.",
  },
  "address-too-long": { status: 414, title: "The address is too long", example: "Shorten the address." },
  "content-type-refused": {
    status: 415,
    title: "This content type is not accepted",
    example: "Send multipart/form-data or application/json.",
  },
  "content-encoding-refused": {
    status: 415,
    title: "This content encoding is not accepted",
    example: "Send the body as it is, without Content-Encoding.",
  },
  "range-not-satisfiable": {
    status: 416,
    title: "The file has no such range",
    example: "The file has 1024 bytes.",
  },
  "idempotency-key-invalid": {
    status: 400,
    title: "The Idempotency-Key is not usable",
    example: "It is 1 to 200 printable ASCII characters without spaces.",
  },
  "idempotency-conflict": {
    status: 422,
    title: "The Idempotency-Key was used for another request",
    example: "Use a new key, or send exactly what was sent with this one.",
  },
  "rate-limited": {
    status: 429,
    title: "Too many requests",
    example: "Wait for the time in Retry-After.",
  },
  "too-many-at-once": {
    status: 429,
    title: "Too many at once",
    example: "4 uploads are under way; wait until one has ended.",
  },
  "headers-too-large": {
    status: 431,
    title: "The headers are too large",
    example: "Send less than 16 KiB of headers.",
  },
  "input-refused": {
    status: 422,
    title: "The stage refuses its input",
    example: "The report has no file company.json.",
  },
  unavailable: {
    status: 503,
    title: "A part that is needed does not answer",
    example: "Nothing was changed; try again shortly.",
  },
  busy: {
    status: 503,
    title: "This server has as much in hand as it takes",
    example: "Nothing was kept; try again shortly.",
  },
  "store-full": {
    status: 507,
    title: "There is no room for the files",
    example: "Nothing was kept; the operator has to make room.",
  },
  defect: {
    status: 500,
    title: "The service has a defect",
    example: "The failure has been logged under this request id.",
  },
} as const satisfies Record<
  string,
  { readonly status: number; readonly title: string; readonly example: string }
>;

/** A stable name for one kind of refusal over HTTP. */
export type ProblemCode = keyof typeof problems;

/** All of them, in their order here. */
export const problemCodes: readonly ProblemCode[] = Object.keys(problems).filter(
  (code): code is ProblemCode => Object.hasOwn(problems, code),
);

/** A refusal over HTTP; becomes `application/problem+json`. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly detail: string;
  /** Code of the platform's own error behind it. */
  readonly reason: string | undefined;

  constructor(code: ProblemCode, detail: string, cause?: unknown) {
    super(`${problems[code].title}. ${detail}`, cause === undefined ? undefined : { cause });
    this.name = "Problem";
    this.code = code;
    this.detail = detail;
    this.reason = isCodedError(cause) ? cause.code : undefined;
  }
}

/** The body of a refusal. */
export type ProblemBody = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly reason?: string;
  readonly request_id: string;
};

/** A refusal as it is sent. */
export function problemBody(problem: Problem, requestId: string): ProblemBody {
  const { status, title } = problems[problem.code];
  return {
    type: `urn:csrd:problem:${problem.code}`,
    title,
    status,
    code: problem.code,
    detail: problem.detail,
    ...(problem.reason === undefined ? {} : { reason: problem.reason }),
    request_id: requestId,
  };
}
