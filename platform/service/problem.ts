import { isCodedError } from "#kit/errors.ts";

/** Every way in which the platform's HTTP interfaces refuse, with its status and title (RFC 9457). */
export const problems = {
  "key-missing": { status: 401, title: "An API key is needed" },
  "key-unknown": { status: 401, title: "The API key is not known" },
  "right-missing": { status: 403, title: "The API key does not allow this" },
  "not-found": { status: 404, title: "There is nothing here" },
  "body-invalid": { status: 400, title: "The request is not as expected" },
  "body-too-large": { status: 413, title: "The request is too large" },
  "content-type-refused": { status: 415, title: "This content type is not accepted" },
  "idempotency-key-invalid": { status: 400, title: "The Idempotency-Key is not usable" },
  "idempotency-conflict": { status: 422, title: "The Idempotency-Key was used for another request" },
  "rate-limited": { status: 429, title: "Too many requests" },
  "input-refused": { status: 422, title: "The stage refuses its input" },
  unavailable: { status: 503, title: "A part that is needed does not answer" },
  defect: { status: 500, title: "The service has a defect" },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

/** A stable name for one kind of refusal over HTTP. */
export type ProblemCode = keyof typeof problems;

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
