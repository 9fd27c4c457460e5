import type { Pool, PoolClient } from "pg";

/** What happened, as the audit log names it: what was acted on, a dot, what was done. */
export type AuditAction =
  | "report.accepted"
  | "report.read"
  | "report.cancelled"
  | "report.completed"
  | "report.failed"
  | "report.dead-letter"
  | "report.requeued"
  | "report.quarantined"
  | "report.deleted"
  | "report.archived"
  | "artifact.read"
  | "hold.placed"
  | "hold.lifted"
  | "key.created"
  | "key.rotated"
  | "key.revoked"
  | "login.refused"
  | "queue.paused"
  | "queue.resumed"
  | "switch.off"
  | "switch.on"
  | "retention.applied"
  | "migration.applied";

/** One entry of the audit log. It holds no personal data beyond the actor's name, and never a secret. */
export type AuditEntry = {
  /** A key's id, a token's subject, an operator's login, or `platform`. */
  readonly actor: string;
  /** Whose data it concerns; undefined for the platform's own. */
  readonly tenant: string | undefined;
  readonly action: AuditAction;
  /** What was acted on: a report's id, a key's id, a scope. */
  readonly subject: string;
  readonly requestId?: string | undefined;
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
};

/** Adds an entry in the transaction of what it records, so that neither is there without the other. */
export type RecordAudit = (client: Pool | PoolClient, entry: AuditEntry) => Promise<void>;
