import { formatMs } from "../duration.ts";
import { isStale, type CheckedReadiness, type Drill } from "../readiness.ts";
import { ago, roughly } from "./times.ts";

/** "ready in sandbox (checked 12 min ago)", "not ready in …: why", or that nobody has looked. Only what can be relied on begins with "ready". */
export function readinessText(
  environment: string,
  place: string,
  checked: CheckedReadiness | undefined,
  now: Date,
): string {
  if (checked === undefined) return `never checked in ${environment}`;
  if (checked.place !== place)
    return `not checked in ${environment} since its file was changed (last ${ago(checked.at, now)})`;
  const words = { ready: "ready", "not-ready": "not ready", unknown: "unknown whether ready" } as const;
  const why = checked.state === "ready" ? "" : `: ${checked.because}`;
  if (isStale(checked, now))
    return `not checked in ${environment} for ${roughly(now.getTime() - Date.parse(checked.at))}; it was ${words[checked.state]} then${why}`;
  return `${words[checked.state]} in ${environment}${why} (checked ${ago(checked.at, now)})`;
}

/** "last drill 3 d ago, solved in 41 s", or that there was none. */
export function drillText(drill: Drill | undefined, now: Date): string {
  if (drill === undefined) return "never drilled";
  return `last drill ${ago(drill.at, now)}, solved in ${formatMs(drill.tookMs)}`;
}
