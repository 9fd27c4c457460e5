import type { AgentResult } from "../agent.ts";
import type { AgentName } from "../contract.ts";
import { recordAudit } from "./audit-log.ts";
import { type Database, inTransaction } from "./database.ts";
import type { Report, ReportError, ReportStatus, StageRecord } from "./report.ts";

/** A report about to be accepted. */
export type NewReport = Pick<
  Report,
  "id" | "owner" | "company" | "dataSha256" | "dataBytes" | "traceparent"
> & {
  readonly idempotency: { readonly key: string; readonly requestSha256: string } | undefined;
  /** Who sent it, and by which request; the tenant itself where nobody says. */
  readonly by?: { readonly actor: string; readonly requestId: string };
};

/** What became of an accept: a new report, the one that the same request made before, or a key that belongs to another request. */
export type Accepted =
  | { readonly kind: "new"; readonly report: Report }
  | { readonly kind: "same"; readonly report: Report }
  | { readonly kind: "conflict" };

/** The columns that `reportOf` reads. */
export const columns =
  "id, owner, status, outcome, stage, company, data_sha256, data_bytes, traceparent, error, accepted_at, updated_at, finished_at, turn";
const unfinished = "status in ('queued', 'running', 'waiting')";
const unhindered = "cancel_requested_at is null and quarantined_at is null";

/**
 * A new report's turn: one after its tenant's last, and not before those that are served now. So tenants take turns whatever each one sends
 * (start-time fair queueing), and nobody who waits is overtaken by newcomers for ever.
 */
const nextTurn = `1 + greatest(
  (select coalesce(max(turn), 0) from reports where owner = $2 and ${unfinished}),
  (select coalesce(min(turn), 1) - 1 from reports where ${unfinished}))`;

/** Records a report, its first event, its idempotency key and its entry of the audit log at once. */
export async function acceptReport(database: Database, report: NewReport): Promise<Accepted> {
  return inTransaction(database, async (client) => {
    const { idempotency } = report;
    if (idempotency !== undefined) {
      // Serialises requests with the same key, so that the second one sees what the first one did.
      await client.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [
        `${report.owner}\n${idempotency.key}`,
      ]);
      const { rows } = await client.query<ReportRow & { request_sha256: string }>(
        `select k.request_sha256, ${columns.replaceAll(/\b(\w+)/g, "r.$1")} from idempotency_keys k join reports r on r.id = k.report_id where k.owner = $1 and k.key = $2`,
        [report.owner, idempotency.key],
      );
      const [earlier] = rows;
      if (earlier !== undefined)
        return earlier.request_sha256 === idempotency.requestSha256
          ? { kind: "same", report: reportOf(earlier) }
          : { kind: "conflict" };
    }
    const { rows } = await client.query<ReportRow>(
      `insert into reports (id, owner, status, company, data_sha256, data_bytes, traceparent, turn)
       values ($1, $2, 'queued', $3, $4, $5, $6, ${nextTurn}) returning ${columns}`,
      [report.id, report.owner, report.company, report.dataSha256, report.dataBytes, report.traceparent],
    );
    await client.query("insert into report_events (report_id, kind) values ($1, 'accepted')", [report.id]);
    if (idempotency !== undefined)
      await client.query(
        "insert into idempotency_keys (owner, key, request_sha256, report_id) values ($1, $2, $3, $4)",
        [report.owner, idempotency.key, idempotency.requestSha256, report.id],
      );
    const [row] = rows;
    if (row === undefined) throw new TypeError("insert … returning gave no row");
    await recordAudit(client, {
      actor: report.by?.actor ?? report.owner,
      tenant: report.owner,
      action: "report.accepted",
      subject: report.id,
      requestId: report.by?.requestId,
      detail: { bytes: report.dataBytes, sha256: report.dataSha256 },
    });
    return { kind: "new", report: reportOf(row) };
  });
}

/** A report of this owner; undefined also when it is somebody else's. */
export async function findReport(database: Database, owner: string, id: string): Promise<Report | undefined> {
  const { rows } = await database.query<ReportRow>(
    `select ${columns} from reports where id = $1 and owner = $2`,
    [id, owner],
  );
  return rows[0] && reportOf(rows[0]);
}

/** A report whoever owns it; for the worker. */
export async function findAnyReport(database: Database, id: string): Promise<Report | undefined> {
  const { rows } = await database.query<ReportRow>(`select ${columns} from reports where id = $1`, [id]);
  return rows[0] && reportOf(rows[0]);
}

/** A report as a list shows it. */
export type ListedReport = Pick<Report, "id" | "status" | "outcome" | "acceptedAt">;

/** One page of an owner's reports, newest first, after the report with id `after`. */
export async function listReports(
  database: Database,
  owner: string,
  page: {
    readonly limit: number;
    readonly after?: string | undefined;
    readonly status?: ReportStatus | undefined;
  },
): Promise<readonly ListedReport[]> {
  const { rows } = await database.query<Pick<ReportRow, "id" | "status" | "outcome" | "accepted_at">>(
    `select id, status, outcome, accepted_at from reports where owner = $1
       and ($2::text is null or status = $2)
       and ($3::text is null or (accepted_at, id) < (select accepted_at, id from reports where id = $3 and owner = $1))
     order by accepted_at desc, id desc limit $4`,
    [owner, page.status, page.after, page.limit],
  );
  return rows.map(({ id, status, outcome, accepted_at }) => ({
    id,
    status,
    outcome: outcome ?? undefined,
    acceptedAt: accepted_at,
  }));
}

