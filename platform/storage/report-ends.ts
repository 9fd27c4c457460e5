import { type Database, inTransaction } from "./database.ts";
import { recordAudit } from "./audit-log.ts";
import type { ReportError, ReportStatus } from "./report.ts";

/** Who takes a report back; `tenant` limits it to that tenant's reports, undefined is an operator. */
export type CancelRequest = {
  readonly id: string;
  readonly tenant: string | undefined;
  readonly by: string;
  readonly requestId?: string | undefined;
};

/**
 * What became of asking to cancel. `cancelled`: it is, now or since before. `stopping`: a stage is in hand and is being stopped.
 * `finished`: it had ended otherwise, and stays as it is. `unknown`: there is no such report for this tenant.
 */
export type CancelAnswer =
  | { readonly kind: "cancelled" | "stopping" }
  | { readonly kind: "finished"; readonly status: ReportStatus }
  | { readonly kind: "unknown" };

/** Notes that a report is to be cancelled. One that nobody works on is cancelled at once; asking again changes nothing. */
export async function requestCancel(database: Database, request: CancelRequest): Promise<CancelAnswer> {
  return inTransaction(database, async (client) => {
    const { rows } = await client.query<{ status: ReportStatus; requested: boolean }>(
      `select status, cancel_requested_at is not null as requested from reports
        where id = $1 and ($2::text is null or owner = $2) for update`,
      [request.id, request.tenant],
    );
    const [row] = rows;
    if (row === undefined) return { kind: "unknown" };
    if (row.status === "cancelled") return { kind: "cancelled" };
    if (!isOpen(row.status)) return { kind: "finished", status: row.status };
    if (!row.requested) {
      await client.query(
        "update reports set cancel_requested_at = now(), cancel_requested_by = $2, updated_at = now() where id = $1",
        [request.id, request.by],
      );
      await client.query(
        "insert into report_events (report_id, kind, detail) values ($1, 'cancel-requested', $2)",
        [request.id, { by: request.by }],
      );
    }
    if (row.status === "running") return { kind: "stopping" };
    await setCancelled(client, request.id, request.requestId);
    return { kind: "cancelled" };
  });
}

/** Says `cancelled`, once, of a report whose cancelling was asked for and whose work has stopped; false when there was nothing to say. */
export async function confirmCancelled(database: Database, id: string): Promise<boolean> {
  return inTransaction(database, (client) => setCancelled(client, id, undefined));
}

async function setCancelled(
  client: Parameters<typeof recordAudit>[0],
  id: string,
  requestId: string | undefined,
): Promise<boolean> {
  const { rows } = await client.query<{ owner: string; by: string; stage: string | null }>(
    `update reports set status = 'cancelled', error = null, finished_at = now(), updated_at = now()
      where id = $1 and status in ('queued', 'running', 'waiting') and cancel_requested_at is not null
      returning owner, cancel_requested_by as by, stage`,
    [id],
  );
  const [row] = rows;
  if (row === undefined) return false;
  await client.query("insert into report_events (report_id, kind, detail) values ($1, 'cancelled', $2)", [
    id,
    { by: row.by },
  ]);
  await recordAudit(client, {
    actor: row.by,
    tenant: row.owner,
    action: "report.cancelled",
    subject: id,
    requestId,
    detail: row.stage === null ? {} : { stage: row.stage },
  });
  return true;
}

/** Why the platform gives a report up. */
export type DeadLetterReason =
  | "unreachable"
  | "refused"
  | "memory-limit"
  | "time-limit"
  | "poison"
  | "queue-lost";

/** A report given up: the reason, the sentence for people, and how often it was tried. */
export type DeadLetter = {
  readonly reason: DeadLetterReason;
  readonly error: ReportError;
  readonly attempts: number;
};

