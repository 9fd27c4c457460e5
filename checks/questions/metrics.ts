import { type Duration, toMs } from "#kit/duration.ts";
import type { MetricsReader, Sample, Times } from "#kit/ports.ts";
import { apiJob, metrics, routes } from "#platform/contract.ts";

/** Requests of people and programs: what machines ask all the time would hide their errors, and so would addresses that are none. */
const users = `job="${apiJob}",route!~"${[
  routes.live,
  routes.ready,
  routes.readyAlias,
  routes.health,
  routes.metrics,
  routes.profile,
  "unknown",
].join("|")}"`;

/** Requests whose time is ours: an upload and a download last as long as the client's line makes them. */
const ourTime = `${users},method!="POST",route!~".*artifacts.*"`;

/** How far checks look back: half of the time that a cure has to be proven in, so that what lies before it is out of sight by then. */
export function recently({ verify }: Pick<Times, "verify">): string {
  return promTime(`${toMs(verify) / 2}ms`);
}

/** A length of time as PromQL takes it: whole seconds. */
function promTime(duration: Duration): string {
  return `${Math.max(1, Math.round(toMs(duration) / 1_000))}s`;
}

const p95 = (what: string): string => `histogram_quantile(0.95, ${what})`;

/** The PromQL of alerts, checks and probes; `over` is how far each looks back. Every ratio is made of sums, so that no label stays on one side only. */
export const ask = {
  requests: (over: string) => `sum by (job) (increase(${metrics.httpRequests}{${users}}[${over}]))`,
  requestErrors: (over: string) =>
    `sum by (job) (increase(${metrics.httpRequests}{${users},status=~"5.."}[${over}]))`,
  requestErrorsByRoute: (over: string) =>
    `topk(5, sum by (method, route, status) (increase(${metrics.httpRequests}{${users},status=~"5.."}[${over}])) > 0.5)`,
  answerTime: (over: string) =>
    p95(`sum by (le, job) (rate(${metrics.httpDuration}_bucket{${ourTime}}[${over}]))`),
  answerTimeByUnit: (over: string) =>
    p95(`sum by (le, instance) (rate(${metrics.httpDuration}_bucket{${ourTime}}[${over}]))`),
  answered: (over: string) => `sum by (job) (increase(${metrics.httpDuration}_count{${ourTime}}[${over}]))`,
  reportsFailed: (over: string) => `sum by (job) (increase(${metrics.reportsFailed}[${over}]))`,
  reportsCompleted: (over: string) => `sum by (job) (increase(${metrics.reportsCompleted}[${over}]))`,
  reportsFailedByCode: (over: string) => `sum by (code) (increase(${metrics.reportsFailed}[${over}])) > 0.5`,
  stagesByOutcome: (over: string) => `sum by (agent, outcome) (increase(${metrics.agentRequests}[${over}]))`,
  reportTime: (over: string) => p95(`sum by (le, job) (rate(${metrics.pipelineDuration}_bucket[${over}]))`),
  longestReportTime: (over: string) =>
    `histogram_quantile(0.99, sum by (le, job) (rate(${metrics.pipelineDuration}_bucket[${over}])))`,
  oldestWaiting: () => `max(${metrics.queueOldest})`,
  stageTime: (agent: string, over: string) =>
    p95(`sum by (le, agent) (rate(${metrics.agentDuration}_bucket{agent="${agent}"}[${over}]))`),
  secondsByAgent: (over: string) =>
    `sum by (agent) (increase(${metrics.agentDuration}_sum[${over}])) / (sum by (agent) (increase(${metrics.agentDuration}_count[${over}])) > 0)`,
  secondsByUnit: (agent: string, over: string) =>
    `sum by (instance) (increase(${metrics.httpDuration}_sum{service="${agent}",route="/run"}[${over}])) / (sum by (instance) (increase(${metrics.httpDuration}_count{service="${agent}",route="/run"}[${over}])) > 0)`,
  stagesWaiting: (agent: string) => `sum(${metrics.agentStages}{agent="${agent}",state="waiting"})`,
  stagesRunning: (agent: string) => `sum(${metrics.agentStages}{agent="${agent}",state="running"})`,
  databaseTime: (over: string) => p95(`sum by (le) (rate(${metrics.databaseDuration}_bucket[${over}]))`),
  poolWaiting: () => `sum(${metrics.databasePoolWaiting})`,
  modelTime: (over: string) => p95(`sum by (le) (rate(${metrics.llmDuration}_bucket[${over}]))`),
} as const;

/** The largest number of an answer; undefined when there is none. */
function largest(samples: readonly Sample[]): number | undefined {
  const values = samples.map(({ value }) => value).filter((value) => !Number.isNaN(value));
  return values.length === 0 ? undefined : Math.max(...values);
}

/** Several questions at once; what has no series is undefined. */
export async function numbers<Name extends string>(
  metricsReader: MetricsReader,
  questions: Readonly<Record<Name, string>>,
): Promise<Readonly<Record<Name, number | undefined>>> {
  const asked = Object.entries<string>(questions).map(
    async ([name, expression]) => [name, largest(await metricsReader.query(expression))] as const,
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same names, each with its number
  return Object.fromEntries(await Promise.all(asked)) as Record<Name, number | undefined>;
}
