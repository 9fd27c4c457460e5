import type { Sample } from "#kit/ports.ts";
import type { World } from "#runbooks/scenarios/world.ts";

/** What the fake world's metrics say of the reports of late. */
export type FakeReports = {
  readonly failed?: number;
  readonly ended?: number;
  /** Rules that were not met, by the reports that did not meet them. */
  readonly rules?: Readonly<Record<string, number>>;
  readonly score?: number;
  readonly low?: number;
  readonly good?: number;
  /** Builds of the agent that is asked about; one when left out. */
  readonly builds?: readonly string[];
};

/** Lets the world's metrics tell of reports, as Prometheus would. */
export function withReports(
  world: World,
  { failed = 0, ended = 0, rules = {}, score, low = 0, good = 0, builds = ["0.1.0"] }: FakeReports,
): void {
  const { metrics } = world;
  const one = (value: number): readonly Sample[] => [{ labels: {}, value }];
  const answers = (expression: string): readonly Sample[] | undefined => {
    if (expression.includes("rule_failures_total"))
      return Object.entries(rules).map(([rule, value]) => ({ labels: { rule }, value }));
    if (expression.includes("csrd_compliance_failures_total")) return one(failed);
    if (expression.includes("csrd_reports_completed_total")) return one(ended);
    if (expression.includes("csrd_data_quality_score")) return score === undefined ? [] : one(score);
    if (expression.includes('verdict="low"')) return one(low);
    if (expression.includes('verdict="good"')) return one(good);
    if (expression.includes("csrd_build_info"))
      return builds.map((version) => ({ labels: { version }, value: 1 }));
    return undefined;
  };
  const kept = metrics.get.bind(metrics);
  metrics.get = (expression) => answers(expression) ?? kept(expression);
}

/** A deploy of the API that is ten minutes old. */
export function deployedJustNow(world: World): void {
  world.deploys = [
    {
      version: "0.2.0",
      previous: "0.1.0",
      at: new Date(world.clock.now().getTime() - 600_000).toISOString(),
      instances: ["i-0a1", "i-0a2"],
    },
  ];
}
