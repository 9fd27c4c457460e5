import type { AgentResult } from "../agent.ts";
import type { AgentName } from "../contract.ts";

/** Where a report is on its way. `waiting`: a stage cannot be reached and is tried again. */
export type ReportStatus = "queued" | "running" | "waiting" | "completed" | "failed";

/** Why a report waits or failed: for the person who asked for it. */
export type ReportError = { readonly code: string; readonly message: string; readonly hint: string };

/** An accepted report, as the database has it. */
export type Report = {
  readonly id: string;
  readonly owner: string;
  readonly status: ReportStatus;
  readonly outcome: AgentResult["status"] | undefined;
  /** The stage it is in, or was in when it ended. */
  readonly stage: AgentName | undefined;
  readonly company: Readonly<Record<string, unknown>>;
  readonly dataSha256: string;
  readonly dataBytes: number;
  readonly traceparent: string;
  readonly error: ReportError | undefined;
  readonly acceptedAt: Date;
  readonly updatedAt: Date;
  readonly finishedAt: Date | undefined;
};

/** One agent's result for a report; there is at most one. */
export type StageRecord = {
  readonly agent: AgentName;
  readonly result: AgentResult;
  readonly ms: number;
  readonly at: Date;
};
