import type { ClientBase, Pool } from "pg";
import { canonicalJson } from "#kit/canonical.ts";
import { createRedactor } from "#kit/redact/redactor.ts";

/** What happened, as the audit log names it: what was acted on, a dot, what was done. */
type AuditAction =
  | "report.accepted"
  | "report.read"
  | "report.cancelled"
  | "report.completed"
  | "report.failed"
  | "report.dead-letter"
  | "report.requeued"
  | "report.quarantined"
  | "report.released"
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
  | "queue.concurrency"
  | "switch.off"
  | "switch.on"
  | "retention.applied"
  | "migration.applied";

/** One entry of the audit log. It holds no personal data beyond the actor's name, and never a secret. */
type AuditEntry = {
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
export type RecordAudit = (client: Pool | ClientBase, entry: AuditEntry) => Promise<void>;

const redactor = createRedactor();
const mostText = 200;
const mostDetail = 4_000;

/** Adds an entry to the audit log; the database chains it. Call it last in a transaction: it keeps a place in the log until the end. */
export const recordAudit: RecordAudit = async (client, entry) => {
  const detail = canonicalJson(
    Object.fromEntries(
      Object.entries(entry.detail ?? {}).map(([name, value]) => [
        plain(name),
        typeof value === "string" ? plain(value) : value,
      ]),
    ),
  );
  await client.query(
    "insert into audit_log (actor, tenant, action, subject, request_id, detail) values ($1, $2, $3, $4, $5, $6)",
    [
      plain(entry.actor) || "unknown",
      entry.tenant === undefined ? undefined : plain(entry.tenant),
      entry.action,
      plain(entry.subject),
      entry.requestId === undefined ? undefined : plain(entry.requestId),
      detail.length <= mostDetail ? detail : '{"left_out":"too long"}',
    ],
  );
};

/** Text that anybody may have sent, as the log can hold it: no secret's shape, no control characters, not too long. */
function plain(text: string): string {
  return redactor
    .text(text.slice(0, 2_000))
    .replaceAll(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu, "")
    .slice(0, mostText);
}