/** Gives a report up, once, in the same transaction as its event, its reason and the audit entry. Gives its duration in milliseconds; undefined when it had ended before. */
export async function giveUp(
  database: Database,
  id: string,
  { reason, error, attempts }: DeadLetter,
): Promise<number | undefined> {
  return inTransaction(database, async (client) => {
    const { rows } = await client.query<{ owner: string; stage: string | null; ms: string }>(
      `update reports set status = 'dead-letter', outcome = 'failed', error = $2, finished_at = now(), updated_at = now()
        where id = $1 and status in ('queued', 'running', 'waiting') and cancel_requested_at is null
        returning owner, stage, extract(epoch from now() - accepted_at) * 1000 as ms`,
      [id, error],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    await client.query(
      "insert into dead_letters (report_id, reason, code, message, hint, stage, attempts) values ($1, $2, $3, $4, $5, $6, $7)",
      [id, reason, error.code, error.message, error.hint, row.stage, attempts],
    );
    await client.query("insert into report_events (report_id, kind, detail) values ($1, 'dead-letter', $2)", [
      id,
      { reason, attempts, ...error },
    ]);
    await recordAudit(client, {
      actor: "platform",
      tenant: row.owner,
      action: "report.dead-letter",
      subject: id,
      detail: { reason, code: error.code, attempts },
    });
    return Math.round(Number(row.ms));
  });
}

/** An operator's act on a report: who, and why. */
export type OperatorAct = { readonly by: string; readonly reason: string };

/** What became of an operator's act: done, nothing to do because it is so already, or not possible in the state the report is in. */
export type ActAnswer =
  | { readonly kind: "done" | "already" }
  | { readonly kind: "refused"; readonly status: ReportStatus }
  | { readonly kind: "unknown" };

/** Puts a report that was given up (or waits in vain) back to the start of its next stage; what its stages have done is kept. */
export async function requeueReport(database: Database, id: string, act: OperatorAct): Promise<ActAnswer> {
  return inTransaction(database, async (client) => {
    const { rows } = await client.query<{ status: ReportStatus; owner: string; held: boolean }>(
      "select status, owner, quarantined_at is not null as held from reports where id = $1 for update",
      [id],
    );
    const [row] = rows;
    if (row === undefined) return { kind: "unknown" };
    if (row.status === "queued" || row.status === "running") return { kind: "already" };
    if ((row.status !== "dead-letter" && row.status !== "waiting") || row.held)
      return { kind: "refused", status: row.status };
    await client.query(
      `update reports set status = 'queued', outcome = null, error = null, finished_at = null, stage_kills = 0, updated_at = now() where id = $1`,
      [id],
    );
    await client.query(
      "update dead_letters set requeued_at = now(), requeued_by = $2, requeue_reason = $3 where report_id = $1 and requeued_at is null",
      [id, act.by, act.reason],
    );
    await record(client, id, row.owner, "requeued", act);
    return { kind: "done" };
  });
}

/** Takes a report out of the queue and keeps it, or lets it back in; the queue itself is told by the caller. */
export async function setQuarantine(
  database: Database,
  id: string,
  held: boolean,
  act: OperatorAct,
): Promise<ActAnswer> {
  return inTransaction(database, async (client) => {
    const { rows } = await client.query<{ status: ReportStatus; owner: string; held: boolean }>(
      "select status, owner, quarantined_at is not null as held from reports where id = $1 for update",
      [id],
    );
    const [row] = rows;
    if (row === undefined) return { kind: "unknown" };
    if (!isOpen(row.status)) return { kind: "refused", status: row.status };
    if (row.held === held) return { kind: "already" };
    if (held)
      await client.query(
        `update reports set quarantined_at = now(), quarantined_by = $2, quarantine_reason = $3, updated_at = now(),
           status = case when status = 'running' then status else 'waiting' end, error = $4 where id = $1`,
        [id, act.by, act.reason, quarantined(act)],
      );
    else
      await client.query(
        `update reports set quarantined_at = null, quarantined_by = null, quarantine_reason = null, updated_at = now(),
           status = 'queued', error = null where id = $1`,
        [id],
      );
    await record(client, id, row.owner, held ? "quarantined" : "released", act);
    return { kind: "done" };
  });
}

/** What a report that is kept out of the queue says to whoever sent it. */
function quarantined({ reason }: Pick<OperatorAct, "reason">): ReportError {
  return {
    code: "report-quarantined",
    message: `An operator keeps the report out of the queue: ${reason}`,
    hint: "It goes on when the operator releases it; nothing is lost.",
  };
}

async function record(
  client: Parameters<typeof recordAudit>[0],
  id: string,
  owner: string,
  kind: "requeued" | "quarantined" | "released",
  { by, reason }: OperatorAct,
): Promise<void> {
  await client.query("insert into report_events (report_id, kind, detail) values ($1, $2, $3)", [
    id,
    kind,
    { by, reason },
  ]);
  await recordAudit(client, {
    actor: by,
    tenant: owner,
    action: `report.${kind}`,
    subject: id,
    detail: { reason },
  });
}

function isOpen(status: ReportStatus): boolean {
  return status === "queued" || status === "running" || status === "waiting";
}

/** Why a report that is being worked on must be let go: its sender took it back, or an operator keeps it. */
export type Halt = { readonly id: string; readonly why: "cancelled" | "quarantined" };

/** Which of these reports must be let go. */
export async function listHalts(database: Database, ids: readonly string[]): Promise<readonly Halt[]> {
  if (ids.length === 0) return [];
  const { rows } = await database.query<Halt>(
    `select id, case when cancel_requested_at is not null then 'cancelled' else 'quarantined' end as why
       from reports where id = any($1) and status in ('queued', 'running', 'waiting')
        and (cancel_requested_at is not null or quarantined_at is not null)`,
    [ids],
  );
  return rows;
}

/** Says of a report that an operator keeps, and whose work has stopped, that it waits; false when it is not kept. */
export async function noteKept(database: Database, id: string): Promise<boolean> {
  const { rowCount } = await database.query(
    `update reports set status = 'waiting', updated_at = now()
      where id = $1 and status in ('queued', 'running', 'waiting') and quarantined_at is not null`,
    [id],
  );
  return rowCount === 1;
}

/** Notes that an agent's process ended in the middle of a report's stage; gives how often that has happened in this stage. */
export async function countKill(database: Database, id: string): Promise<number> {
  const { rows } = await database.query<{ kills: number }>(
    "update reports set stage_kills = stage_kills + 1 where id = $1 returning stage_kills as kills",
    [id],
  );
  return rows[0]?.kills ?? 0;
}

/** Reports cancelled longer ago than `ageMs` whose files have not been seen gone since; by then nobody who lost touch still writes. */
export async function listUndropped(
  database: Database,
  ageMs: number,
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await database.query<{ id: string }>(
    `select id from reports where status = 'cancelled' and files_dropped_at is null
        and finished_at < now() - $1 * interval '1 millisecond' order by id limit $2`,
    [ageMs, limit],
  );
  return rows.map(({ id }) => id);
}

/** Notes that a cancelled report's files are gone. */
export async function noteDropped(database: Database, id: string): Promise<void> {
  await database.query("update reports set files_dropped_at = now() where id = $1", [id]);
}
