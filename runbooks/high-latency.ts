import { allClear, defineRunbook, escalate, eventually, handOver, plan } from "#kit";
import { toMs } from "#kit/duration.ts";
import { csrdApiSlow, csrdHighLatency } from "#alerts/latency.ts";
import { apiLatency } from "#checks/api-latency.ts";
import { ask, numbers, recently } from "#checks/questions/metrics.ts";
import { secondsText } from "#rules/seconds.ts";
import { reportPace } from "#checks/report-pace.ts";
import { slowUnit, type UnitPace } from "#rules/pace.ts";
import {
  byLabel,
  cpuText,
  freshDeploy,
  isHeldUp,
  readServices,
  saturated,
  type ServiceSeen,
  serviceSeen,
  unitOf,
} from "./actions/looks.ts";
import { restartUnit } from "./actions/units.ts";
import { answers } from "./probes/answers.ts";
import { connections } from "./probes/connections.ts";
import { apiDeploys } from "./probes/deploys.ts";
import { apiUse } from "./probes/services.ts";
import { dbPoolExhaustion } from "./db-pool-exhaustion.ts";
import { rollback } from "./rollback.ts";
import { slowPerformance } from "./slow-performance.ts";

/**
 * Finds out where the API's time goes: the database, its connections, one unit, the CPU; and whether it is the reports that are slow instead.
 * Source: csrd-production-runbook "Alert Response Procedures", High Latency; csrd-operations-manual "Alert Rules", CSRDHighLatency.
 */
