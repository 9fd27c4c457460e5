import type { AgentName } from "../contract.ts";
import type { Database } from "./database.ts";
import type { ReportError, ReportStatus } from "./report.ts";

/** One row of a report's events. */
export type EventRow = {
  /** Rises within a report: whoever adds an event holds the lock of the report's row, so no lower id appears later. */
  readonly id: string;
  readonly kind: string;
  readonly agent: AgentName | undefined;
  readonly at: Date;
  readonly detail: Readonly<Record<string, unknown>>;
};

/** Whose events are wanted: those after `after`, and the state when it is not `known` any more. */
export type EventsWanted = {
  readonly reportId: string;
  readonly after: string;
  readonly known: ReportStatus | undefined;
};

/** What is new for one of those who asked. `more`: there are further events already. */
export type EventsNews = {
  readonly status: ReportStatus;
  readonly stage: AgentName | undefined;
  readonly error: ReportError | undefined;
  readonly ended: boolean;
  readonly events: readonly EventRow[];
  readonly more: boolean;
};

/** Most events of one report in one answer; a reader that is behind gets them again from where it stopped. */
const most = 20;

/** What is new for everybody who asks, by their place in `wanted`, in one query; who has no news is not in it. */
export async function readNews(
  database: Database,
  wanted: readonly EventsWanted[],
): Promise<ReadonlyMap<number, EventsNews>> {
  const { rows } = await database.query<Row>(
    `select w.n, r.status, r.stage, r.error, r.finished_at is not null as ended, e.id::text, e.kind, e.agent, e.at, e.detail
       from unnest($1::text[], $2::bigint[], $3::text[]) with ordinality as w (report_id, after, known, n)
       join reports r on r.id = w.report_id
       left join lateral (
         select id, kind, agent, at, detail from report_events
          where report_id = w.report_id and id > w.after order by id limit ${most}
       ) e on true
      where e.id is not null or w.known is null or r.status <> w.known
      order by w.n, e.id`,
    [
      wanted.map(({ reportId }) => reportId),
      wanted.map(({ after }) => after),
      wanted.map(({ known }) => known ?? null),
    ],
  );
  const news = new Map<number, EventsNews & { events: EventRow[]; more: boolean }>();
  for (const row of rows) {
    const place = Number(row.n) - 1;
    const known = news.get(place) ?? {
      status: row.status,
      stage: row.stage ?? undefined,
      error: row.error ?? undefined,
      ended: row.ended,
      events: [],
      more: false,
    };
    news.set(place, known);
    if (row.id === null) continue;
    known.events.push({
      id: row.id,
      kind: row.kind ?? "",
      agent: row.agent ?? undefined,
      at: row.at ?? new Date(0),
      detail: row.detail ?? {},
    });
    known.more = known.events.length === most;
  }
  return news;
}

type Row = {
  n: string;
  status: ReportStatus;
  stage: AgentName | null;
  error: ReportError | null;
  ended: boolean;
  id: string | null;
  kind: string | null;
  agent: AgentName | null;
  at: Date | null;
  detail: Record<string, unknown> | null;
};
