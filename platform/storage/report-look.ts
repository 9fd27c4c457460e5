import type { AgentResult } from "../agent.ts";
import type { AgentName } from "../contract.ts";
import type { Database } from "./database.ts";
import type { Report, StageRecord } from "./report.ts";
import { columns, type ReportRow, reportOf } from "./reports.ts";

/** A report, what its stages came to, and the version of its row to which both belong. */
export type ReportLook = {
  readonly version: string;
  readonly report: Report;
  readonly stages: readonly StageRecord[];
};

/**
 * Changes with every change of a report's row: each transaction has a number of its own, and the time tells it from one of the same number
 * that a failover has lost. Whatever changes a report's stages changes its row in the same transaction (`completeStage`).
 */
const version = "xmin::text || ' ' || updated_at::text";

/** The version of this owner's report; undefined also when it is somebody else's. It costs less than looking at the report. */
export async function reportVersion(
  database: Database,
  owner: string,
  id: string,
): Promise<string | undefined> {
  const { rows } = await database.query<{ version: string }>(
    `select ${version} as version from reports where id = $1 and owner = $2`,
    [id, owner],
  );
  return rows[0]?.version;
}

/** A report of this owner with its stages in the order in which they ran, as of one moment; undefined also when it is somebody else's. */
export async function lookAtReport(
  database: Database,
  owner: string,
  id: string,
): Promise<ReportLook | undefined> {
  const { rows } = await database.query<ReportRow & { version: string; stages: readonly StageRow[] }>(
    `select ${columns}, ${version} as version,
       (select coalesce(jsonb_agg(jsonb_build_object('agent', agent, 'at', at, 'detail', detail) order by e.id), '[]')
          from report_events e where e.report_id = reports.id and e.kind = 'agent-completed') as stages
     from reports where id = $1 and owner = $2`,
    [id, owner],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    version: row.version,
    report: reportOf(row),
    stages: row.stages.map(({ agent, at, detail }) => ({
      agent,
      at: new Date(at),
      result: detail.result,
      ms: detail.ms,
    })),
  };
}

type StageRow = {
  readonly agent: AgentName;
  readonly at: string;
  readonly detail: { readonly result: AgentResult; readonly ms: number };
};
