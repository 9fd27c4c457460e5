import { allClear, defineRunbook, escalate, eventually, handOver, plan } from "#kit";
import { headingWith } from "#kit/manual.ts";
import type { Sample } from "#kit/ports.ts";
import { csrdHighErrorRate } from "#alerts/errors.ts";
import { ask, numbers, recently } from "#checks/questions/metrics.ts";
import { reportErrors } from "#checks/report-errors.ts";
import { type AgentOutcomes, type CodeCount, failingAgent, sortFailures } from "#rules/failures.ts";
import { judgeFailures } from "#rules/failures.ts";
import { codesText } from "./actions/log-questions.ts";
import { byLabel, freshDeploy, isHeldUp, unitsOut } from "./actions/looks.ts";
import { restartUnit, scaleUnits } from "./actions/units.ts";
import { dbPoolExhaustion } from "./db-pool-exhaustion.ts";
import { connections } from "./probes/connections.ts";
import { apiDeploys } from "./probes/deploys.ts";
import { errorCodes } from "./probes/errors.ts";
import { outsiders, unreachable } from "./probes/outsiders.ts";
import { services } from "./probes/services.ts";
import { rollback } from "./rollback.ts";

/**
 * Finds the agent, the code or the dependency behind failing reports, and restarts the one agent that fails while the others work.
 * Source: csrd-operations-manual "Scenario 2: High Error Rate", csrd-production-runbook "Error Rate Spike".
 */
