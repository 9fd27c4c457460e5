import type { Alert } from "#kit/alert.ts";
import type { Health } from "#kit/check.ts";
import type { AlertLooked } from "#kit/render/situation.ts";
import type { Runbook } from "#kit/runbook.ts";
import { recall, remember } from "../memory.ts";

/** Each alert by what its check was seen to say at that time, gravest first. */
export function alertsLooked(
  alerts: readonly Alert[],
  runbooks: readonly Runbook[],
  healthOf: (check: string) => Health | undefined,
  at: string,
): readonly AlertLooked[] {
  const gravest = [...alerts].sort((a, b) => a.severity.localeCompare(b.severity));
  return gravest.flatMap(({ name, title, watches }) => {
    const health = healthOf(watches.id);
    if (health === undefined) return [];
    const runbook = runbooks.find(({ trigger }) => trigger.some((alert) => alert.name === name))?.id;
    return [{ name, title, at, health, ...(runbook === undefined ? {} : { runbook }) }];
  });
}

/** Keeps what was seen of an environment for the next situation report; what was not looked at now keeps its older look. */
export function rememberLooks(environment: string, seen: readonly AlertLooked[]): void {
  const older = recallLooks(environment).filter(({ name }) => seen.every((one) => one.name !== name));
  remember(`looks-${environment}`, { alerts: [...older, ...seen] });
}

/** What was last seen of an environment from this machine, each with its time. */
export function recallLooks(environment: string): readonly AlertLooked[] {
  const known = recall(`looks-${environment}`);
  if (typeof known !== "object" || known === null || !("alerts" in known)) return [];
  return Array.isArray(known.alerts) ? known.alerts.filter((one): one is AlertLooked => isLook(one)) : [];
}

function isLook(value: unknown): value is AlertLooked {
  if (typeof value !== "object" || value === null) return false;
  if (!("name" in value && "title" in value && "at" in value && "health" in value)) return false;
  const { name, title, at, health } = value;
  if (typeof health !== "object" || health === null || !("says" in health && "state" in health)) return false;
  return [name, title, at, health.says].every((text) => typeof text === "string") && isState(health.state);
}

function isState(state: unknown): state is Health["state"] {
  return typeof state === "string" && ["healthy", "degraded", "unhealthy", "unknown"].includes(state);
}
