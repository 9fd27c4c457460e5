import { stringify } from "yaml";
import type { Alert } from "./alert.ts";
import type { Times } from "./ports.ts";
import type { Runbook } from "./runbook.ts";

/**
 * Alerts as a Prometheus rules file (YAML). `runbook_url` comes from the runbook that names the alert as its trigger:
 * one truth for which procedure answers which alarm.
 */
export function renderPrometheusRules(
  alerts: readonly Alert[],
  runbooks: readonly Runbook[],
  times: Times,
  manualUrl: string,
): string {
  const rules = alerts.map((alert) => {
    const runbook = runbooks.find((known) => known.trigger.some((trigger) => trigger.name === alert.name));
    return {
      alert: alert.name,
      expr: alert.expr,
      for: alert.for ?? times.outage,
      labels: { severity: severityLabel[alert.severity], priority: alert.severity, team: alert.team },
      annotations: {
        summary: alert.summary,
        description: alert.description,
        ...(runbook === undefined
          ? {}
          : { runbook_url: `${manualUrl}/${runbook.id}.md`, runbook: runbook.id }),
      },
    };
  });
  return stringify({ groups: [{ name: "csrd", rules }] });
}

/** Prometheus' conventional severities for our priorities. */
const severityLabel = { P0: "critical", P1: "warning", P2: "warning", P3: "info" } as const;
