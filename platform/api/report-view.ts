import { type AgentName, agentNames, routes } from "../contract.ts";
import type { Report, StageRecord } from "../storage/report.ts";
import type { ListedReport } from "../storage/reports.ts";
import type { ReportAnswer, ReportLine, Status } from "./answers.ts";

/** `GET …/status`: where a report is, stage by stage. */
export function statusView(report: Report, stages: readonly StageRecord[]): Status {
  const done = new Map(stages.map((stage) => [stage.agent, stage]));
  return {
    id: report.id,
    status: report.status,
    ...(report.outcome === undefined ? {} : { outcome: report.outcome }),
    ...(report.stage === undefined ? {} : { stage: report.stage }),
    accepted_at: report.acceptedAt.toISOString(),
    updated_at: report.updatedAt.toISOString(),
    ...(report.finishedAt === undefined ? {} : { finished_at: report.finishedAt.toISOString() }),
    ...(report.error === undefined ? {} : { error: report.error }),
    stages: agentNames.map((agent) => stageView(report, agent, done.get(agent))),
  };
}

/** `GET …/{id}`: the status, what was sent, and what came out. */
export function reportView(
  report: Report,
  stages: readonly StageRecord[],
  artifacts: readonly string[],
): ReportAnswer {
  const self = `${routes.reports}/${report.id}`;
  return {
    ...statusView(report, stages),
    company: report.company,
    data: { sha256: report.dataSha256, bytes: report.dataBytes },
    artifacts: artifacts.map((name) => ({ name, href: `${self}/artifacts/${name}` })),
    links: { self, status: `${self}/status`, events: `${self}/events` },
  };
}

/** One line of `GET …/reports`. */
export function listView(report: ListedReport): ReportLine {
  return {
    id: report.id,
    status: report.status,
    ...(report.outcome === undefined ? {} : { outcome: report.outcome }),
    accepted_at: report.acceptedAt.toISOString(),
    href: `${routes.reports}/${report.id}`,
  };
}

function stageView(
  report: Report,
  agent: AgentName,
  stage: StageRecord | undefined,
): Status["stages"][number] {
  if (stage !== undefined) {
    const { status, summary, figures, warnings, wrote } = stage.result;
    return {
      agent,
      status,
      summary,
      figures: { ...figures },
      warnings: [...warnings],
      wrote: [...wrote],
      duration_ms: stage.ms,
      finished_at: stage.at.toISOString(),
    };
  }
  const isHere = report.stage === agent && report.status !== "completed";
  return { agent, status: isHere ? report.status : "pending" };
}
