import type { AnyCheck } from "./check.ts";
import type { Duration } from "./duration.ts";
import type { Severity } from "./severity.ts";

/** One alert rule as a value; Prometheus rules are rendered from it, and a runbook names it as its trigger. */
export type Alert = {
  /** PascalCase, as Prometheus writes alert names. */
  readonly name: string;
  readonly title: string;
  /** PromQL; one series per thing that can be broken. */
  readonly expr: string;
  /** How long it must last; without it, the environment’s `outage` time. */
  readonly for?: Duration;
  readonly severity: Severity;
  readonly team: string;
  /** What a person reads in the page; Prometheus templates allowed. */
  readonly summary: string;
  readonly description: string;
  /** The check that measures the same symptom; a runbook verifies its cure with it. */
  readonly watches: AnyCheck;
};

/** Defines an alert rule. */
export function defineAlert(alert: Alert): Alert {
  return alert;
}
