import type { Database } from "./database.ts";
import type { ReportError, ReportStatus } from "./report.ts";

/** What the database says of the queue; ages in milliseconds. */
export type QueueLook = {
  readonly byStatus: Readonly<Record<string, number>>;
  readonly quarantined: number;
  readonly oldestMs: number | undefined;
  readonly active: readonly {
    readonly id: string;
    readonly tenant: string;
    readonly stage: string;
    readonly worker: string;
    readonly forMs: number;
  }[];
  /** Reports that ended within the last 5 and 15 minutes, by how they ended. */
  readonly ended: readonly {
    readonly status: ReportStatus;
    readonly in5: number;
    readonly in15: number;
  }[];
};

/** Looks at the queue as the database knows it. */
export async function lookAtQueue(database: Database): Promise<QueueLook> {
  const [counts, active, ended] = await Promise.all([
    database.query<{ status: string; count: string; kept: string; oldest: string | null }>(
      `select status, count(*) as count, count(*) filter (where quarantined_at is not null) as kept,
         max(extract(epoch from now() - accepted_at) * 1000) filter (where status in ('queued', 'waiting') and quarantined_at is null) as oldest
         from reports where status in ('queued', 'running', 'waiting', 'dead-letter') group by status order by status`,
    ),
    database.query<{ id: string; tenant: string; stage: string; worker: string; for_ms: string }>(
      `select r.id, r.owner as tenant, coalesce(r.stage, '') as stage, coalesce(e.detail ->> 'worker', '') as worker,
         extract(epoch from now() - e.at) * 1000 as for_ms
         from reports r join lateral (select detail, at from report_events where report_id = r.id and kind = 'agent-started' order by id desc limit 1) e on true
         where r.status = 'running' order by e.at limit 100`,
    ),
    database.query<{ status: ReportStatus; in5: string; in15: string }>(
      `select status, count(*) filter (where finished_at > now() - interval '5 minutes') as in5, count(*) as in15
         from reports where finished_at > now() - interval '15 minutes' group by status order by status`,
    ),
  ]);
  const oldest = Math.max(...counts.rows.map((row) => Number(row.oldest ?? -1)));
  return {
    byStatus: Object.fromEntries(counts.rows.map(({ status, count }) => [status, Number(count)])),
    quarantined: counts.rows.reduce((sum, { kept }) => sum + Number(kept), 0),
    oldestMs: oldest < 0 ? undefined : Math.round(oldest),
    active: active.rows.map(({ for_ms, ...row }) => ({ ...row, forMs: Math.round(Number(for_ms)) })),
    ended: ended.rows.map(({ status, in5, in15 }) => ({ status, in5: Number(in5), in15: Number(in15) })),
  };
}

/** States by which an operator lists reports; `quarantined` are those kept out of the queue. */
export const listedStates = [
  "queued",
  "running",
  "waiting",
  "quarantined",
  "dead-letter",
  "failed",
  "cancelled",
  "completed",
] as const;
export type ListedState = (typeof listedStates)[number];

/** A report as an operator sees it. */
export type QueuedReport = {
  readonly id: string;
  readonly tenant: string;
  readonly status: ReportStatus;
  readonly stage: string | undefined;
  readonly turn: number;
  readonly acceptedAt: Date;
  readonly updatedAt: Date;
  readonly error: ReportError | undefined;
  readonly kills: number;
  readonly cancelRequestedBy: string | undefined;
  readonly quarantine: { readonly by: string; readonly at: Date; readonly reason: string } | undefined;
  /** The reason for which the platform gave it up, for the last time. */
  readonly deadLetter: string | undefined;
};

type Row = {
  id: string;
  owner: string;
  status: ReportStatus;
  stage: string | null;
  turn: number;
  accepted_at: Date;
  updated_at: Date;
  error: ReportError | null;
  stage_kills: number;
  cancel_requested_by: string | null;
  quarantined_by: string | null;
  quarantined_at: Date | null;
  quarantine_reason: string | null;
  dead: string | null;
};

const select = `select r.id, owner, status, r.stage, turn, accepted_at, updated_at, error, stage_kills, cancel_requested_by,
    quarantined_by, quarantined_at, quarantine_reason,
    (select reason from dead_letters d where d.report_id = r.id and requeued_at is null order by d.id desc limit 1) as dead
  from reports r`;

/** Reports in a state, those that move next first; at most `limit`. */
export async function listQueued(
  database: Database,
  state: ListedState | undefined,
  limit: number,
): Promise<readonly QueuedReport[]> {
  const where =
    state === undefined
      ? "status in ('queued', 'running', 'waiting', 'dead-letter')"
      : state === "quarantined"
        ? "quarantined_at is not null and status in ('queued', 'running', 'waiting')"
        : "status = $2";
  const { rows } = await database.query<Row>(
    `${select} where ${where} order by turn, accepted_at, r.id limit $1`,
    state === undefined || state === "quarantined" ? [limit] : [limit, state],
  );
  return rows.map(queuedOf);
}

/** One report as an operator sees it, with its last events; undefined when there is none. */
export async function findQueued(
  database: Database,
  id: string,
): Promise<
  | (QueuedReport & {
      readonly events: readonly { readonly at: Date; readonly kind: string; readonly detail: object }[];
    })
  | undefined
> {
  const { rows } = await database.query<Row>(`${select} where r.id = $1`, [id]);
  const [row] = rows;
  if (row === undefined) return undefined;
  const events = await database.query<{ at: Date; kind: string; detail: object }>(
    `select at, case when agent is null then kind else kind || ' ' || agent end as kind, detail - 'result' as detail
       from (select id, at, kind, agent, detail from report_events where report_id = $1 order by id desc limit 20) e order by id`,
    [id],
  );
  return { ...queuedOf(row), events: events.rows };
}

function queuedOf(row: Row): QueuedReport {
  return {
    id: row.id,
    tenant: row.owner,
    status: row.status,
    stage: row.stage ?? undefined,
    turn: row.turn,
    acceptedAt: row.accepted_at,
    updatedAt: row.updated_at,
    error: row.error ?? undefined,
    kills: row.stage_kills,
    cancelRequestedBy: row.cancel_requested_by ?? undefined,
    quarantine:
      row.quarantined_at === null
        ? undefined
        : { by: row.quarantined_by ?? "", at: row.quarantined_at, reason: row.quarantine_reason ?? "" },
    deadLetter: row.dead ?? undefined,
  };
}
