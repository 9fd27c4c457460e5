import { CodedError, type ErrorKind, type ErrorParts, isCodedError } from "#kit/errors.ts";

/** The closed list of the platform's error codes; each has a page under docs/errors/. `csrd` ends with 1 on a failure. */
export const csrdErrorKinds = {
  "csrd-usage": { exit: 1, retry: "never" },
  "csrd-defect": { exit: 1, retry: "never" },
  "csrd-interrupted": { exit: 1, retry: "now" },
  "input-missing": { exit: 1, retry: "never" },
  "input-empty": { exit: 1, retry: "never" },
  "input-too-large": { exit: 1, retry: "never" },
  "input-unreadable": { exit: 1, retry: "never" },
  "column-missing": { exit: 1, retry: "never" },
  "column-duplicate": { exit: 1, retry: "never" },
  "row-malformed": { exit: 1, retry: "never" },
  "value-missing": { exit: 1, retry: "never" },
  "value-unknown": { exit: 1, retry: "never" },
  "amount-unreadable": { exit: 1, retry: "never" },
  "amount-negative": { exit: 1, retry: "never" },
  "date-wrong": { exit: 1, retry: "never" },
  "unit-wrong": { exit: 1, retry: "never" },
  "activity-unknown": { exit: 1, retry: "never" },
  "factor-missing": { exit: 1, retry: "never" },
  "record-duplicate": { exit: 1, retry: "never" },
  "metric-code-malformed": { exit: 1, retry: "never" },
  "metric-code-unknown": { exit: 1, retry: "never" },
  "metric-code-ambiguous": { exit: 1, retry: "never" },
  "dimension-unknown": { exit: 1, retry: "never" },
  "period-outside": { exit: 1, retry: "never" },
  "period-mixed": { exit: 1, retry: "never" },
  "text-unsafe": { exit: 1, retry: "never" },
  "input-unsafe": { exit: 1, retry: "never" },
  "company-invalid": { exit: 1, retry: "never" },
  "no-records": { exit: 1, retry: "never" },
  "no-metrics": { exit: 1, retry: "never" },
  "place-not-allowed": { exit: 1, retry: "never" },
  "no-facts": { exit: 1, retry: "never" },
  "no-rules": { exit: 1, retry: "never" },
  "law-unknown": { exit: 1, retry: "never" },
  "artifact-missing": { exit: 1, retry: "never" },
  "artifact-unsafe": { exit: 1, retry: "never" },
  "artifact-exists": { exit: 1, retry: "never" },
  "artifact-damaged": { exit: 1, retry: "later" },
  "storage-full": { exit: 1, retry: "later" },
  "files-unreachable": { exit: 1, retry: "later" },
  "files-refused": { exit: 1, retry: "later" },
  "stage-missing": { exit: 1, retry: "never" },
  "folder-unwritable": { exit: 1, retry: "later" },
  "config-invalid": { exit: 1, retry: "never" },
  "artifact-broken": { exit: 1, retry: "never" },
  "metric-unknown": { exit: 1, retry: "never" },
  "catalogue-broken": { exit: 1, retry: "never" },
  "settings-invalid": { exit: 1, retry: "never" },
  "port-taken": { exit: 1, retry: "later" },
  "storage-unreachable": { exit: 1, retry: "later" },
  "storage-refused": { exit: 1, retry: "never" },
  "migration-altered": { exit: 1, retry: "never" },
  "migration-newer": { exit: 1, retry: "never" },
  "migration-blocked": { exit: 1, retry: "later" },
  "migration-busy": { exit: 1, retry: "later" },
  "migration-refused": { exit: 1, retry: "later" },
  "audit-file-unreadable": { exit: 1, retry: "never" },
  "hold-late": { exit: 1, retry: "never" },
  "retention-incomplete": { exit: 1, retry: "later" },
  "archive-missing": { exit: 1, retry: "never" },
  "audit-log-broken": { exit: 1, retry: "never" },
  "queue-evicts": { exit: 1, retry: "never" },
  "agent-unreachable": { exit: 1, retry: "later" },
  "llm-unreachable": { exit: 1, retry: "later" },
  "stage-failed": { exit: 1, retry: "never" },
  "key-not-found": { exit: 1, retry: "never" },
  "key-refused": { exit: 1, retry: "never" },
  "report-unknown": { exit: 1, retry: "never" },
  "report-given-up": { exit: 1, retry: "never" },
  "report-quarantined": { exit: 1, retry: "later" },
  "report-finished": { exit: 1, retry: "never" },
  "poison-report": { exit: 1, retry: "never" },
  "memory-limit": { exit: 1, retry: "never" },
  "time-limit": { exit: 1, retry: "never" },
  "switched-off": { exit: 1, retry: "later" },
  "queue-unreachable": { exit: 1, retry: "later" },
  "platform-unreachable": { exit: 1, retry: "later" },
  "platform-answer": { exit: 1, retry: "never" },
  "load-refused": { exit: 1, retry: "never" },
} as const satisfies Record<string, ErrorKind>;

/** A stable name for one way in which the platform refuses or fails. */
export type CsrdErrorCode = keyof typeof csrdErrorKinds;

/** A refusal or failure of the reporting platform, as a sentence with a code, a hint and an exit status. */
export class CsrdError extends CodedError<CsrdErrorCode> {
  constructor(code: CsrdErrorCode, parts: ErrorParts) {
    super(code, csrdErrorKinds[code], parts);
    this.name = "CsrdError";
  }

  /** True for an error of the platform, also across module copies. */
  static is(value: unknown): value is CsrdError {
    return isCodedError(value) && value.name === "CsrdError";
  }
}
