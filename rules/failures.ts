/** How much of what was asked went wrong, over some time. */
export type Failures = { readonly failed: number; readonly all: number };

/**
 * Shares from which it is an incident, and how many failures that takes at least: one error among few requests is no rate.
 * Source: csrd-production-runbook "Critical Alerts", "Error Rate >10 %"; csrd-operations-manual "Scenario 2: High Error Rate", ">5 % of reports failing".
 */
export const failureLines = {
  requests: { share: 0.1, least: 5 },
  reports: { share: 0.05, least: 3 },
} as const;

/** Judges failures: too many of them, some, or none. */
export function judgeFailures(
  { failed, all }: Failures,
  kind: keyof typeof failureLines,
): "calm" | "some" | "too-many" {
  const { share, least } = failureLines[kind];
  if (failed >= least && failed > share * all) return "too-many";
  // Counters are extrapolated, so that "none" may be a little more than nothing.
  return failed >= 0.5 ? "some" : "calm";
}

/** Failures of reports with one error code. */
export type CodeCount = { readonly code: string; readonly count: number };

/** Codes with which the platform itself failed a report; every other code says that the report's own data was refused. Source: docs/errors. */
const ours: ReadonlySet<string> = new Set([
  "csrd-defect",
  "memory-limit",
  "time-limit",
  "poison-report",
  "agent-unreachable",
  "stage-failed",
  "llm-unreachable",
  "artifact-missing",
  "artifact-damaged",
  "artifact-broken",
  "artifact-unsafe",
  "artifact-exists",
  "storage-full",
  "storage-unreachable",
  "storage-refused",
  "files-unreachable",
  "files-refused",
  "queue-unreachable",
  "catalogue-broken",
  "no-rules",
  "config-invalid",
  "settings-invalid",
]);

/** How many failures were the platform's and how many the data's, and the code that came most. */
export function sortFailures(codes: readonly CodeCount[]): {
  readonly ours: number;
  readonly theirs: number;
  readonly most: CodeCount | undefined;
} {
  const sum = (some: readonly CodeCount[]) => some.reduce((total, { count }) => total + count, 0);
  const mine = codes.filter(({ code }) => ours.has(code));
  return {
    ours: sum(mine),
    theirs: sum(codes.filter(({ code }) => !ours.has(code))),
    most: [...(mine.length > 0 ? mine : codes)].toSorted(
      (a, b) => b.count - a.count || (a.code < b.code ? -1 : 1),
    )[0],
  };
}

/** What became of the stages of one agent. */
export type AgentOutcomes = { readonly agent: string; readonly refused: number; readonly all: number };

/**
 * The one agent that cannot do its work while the others can: most of its stages are refused, and few of anybody else's. Undefined when it is
 * nobody or several, because then the cause lies elsewhere.
 */
export function failingAgent(agents: readonly AgentOutcomes[]): AgentOutcomes | undefined {
  const failing = agents.filter(({ refused, all }) => refused >= 2 && refused >= all / 2);
  const [one] = failing;
  const others = agents.filter((agent) => agent !== one);
  const isAlone = failing.length === 1 && others.every(({ refused, all }) => refused <= all / 10);
  return isAlone ? one : undefined;
}
