import { allClear, defineRunbook, escalate, eventually, handOver, plan } from "#kit";
import { headingWith } from "#kit/manual.ts";
import type { Sample } from "#kit/ports.ts";
import { csrdApiErrors } from "#alerts/errors.ts";
import { apiErrors } from "#checks/api-errors.ts";
import { platformAnswers } from "#checks/platform-answers.ts";
import { ask, numbers, recently } from "#checks/questions/metrics.ts";
import { judgeFailures } from "#rules/failures.ts";
import { codesText } from "./actions/log-questions.ts";
import { cpuText, freshDeploy, isHeldUp, saturated, unitsOut } from "./actions/looks.ts";
import { restartUnit } from "./actions/units.ts";
import { answers } from "./probes/answers.ts";
import { connections } from "./probes/connections.ts";
import { apiDeploys } from "./probes/deploys.ts";
import { apiErrorCodes } from "./probes/errors.ts";
import { outside } from "./probes/outside.ts";
import { apiUse, services } from "./probes/services.ts";
import { dbPoolExhaustion } from "./db-pool-exhaustion.ts";
import { rollback } from "./rollback.ts";

/**
 * Finds out why the API answers with 5xx, and repairs it where that is known.
 * Source: csrd-production-runbook "Issue: API Returning 500 Errors" and "Error Rate Spike", whose reflex is a rollback, deployed or not.
 */
export const api500s = defineRunbook({
  id: "api-500s",
  title: "The API answers with 500 errors",
  summary:
    "People's requests fail. Says which routes and codes, then rolls back what was just deployed, frees the database's connections, restarts what is out, or hands over what another runbook knows better.",
  severity: "P0",
  owner: "platform-oncall",
  implements: [
    ...headingWith("PR/troubleshooting/issue-api-returning-500-errors", [1, 2, 3]),
    "PR/monitoring-and-alerting/alert-response-procedures",
  ],
  symptoms: [
    "HTTP 500 responses",
    "error rate spike",
    "users unable to generate reports",
    "errors in the API's logs",
    "503 Service Unavailable",
  ],
  trigger: [csrdApiErrors],
  params: {},
  lock: "deploy",
  within: "30m",

  diagnose: {
    errors: {
      ask: "How many requests fail, and on which routes?",
      within: "10s",
      async look({ metrics, times }) {
        const over = recently(times);
        const [counted, routesHit] = await Promise.all([
          numbers(metrics, {
            failed: ask.requestErrors(over),
            all: ask.requests(over),
            waiting: ask.poolWaiting(),
          }),
          metrics.query(ask.requestErrorsByRoute(over)),
        ]);
        return {
          failed: counted.failed ?? 0,
          all: counted.all ?? 0,
          waiting: counted.waiting ?? 0,
          routes: routesHit.map(routeText),
        };
      },
      read: ({ failed, all, routes: hit }: Errors) => ({
        state: judgeFailures({ failed, all }, "requests") === "too-many" ? "bad" : "fine",
        says: `${Math.round(failed)} of ${Math.round(all)} requests failed${hit.length === 0 ? "" : `: ${hit.slice(0, 2).join(", ")}`}`,
      }),
    },
    services,
  },
  optional: {
    outside,
    connections,
    codes: apiErrorCodes,
    use: apiUse,
    deploys: apiDeploys,
  },

  handsOverTo: [rollback.id, dbPoolExhaustion.id, "database-down", "high-cpu"],
  rules: {
    calm: "requests are answered: all clear",
    "fresh-deploy": "every unit of the API runs a version deployed minutes ago: hand over to rollback",
    "database-silent": "the database does not answer: hand over to database-down",
    pool: "requests wait for a connection, or sessions for one another: hand over to db-pool-exhaustion",
    "unit-out": "units do not take work: restart them, one at a time",
    saturated: "every unit of the API uses all of its CPU: hand over to high-cpu",
    unexplained: "nothing here explains it: a person reads the errors that come most",
  },
  decide({ errors, services, outside, connections, codes, use, deploys }, _params, calls, { now, times }) {
    const { failed, all } = errors;
    const api = services.find(({ name }) => name === "api");
    // An API that is not ready gets no requests to count: the load balancer answers with 503 in its place.
    const isShut = outside.known && (outside.value.kind === "silent" || outside.value.status >= 500);
    const share = `${Math.round(failed)} of ${Math.round(all)} requests failed of late${isShut ? ", and nobody gets through now" : ""}`;
    if (judgeFailures({ failed, all }, "requests") !== "too-many" && !isShut)
      return allClear({ rule: "calm", because: share });

    const deploy = freshDeploy(deploys, api, now, times.freshDeploy);
    if (deploy !== undefined)
      return handOver(
        rollback,
        { service: "api" },
        {
          rule: "fresh-deploy",
          because: `${share}, and every unit runs ${deploy.version}, deployed at ${deploy.at.slice(11, 16)} UTC`,
        },
      );
    if (!connections.known)
      return handOver(
        { id: "database-down" },
        {},
        {
          rule: "database-silent",
          because: `${share}, and the database does not answer (${connections.reason})`,
        },
      );
    if (isHeldUp(connections, errors.waiting))
      return handOver(
        dbPoolExhaustion,
        {},
        {
          rule: "pool",
          because: `${share}; ${connections.value.used} of ${connections.value.most} connections are taken and ${Math.round(errors.waiting)} requests wait for one`,
        },
      );
    const out = unitsOut(services);
    const leavesAlone = ["every unit that takes work", "database", "redis", "report queue"];
    if (out.length > 0)
      return plan(
        {
          rule: "unit-out",
          because: `${share}, and ${out.map(({ unit }) => unit.name).join(", ")} ${out.length === 1 ? "does" : "do"} not take work`,
          leavesAlone,
        },
        out.map(({ service, unit }) =>
          calls.restart({
            service,
            id: unit.id,
            name: unit.name,
            how: "forced",
            only: "out-of-service",
          }),
        ),
      );
    const full = saturated(use, "api");
    if (full.length > 0)
      return handOver(
        { id: "high-cpu" },
        {},
        {
          rule: "saturated",
          because: `${share}, and every unit of the API uses its CPU: ${cpuText(full)}`,
        },
      );
    return escalate({
      rule: "unexplained",
      because: `${share}${errors.routes.length === 0 ? "" : ` (${errors.routes[0] ?? ""})`}; nothing was deployed, database and units are well${codes.known && codes.value.rows.length > 0 ? `, the logs say ${codesText(codes.value)}` : ""}; read them: ops logs query errors, and keep what there is: ops run collect-evidence`,
    });
  },

  mitigate: { restart: restartUnit },
  vitals: [answers],
  verify: [
    eventually(apiErrors, { within: "verify", steadyFor: "steady" }),
    eventually(platformAnswers, { within: "verify", steadyFor: "steady" }),
  ],
  notVerified: "again",
  afterwards: [
    "Look up each code in docs/errors: it says what causes it and how to prevent it",
    "A defect of ours is a line with its stack under the request's id: ops logs search",
    "Find out why a unit was out before it is out again",
  ],
});

/** Requests that failed of late: how many, how many wait for the database, and the routes hit most. */
type Errors = {
  readonly failed: number;
  readonly all: number;
  readonly waiting: number;
  readonly routes: readonly string[];
};

function routeText({ labels, value }: Sample): string {
  return `${labels["method"] ?? "?"} ${labels["route"] ?? "?"} ${labels["status"] ?? "?"} ${Math.round(value)} times`;
}