export const highLatency = defineRunbook({
  id: "high-latency",
  title: "High latency",
  summary:
    "The API answers slowly, or reports take long. Says where the time goes, then restarts a slow unit, or hands over to the runbook of the cause.",
  severity: "P1",
  owner: "platform-oncall",
  implements: [
    "PR/monitoring-and-alerting/critical-alerts",
    "PR/monitoring-and-alerting/alert-response-procedures",
  ],
  symptoms: ["the API is slow", "p95 above 1 s", "requests take seconds", "pages load slowly"],
  trigger: [csrdApiSlow, csrdHighLatency],
  params: {},
  lock: "deploy",
  within: "30m",

  diagnose: {
    pace: {
      ask: "How long do answers, queries and reports take?",
      within: "10s",
      async look({ metrics, times }) {
        const over = recently(times);
        const [seen, byUnit] = await Promise.all([
          numbers(metrics, {
            answer: ask.answerTime(over),
            query: ask.databaseTime(over),
            waiting: ask.poolWaiting(),
            report: ask.reportTime(over),
            oldest: ask.oldestWaiting(),
          }),
          metrics.query(ask.answerTimeByUnit(over)),
        ]);
        return {
          ...seen,
          units: byLabel(byUnit, "instance").map(({ name, value }) => ({ unit: name, seconds: value })),
          answerLimit: toMs(times.slowAnswer) / 1_000,
          reportLimit: toMs(times.slowReport) / 1_000,
        };
      },
      read: (pace: Pace) => ({
        state: isSlow(pace) || areReportsSlow(pace) ? "bad" : "fine",
        says: [
          `answers ${timeText(pace.answer)}`,
          `queries ${timeText(pace.query)}`,
          `reports ${timeText(pace.report)}`,
          `${Math.round(pace.waiting ?? 0)} wait for a connection`,
        ].join(", "),
      }),
    },
    api: {
      ask: "Which units of the API run?",
      within: "10s",
      look: ({ workloads, inventory }) => serviceSeen({ workloads, inventory }, "api"),
      read: (seen: ServiceSeen) => readServices([seen]),
    },
  },
  optional: {
    connections: { ...connections, ask: "Who has the database's connections?" },
    use: apiUse,
    deploys: apiDeploys,
  },

  handsOverTo: [rollback.id, dbPoolExhaustion.id, slowPerformance.id, "high-cpu"],
  rules: {
    calm: "the API and the reports are quick enough: all clear",
    "reports-slow": "the API is quick and reports take long: hand over to slow-performance",
    "fresh-deploy": "every unit of the API runs a version deployed minutes ago: hand over to rollback",
    pool: "requests wait for a connection, or sessions for one another: hand over to db-pool-exhaustion",
    "one-slow": "one unit is much slower than the others: restart it",
    "database-busy": "queries are slow and the database works on many: a person looks at the slowest",
    "database-far":
      "queries are slow and the database has little to do: a person looks at the network between",
    saturated: "every unit of the API uses all of its CPU: hand over to high-cpu",
    unexplained: "nothing here explains it: a person looks at the traces",
  },
  decide({ pace, api, connections, use, deploys }, _params, calls, { now, times }) {
    const { answer, query, answerLimit } = pace;
    const says = `answers take up to ${timeText(answer)}, ${secondsText(answerLimit)} is allowed`;
    if (!isSlow(pace) && !areReportsSlow(pace))
      return allClear({
        rule: "calm",
        because: `answers take ${timeText(answer)}, reports ${timeText(pace.report)}`,
      });
    if (!isSlow(pace))
      return handOver(
        slowPerformance,
        {},
        {
          rule: "reports-slow",
          because: `answers take ${timeText(answer)} and reports ${secondsText(Math.max(pace.report ?? 0, pace.oldest ?? 0))}`,
        },
      );
    const deploy = freshDeploy(deploys, api, now, times.freshDeploy);
    if (deploy !== undefined)
      return handOver(
        rollback,
        { service: "api" },
        {
          rule: "fresh-deploy",
          because: `${says}, since ${deploy.version} was deployed at ${deploy.at.slice(11, 16)} UTC`,
        },
      );
    if (isHeldUp(connections, pace.waiting ?? 0))
      return handOver(
        dbPoolExhaustion,
        {},
        {
          rule: "pool",
          because: `${says}; ${Math.round(pace.waiting ?? 0)} requests wait for a connection to the database`,
        },
      );
    // Before the database: it serves every unit alike, so what makes one of them slow is not the database.
    const slow = slowUnit(pace.units);
    const slowOne = slow === undefined ? undefined : unitOf(api.units, slow.unit);
    const leavesAlone = ["database", "redis", "report queue"];
    if (slow !== undefined && slowOne !== undefined && api.units.length - 1 >= api.floor)
      return plan(
        {
          rule: "one-slow",
          because: `${slowOne.name} takes ${secondsText(slow.seconds)} for an answer, the others a third of that or less`,
          leavesAlone: [
            ...api.units.filter((unit) => unit !== slowOne).map(({ name }) => name),
            ...leavesAlone,
          ],
        },
        [
          calls.restart({
            service: "api",
            id: slowOne.id,
            name: slowOne.name,
            how: "graceful",
            only: "whatever",
          }),
        ],
      );
    if (slow === undefined && (query ?? 0) >= answerLimit / 4) {
      const active = connections.known
        ? connections.value.sessions.filter(({ state }) => state === "active").length
        : undefined;
      // Counted while one's own question is being answered, which is one of them.
      return active === undefined || active > busySessions
        ? escalate({
            rule: "database-busy",
            because: `${says}; queries take ${timeText(query)}${active === undefined ? "" : ` and ${active} are under way`}: look at those that take most in all (pg_stat_statements, total_exec_time), and whether a vacuum or an index is missing`,
          })
        : escalate({
            rule: "database-far",
            because: `${says}; queries take ${timeText(query)} and the database has ${active} under way: the time goes between the two; look at the network, the pooler and the database's host before anything is restarted`,
          });
    }
    const full = saturated(use, "api");
    if (full.length > 0)
      return handOver(
        { id: "high-cpu" },
        {},
        {
          rule: "saturated",
          because: `${says}, and every unit of the API uses its CPU: ${cpuText(full)}`,
        },
      );
    return escalate({
      rule: "unexplained",
      because: `${says}; queries take ${timeText(query)}, ${slowOne === undefined ? "no unit stands out" : `${slowOne.name} stands out and none may be missed (${api.floor} have to take work)`} and CPU is left: look at the slowest traces, and keep what there is: ops run collect-evidence`,
    });
  },

  mitigate: { restart: restartUnit },
  vitals: [answers],
  verify: [
    eventually(apiLatency, { within: "verify", steadyFor: "steady" }),
    eventually(reportPace, { within: "verify", steadyFor: "steady" }),
  ],
  notVerified: "again",
  afterwards: [
    "Find the requests that were slow by their traces, and what they waited for",
    "A unit that was slow alone: look at its machine before it is slow again",
  ],
});

/** More than so many queries at once is work; a few are always there. */
const busySessions = 5;

/** Where time goes, in seconds; undefined where there was nothing to measure. */
type Pace = {
  readonly answer: number | undefined;
  readonly query: number | undefined;
  readonly waiting: number | undefined;
  readonly report: number | undefined;
  readonly oldest: number | undefined;
  readonly units: readonly UnitPace[];
  readonly answerLimit: number;
  readonly reportLimit: number;
};

function isSlow({ answer, answerLimit }: Pace): boolean {
  return (answer ?? 0) > answerLimit;
}

function areReportsSlow({ report, oldest, reportLimit }: Pace): boolean {
  return Math.max(report ?? 0, oldest ?? 0) > reportLimit;
}

function timeText(seconds: number | undefined): string {
  return seconds === undefined ? "not measured of late" : secondsText(seconds);
}
