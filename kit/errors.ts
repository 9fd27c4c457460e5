/** When it makes sense to try the same thing again. */
export type Retry = "now" | "later" | "never";

/** What every error code stands for: how the process ends, and whether trying again can help. */
export type ErrorKind = { readonly exit: number; readonly retry: Retry };

/** The closed list of the toolkit's error codes; each has a page under docs/errors/ (a house test proves it). */
export const errorKinds = {
  usage: { exit: 2, retry: "never" },
  "runbook-unknown": { exit: 2, retry: "never" },
  "check-unknown": { exit: 2, retry: "never" },
  "schedule-unknown": { exit: 2, retry: "never" },
  "run-unknown": { exit: 2, retry: "never" },
  "params-invalid": { exit: 2, retry: "never" },
  "definition-invalid": { exit: 2, retry: "never" },
  "folder-untrusted": { exit: 6, retry: "never" },
  "environment-unknown": { exit: 2, retry: "never" },
  "environment-invalid": { exit: 2, retry: "never" },
  "environment-mismatch": { exit: 6, retry: "never" },
  "binding-missing": { exit: 2, retry: "never" },
  "selector-empty": { exit: 6, retry: "never" },
  "guard-refused": { exit: 6, retry: "later" },
  "freeze-active": { exit: 6, retry: "later" },
  "window-closed": { exit: 6, retry: "later" },
  "plan-stale": { exit: 6, retry: "now" },
  "plan-altered": { exit: 6, retry: "never" },
  "plan-unknown": { exit: 2, retry: "never" },
  "lock-held": { exit: 6, retry: "later" },
  "lock-lost": { exit: 7, retry: "later" },
  "run-busy": { exit: 6, retry: "later" },
  "run-over": { exit: 2, retry: "never" },
  "approval-forbidden": { exit: 5, retry: "never" },
  "approval-needs-terminal": { exit: 5, retry: "never" },
  "approval-refused": { exit: 5, retry: "never" },
  "approval-expired": { exit: 5, retry: "now" },
  "approval-revoked": { exit: 5, retry: "never" },
  "revoke-late": { exit: 6, retry: "never" },
  "glass-expired": { exit: 6, retry: "never" },
  "journal-corrupt": { exit: 7, retry: "never" },
  "journal-locked": { exit: 6, retry: "later" },
  "journal-newer": { exit: 2, retry: "never" },
  "journal-unwritable": { exit: 6, retry: "never" },
  "output-exists": { exit: 2, retry: "never" },
  "output-unwritable": { exit: 6, retry: "later" },
  "tool-unreachable": { exit: 3, retry: "later" },
  "tool-refused": { exit: 3, retry: "never" },
  "step-failed": { exit: 4, retry: "later" },
  "result-refused": { exit: 4, retry: "never" },
  "watch-failed": { exit: 4, retry: "later" },
  "wait-silent": { exit: 4, retry: "later" },
  "during-failed": { exit: 4, retry: "later" },
  "state-unknown": { exit: 7, retry: "never" },
  "not-verified": { exit: 4, retry: "later" },
  "budget-spent": { exit: 4, retry: "later" },
  "sandbox-down": { exit: 2, retry: "now" },
  "sandbox-up": { exit: 2, retry: "never" },
  "sandbox-failed": { exit: 1, retry: "later" },
  "prerequisite-missing": { exit: 2, retry: "never" },
  defect: { exit: 1, retry: "never" },
} as const satisfies Record<string, ErrorKind>;

/** A stable name for one way in which the toolkit refuses or fails. */
export type ErrorCode = keyof typeof errorKinds;

const brand = Symbol.for("csrd-ops.error");

/** What an error is made of, before it becomes a sentence. */
export type ErrorParts = {
  /** What happened, one sentence; a chat line. */
  readonly summary: string;
  /** What to do now, one sentence or one command. */
  readonly hint: string;
  /** Captured output or vendor text, already redacted; never needed to understand the summary. */
  readonly details?: string | undefined;
  readonly cause?: unknown;
};

/**
 * A refusal or failure as a sentence for someone at three in the morning.
 * Three depths: `summary` (a chat line) ⊂ `message` (with the hint) ⊂ `details` (captured output).
 */
export class CodedError<Code extends string> extends Error {
  readonly [brand] = true;
  readonly code: Code;
  readonly summary: string;
  readonly hint: string;
  readonly details: string | undefined;
  /** Exit status of the process that ends with this error. */
  readonly exit: number;
  readonly retry: Retry;

  constructor(code: Code, kind: ErrorKind, parts: ErrorParts) {
    super(
      `${parts.summary} ${parts.hint}`.trim(),
      parts.cause === undefined ? undefined : { cause: parts.cause },
    );
    this.name = "CodedError";
    this.code = code;
    this.summary = parts.summary;
    this.hint = parts.hint;
    this.details = parts.details;
    this.exit = kind.exit;
    this.retry = kind.retry;
  }
}

/** An error of the toolkit itself. */
export class OpsError extends CodedError<ErrorCode> {
  constructor(code: ErrorCode, parts: ErrorParts) {
    super(code, errorKinds[code], parts);
    this.name = "OpsError";
  }

  /** True for an error of ours, also across module copies. */
  static is(value: unknown): value is OpsError {
    return isCodedError(value) && value.name === "OpsError";
  }
}

/** True for any error that carries a code, a hint and an exit status (the toolkit's or the platform's). */
export function isCodedError(value: unknown): value is CodedError<string> {
  return typeof value === "object" && value !== null && brand in value && value[brand] === true;
}