/** Reports that are not finished and have not moved for `idleMs`; the queue must know them, unless an operator keeps them out of it. */
export async function listIdle(
  database: Database,
  idleMs: number,
  limit: number,
): Promise<readonly Report[]> {
  const { rows } = await database.query<ReportRow>(
    `select ${columns} from reports where ${unfinished} and quarantined_at is null and updated_at < now() - $1 * interval '1 millisecond' order by updated_at limit $2`,
    [idleMs, limit],
  );
  return rows.map(reportOf);
}

/** The results so far, in the order in which the stages ran. */
export async function listStages(database: Database, id: string): Promise<readonly StageRecord[]> {
  const { rows } = await database.query<{
    agent: AgentName;
    at: Date;
    detail: { result: AgentResult; ms: number };
  }>(
    "select agent, at, detail from report_events where report_id = $1 and kind = 'agent-completed' order by id",
    [id],
  );
  return rows.map(({ agent, at, detail }) => ({ agent, at, result: detail.result, ms: detail.ms }));
}

/** Notes that a stage begins; false when it must not: the report has ended, is to be cancelled, or is kept by an operator. */
export async function beginStage(
  database: Database,
  id: string,
  agent: AgentName,
  worker: string,
): Promise<boolean> {
  return inTransaction(database, async (client) => {
    const { rowCount } = await client.query(
      `update reports set status = 'running', stage = $2, error = null, updated_at = now()
        where id = $1 and ${unfinished} and ${unhindered}`,
      [id, agent],
    );
    if (rowCount === 0) return false;
    await client.query(
      "insert into report_events (report_id, kind, agent, detail) values ($1, 'agent-started', $2, $3)",
      [id, agent, { worker }],
    );
    return true;
  });
}

/** Keeps one agent's result; a second result for the same stage changes nothing. */
export async function completeStage(
  database: Database,
  id: string,
  stage: {
    readonly agent: AgentName;
    readonly result: AgentResult;
    readonly ms: number;
    readonly worker: string;
  },
): Promise<void> {
  const { agent, result, ms, worker } = stage;
  await inTransaction(database, async (client) => {
    await client.query("update reports set updated_at = now(), stage_kills = 0 where id = $1", [id]);
    await client.query(
      "insert into report_events (report_id, kind, agent, detail) values ($1, 'agent-completed', $2, $3) on conflict do nothing",
      [id, agent, { result, ms, worker }],
    );
  });
}

/** When the report that has waited longest for a worker was accepted; undefined when none waits. */
export async function oldestWaiting(database: Database): Promise<Date | undefined> {
  const { rows } = await database.query<{ oldest: Date | null }>(
    "select min(accepted_at) as oldest from reports where status in ('queued', 'waiting') and finished_at is null",
  );
  return rows[0]?.oldest ?? undefined;
}

/** Says why a report does not move for now. */
export async function noteWaiting(database: Database, id: string, error: ReportError): Promise<void> {
  await database.query(
    `update reports set status = 'waiting', error = $2, updated_at = now() where id = $1 and ${unfinished}`,
    [id, error],
  );
}

/** Ends a report once. Gives its whole duration in milliseconds, or undefined when it had ended before or is to be cancelled. */
export async function finishReport(
  database: Database,
  id: string,
  end:
    | { readonly status: "completed"; readonly outcome: AgentResult["status"] }
    | { readonly status: "failed"; readonly error: ReportError },
): Promise<number | undefined> {
  return inTransaction(database, async (client) => {
    const { rows } = await client.query<{ ms: string; owner: string }>(
      `update reports set status = $2, outcome = $3, error = $4, finished_at = now(), updated_at = now()
        where id = $1 and ${unfinished} and cancel_requested_at is null returning extract(epoch from now() - accepted_at) * 1000 as ms, owner`,
      [
        id,
        end.status,
        end.status === "completed" ? end.outcome : "failed",
        end.status === "failed" ? end.error : undefined,
      ],
    );
    if (rows[0] === undefined) return undefined;
    await client.query(
      "insert into report_events (report_id, kind, detail) values ($1, $2, $3) on conflict do nothing",
      [id, end.status, end.status === "failed" ? end.error : { outcome: end.outcome }],
    );
    await recordAudit(client, {
      actor: "platform",
      tenant: rows[0].owner,
      action: end.status === "completed" ? "report.completed" : "report.failed",
      subject: id,
      detail: end.status === "completed" ? { outcome: end.outcome } : { code: end.error.code },
    });
    return Math.round(Number(rows[0].ms));
  });
}

/** A report as the database gives it. */
export type ReportRow = {
  id: string;
  owner: string;
  status: ReportStatus;
  outcome: AgentResult["status"] | null;
  stage: AgentName | null;
  company: Record<string, unknown>;
  data_sha256: string;
  data_bytes: string;
  traceparent: string;
  error: ReportError | null;
  accepted_at: Date;
  updated_at: Date;
  finished_at: Date | null;
  turn: number;
};

/** A row as a report. */
export function reportOf(row: ReportRow): Report {
  return {
    id: row.id,
    owner: row.owner,
    status: row.status,
    outcome: row.outcome ?? undefined,
    stage: row.stage ?? undefined,
    company: row.company,
    dataSha256: row.data_sha256,
    dataBytes: Number(row.data_bytes),
    traceparent: row.traceparent,
    error: row.error ?? undefined,
    acceptedAt: row.accepted_at,
    updatedAt: row.updated_at,
    finishedAt: row.finished_at ?? undefined,
    turn: row.turn,
  };
}
