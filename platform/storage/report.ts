import type { AgentResult } from "../agent.ts";
import type { AgentName } from "../contract.ts";

/**
 * Where a report is on its way. `waiting`: a stage cannot be reached or may not work now, and is tried again. `failed`: its own data or the rules
 * refuse it. `cancelled`: whoever sent it took it back. `dead-letter`: the platform gave it up, with the reason; an operator can put it back.
 */
export type ReportStatus =
  | "queued"
  | "running"
  | "waiting"
  | "completed"
  | "failed"
  | "cancelled"
  | "dead-letter";

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
  /** Its place in the queue among all tenants' reports; the lowest goes first. */
  readonly turn: number;
};

/** One agent's result for a report; there is at most one. */
export type StageRecord = {
  readonly agent: AgentName;
  readonly result: AgentResult;
  readonly ms: number;
  readonly at: Date;
};
