import type { Reading } from "#kit/finding.ts";
import type { MetricsReader } from "#kit/ports.ts";
import { type AgentName, metrics as names } from "#platform/contract.ts";

/** A build that runs, and in how many processes. */
type SeenBuild = { readonly version: string; readonly processes: number };

/** Which builds of an agent answer now, most processes first. */
export async function buildsOf(metrics: MetricsReader, agent: AgentName): Promise<readonly SeenBuild[]> {
  const samples = await metrics.query(`count by (version) (${names.buildInfo}{service="${agent}"})`);
  return samples
    .map(({ labels, value }) => ({ version: (labels["version"] ?? "").slice(0, 40), processes: value }))
    .filter(({ version }) => /^[\w.+-]+$/.test(version))
    .toSorted((a, b) => b.processes - a.processes || a.version.localeCompare(b.version));
}

/** How an agent's builds read at a glance: there should be one. */
export function readBuilds(seen: readonly SeenBuild[]): Reading {
  return { state: seen.length > 1 ? "bad" : "fine", says: versionsText(seen) };
}

/** Builds as people read them. */
export function versionsText(seen: readonly SeenBuild[]): string {
  if (seen.length === 0) return "no process says which build it is";
  return seen.map(({ version, processes }) => `${version} (${processes})`).join(" and ");
}
