import { isCodedError, OpsError } from "./errors.ts";
import type { Fault } from "./timeline.ts";

/** Any thrown value as data for the journal. What is not a coded error is a defect of ours, and says so. */
export function toFault(error: unknown): Fault {
  if (isCodedError(error)) {
    const { code, summary, hint, details } = error;
    return { code, summary, hint, ...(details === undefined ? {} : { details }) };
  }
  const text = error instanceof Error ? error.message : String(error);
  return {
    code: "defect",
    summary: `The tool itself failed: ${text}`,
    hint: "Run the command again with --debug and report the output.",
    ...(error instanceof Error && error.stack !== undefined ? { details: error.stack } : {}),
  };
}

/** A coded error as it is, anything else as a defect. */
export function toOpsError(error: unknown): OpsError {
  if (OpsError.is(error)) return error;
  const { summary, hint, details } = toFault(error);
  return new OpsError("defect", { summary, hint, details, cause: error });
}
