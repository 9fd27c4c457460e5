import { ask, recently } from "#checks/questions/metrics.ts";
import type { Sample } from "#kit/ports.ts";
import { productionTimes, type World } from "#runbooks/scenarios/world.ts";

/** Numbers of the fake world's Prometheus, by what is asked; what is left out has no series. */
type Figures = {
  readonly answer?: number;
  readonly answerByUnit?: Readonly<Record<string, number>>;
  readonly query?: number;
  readonly poolWaiting?: number;
  readonly requests?: readonly [failed: number, all: number];
  readonly report?: number;
  readonly oldest?: number;
  readonly model?: number;
  readonly secondsByAgent?: Readonly<Record<string, number>>;
  readonly waitingFor?: Readonly<Record<string, number>>;
  readonly xbrl?: number;
  readonly xbrlByUnit?: Readonly<Record<string, number>>;
  readonly completed?: number;
  readonly failedByCode?: Readonly<Record<string, number>>;
  /** Stages refused and stages in all, by agent. */
  readonly stages?: Readonly<Record<string, readonly [refused: number, all: number]>>;
};

const over = recently(productionTimes);
const one = (value: number | undefined): readonly Sample[] =>
  value === undefined ? [] : [{ labels: {}, value }];
const by = (label: string, values: Readonly<Record<string, number>> = {}): readonly Sample[] =>
  Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));

/** Sets what Prometheus says, as long as the effect has not happened; afterwards it says what it says `after`. */
export function figures(
  world: World,
  now: Figures,
  cure?: { readonly effect: string; readonly after: Figures },
): void {
  const current = (): Figures =>
    cure !== undefined && world.effects.includes(cure.effect) ? cure.after : now;
  const agents = [
    ...new Set([...Object.keys(now.waitingFor ?? {}), ...Object.keys(cure?.after.waitingFor ?? {})]),
  ];
  const say = (expression: string, read: (seen: Figures) => readonly Sample[]): void =>
    void world.metrics.set(expression, () => read(current()));
  say(ask.answerTime(over), ({ answer }) => one(answer));
  say(ask.answerTimeByUnit(over), ({ answerByUnit }) => by("instance", answerByUnit));
  say(ask.databaseTime(over), ({ query }) => one(query));
  say(ask.poolWaiting(), ({ poolWaiting }) => one(poolWaiting));
  say(ask.requestErrors(over), ({ requests }) => one(requests?.[0]));
  say(ask.requests(over), ({ requests }) => one(requests?.[1]));
  say(ask.requestErrorsByRoute(over), ({ requests }) =>
    requests === undefined || requests[0] === 0
      ? []
      : [{ labels: { method: "GET", route: "/api/v1/reports", status: "500" }, value: requests[0] }],
  );
  say(ask.reportTime(over), ({ report }) => one(report));
  say(ask.oldestWaiting(), ({ oldest }) => one(oldest));
  say(ask.modelTime(over), ({ model }) => one(model));
  say(ask.secondsByAgent(over), ({ secondsByAgent }) => by("agent", secondsByAgent));
  for (const agent of agents) say(ask.stagesWaiting(agent), ({ waitingFor }) => one(waitingFor?.[agent]));
  say(ask.stageTime("reporting", over), ({ xbrl }) => one(xbrl));
  say(ask.secondsByUnit("reporting", over), ({ xbrlByUnit }) => by("instance", xbrlByUnit));
  say(ask.reportsCompleted(over), ({ completed }) => one(completed));
  say(ask.reportsFailed(over), ({ failedByCode }) =>
    one(Object.values(failedByCode ?? {}).reduce((sum, count) => sum + count, 0)),
  );
  say(ask.reportsFailedByCode(over), ({ failedByCode }) => by("code", failedByCode));
  say(ask.stagesByOutcome(over), ({ stages }) =>
    Object.entries(stages ?? {}).flatMap(([agent, [refused, all]]) => [
      { labels: { agent, outcome: "refused" }, value: refused },
      { labels: { agent, outcome: "ok" }, value: all - refused },
    ]),
  );
}

/** CPU of a unit of which nothing is left. */
export const worn = { cpu: { used: 0.97, limit: 1 } };