export const highErrorRate = defineRunbook({
  id: "high-error-rate",
  title: "Many reports fail",
  summary:
    "More than one report in twenty fails. Tells the reports' own data from the platform's faults, finds the agent and the code, restarts an agent that fails alone, and hands over what another runbook knows better.",
  severity: "P1",
  owner: "platform-oncall",
  implements: [
    ...headingWith("OM/incident-response/common-incident-scenarios/scenario-2-high-error-rate", [1, 2, 3]),
    "OM/alerting-configuration/alert-rules",
  ],
  symptoms: [
    "more than 5 % of reports failing",
    "reports end as failed",
    "an agent refuses its stages",
    "reports given up",
  ],
  trigger: [csrdHighErrorRate],
  params: {},
  lock: "deploy",
  within: "30m",

  diagnose: {
    failures: {
      ask: "How many reports fail, with which codes, and which agent refuses them?",
      within: "10s",
      async look({ metrics, times }) {
        const over = recently(times);
        const [counted, codes, stages] = await Promise.all([
          numbers(metrics, {
            failed: ask.reportsFailed(over),
            completed: ask.reportsCompleted(over),
            waiting: ask.poolWaiting(),
          }),
          metrics.query(ask.reportsFailedByCode(over)),
          metrics.query(ask.stagesByOutcome(over)),
        ]);
        return {
          failed: counted.failed ?? 0,
          all: (counted.failed ?? 0) + (counted.completed ?? 0),
          waiting: counted.waiting ?? 0,
          codes: byLabel(codes, "code").map(({ name, value }) => ({ code: name, count: value })),
          agents: outcomesOf(stages),
        };
      },
      read: ({ failed, all, codes }: Failed) => ({
        state: judgeFailures({ failed, all }, "reports") === "too-many" ? "bad" : "fine",
        says: `${Math.round(failed)} of ${Math.round(all)} reports failed${codes.length === 0 ? "" : `: ${codes.slice(0, 3).map(codeText).join(", ")}`}`,
      }),
    },
    services: { ...services, ask: "Do the agents take work?" },
  },
  optional: {
    connections,
    codes: errorCodes,
    deploys: apiDeploys,
    outsiders,
  },

  handsOverTo: [rollback.id, dbPoolExhaustion.id, "llm-api-outage"],
  rules: {
    calm: "reports reach their end: all clear",
    "their-data": "every failure is the data's own: a person tells whoever sent it",
    "fresh-deploy": "every unit of the API runs a version deployed minutes ago: hand over to rollback",
    pool: "requests wait for a database connection: hand over to db-pool-exhaustion",
    models: "language models cannot be reached: hand over to llm-api-outage",
    "unit-out": "a unit of an agent does not take work: restart it",
    "no-room": "one agent fails, a restart would leave none, and none can be added first: a person is called",
    "agent-failing":
      "one agent refuses most of its stages while the others work: restart its units, one at a time",
    unexplained: "no single agent or dependency explains it: a person reads the code that comes most",
  },
  decide(
    { failures, services, connections, codes, deploys, outsiders: others },
    _params,
    calls,
    { now, times },
  ) {
    const { failed, all } = failures;
    const share = `${Math.round(failed)} of ${Math.round(all)} reports failed of late`;
    if (judgeFailures({ failed, all }, "reports") !== "too-many")
      return allClear({ rule: "calm", because: share });

    const { ours, most } = sortFailures(failures.codes);
    if (failures.codes.length > 0 && ours < 0.5)
      return escalate({
        rule: "their-data",
        because: `${share}, each for its own data (most: ${most === undefined ? "?" : codeText(most)}); nothing of the platform is broken: tell whoever sent them, ops logs query failed-reports names each`,
      });
    const api = services.find(({ name }) => name === "api");
    const deploy = freshDeploy(deploys, api, now, times.freshDeploy);
    if (deploy !== undefined)
      return handOver(
        rollback,
        { service: "api" },
        {
          rule: "fresh-deploy",
          because: `${share}, since ${deploy.version} was deployed at ${deploy.at.slice(11, 16)} UTC`,
        },
      );
    if (isHeldUp(connections, failures.waiting))
      return handOver(
        dbPoolExhaustion,
        {},
        { rule: "pool", because: `${share}, and requests wait for the database` },
      );
    if (most?.code === "llm-unreachable")
      return handOver(
        { id: "llm-api-outage" },
        {},
        { rule: "models", because: `${share}, most because no language model answers` },
      );

    const leavesAlone = ["every other agent", "database", "redis", "report queue"];
    const out = unitsOut(services.filter(({ name }) => name !== "api"));
    if (out.length > 0)
      return plan(
        {
          rule: "unit-out",
          because: `${share}, and ${out.map(({ unit }) => unit.name).join(", ")} ${out.length === 1 ? "does" : "do"} not take work`,
          leavesAlone,
        },
        out.map(({ service, unit }) =>
          calls.restart({ service, id: unit.id, name: unit.name, how: "forced", only: "out-of-service" }),
        ),
      );

    const failing = failingAgent(failures.agents);
    const service = services.find(({ name }) => name === failing?.agent);
    if (failing !== undefined && service !== undefined) {
      const { name, units, desired, floor, full } = service;
      const says = `${share}: ${name} refuses ${Math.round(failing.refused)} of ${Math.round(failing.all)} stages (${most === undefined ? "?" : most.code}), the other agents work`;
      const isShort = units.length - 1 < floor;
      if (isShort && full !== undefined)
        return escalate({
          rule: "no-room",
          because: `${says}; restarting ${units.map((unit) => unit.name).join(", ")} would leave too few, and ${full}: compare its settings with those of the deploy, then restart it by hand`,
        });
      return plan({ rule: "agent-failing", because: says, leavesAlone }, [
        ...(isShort ? [calls.scale({ service: name, from: desired, to: desired + 1 })] : []),
        ...units.map((unit) =>
          calls.restart({
            service: name,
            id: unit.id,
            name: unit.name,
            how: "graceful",
            only: "whatever",
          }),
        ),
        ...(isShort ? [calls.scale({ service: name, from: desired + 1, to: desired })] : []),
      ]);
    }
    const gone = others.known ? unreachable(others.value) : [];
    return escalate({
      rule: "unexplained",
      because: `${share}${most === undefined ? "" : `, most with ${codeText(most)}: docs/errors/${most.code}.md says why that comes`}${codes.known && codes.value.rows.length > 0 ? `; the logs say ${codesText(codes.value)}` : ""}${gone.length === 0 ? "" : `; the platform does not reach ${gone.join("; nor ")}`}; keep what there is: ops run collect-evidence`,
    });
  },

  mitigate: { restart: restartUnit, scale: scaleUnits },
  vitals: [
    {
      label: "reports failed in 5 min",
      look: async ({ metrics }) => ({
        value: Math.round((await numbers(metrics, { failed: ask.reportsFailed("5m") })).failed ?? 0),
      }),
    },
  ],
  verify: [eventually(reportErrors, { within: "verify", steadyFor: "steady" })],
  notVerified: "again",
  afterwards: [
    "Put the reports back that the platform gave up: csrd queue requeue --dead-letter",
    "Look up the code in docs/errors, and compare the agent's settings with those of the other units",
    "Tell whoever waits for the failed reports",
  ],
});

/** What failed of late: reports by code, stages by agent. */
type Failed = {
  readonly failed: number;
  readonly all: number;
  readonly waiting: number;
  readonly codes: readonly CodeCount[];
  readonly agents: readonly AgentOutcomes[];
};

function codeText({ code, count }: CodeCount): string {
  return `${code} ${Math.round(count)}`;
}

/** Stages of each agent: how many it refused, and how many there were. */
function outcomesOf(samples: readonly Sample[]): readonly AgentOutcomes[] {
  const names = [...new Set(samples.flatMap(({ labels }) => labels["agent"] ?? []))].toSorted((a, b) =>
    a.localeCompare(b),
  );
  return names.map((agent) => {
    const own = samples.filter(({ labels }) => labels["agent"] === agent);
    const sum = (some: readonly Sample[]) => some.reduce((total, { value }) => total + value, 0);
    return {
      agent,
      refused: sum(own.filter(({ labels }) => labels["outcome"] === "refused")),
      all: sum(own.filter(({ labels }) => labels["outcome"] !== "stopped")),
    };
  });
}
