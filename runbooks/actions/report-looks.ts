import { toMs, type Duration } from "#kit/duration.ts";
import type { Finding } from "#kit/finding.ts";
import type { Deploy, MetricsReader } from "#kit/ports.ts";
import { type AgentName, metrics as names } from "#platform/contract.ts";

/** A build that runs, and in how many processes. */
export type SeenVersion = { readonly version: string; readonly processes: number };

/** Which builds of an agent answer now, most processes first. */
export async function buildsOf(metrics: MetricsReader, agent: AgentName): Promise<readonly SeenVersion[]> {
  const samples = await metrics.query(`count by (version) (${names.buildInfo}{service="${agent}"})`);
  return samples
    .map(({ labels, value }) => ({ version: (labels["version"] ?? "").slice(0, 40), processes: value }))
    .filter(({ version }) => /^[\w.+-]+$/.test(version))
    .toSorted((a, b) => b.processes - a.processes || a.version.localeCompare(b.version));
}

/** Builds as people read them. */
export function versionsText(seen: readonly SeenVersion[]): string {
  if (seen.length === 0) return "no process says which build it is";
  return seen.map(({ version, processes }) => `${version} (${processes})`).join(" and ");
}

/** The latest deploy, where it is young enough to explain what began of late. */
export function freshIn(
  deploys: Finding<readonly Deploy[]>,
  now: string,
  limit: Duration,
): Deploy | undefined {
  if (!deploys.known) return undefined;
  const [last] = deploys.value;
  if (last === undefined) return undefined;
  const age = Date.parse(now) - Date.parse(last.at);
  return age >= 0 && age <= toMs(limit) ? last : undefined;
}
