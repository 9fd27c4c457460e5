import type { Risk } from "./plan.ts";
import type { Word } from "./timeline.ts";
import type { Severity } from "./severity.ts";

/** Everything that the approval of a plan may depend on; the answer is an `ApprovalNeed`, from rules/. */
export type PolicyQuestion = {
  /** Of the plan's strictest step. */
  readonly risk: Risk;
  readonly tier: string;
  readonly severity: Severity;
  readonly at: Date;
  /** Where the environment's people are, by IANA name. */
  readonly zone: string;
  /** Whom silence asks, rung after rung. */
  readonly onCall: readonly (readonly string[])[];
  /** Somebody among these has to agree, because they answer for what the plan does. */
  readonly word?: Word;
};
