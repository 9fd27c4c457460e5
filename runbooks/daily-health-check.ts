import { allClear, defineRunbook, escalate, eventually, handOver } from "#kit";
import type { Instance, LogLine, Target } from "#kit/ports.ts";
import { apiTargets } from "#checks/api-targets.ts";
import { platformAnswers } from "#checks/platform-answers.ts";
import { servingTargets } from "#kit/serving.ts";
import { serviceParam } from "./actions/service-param.ts";
import { platformDown } from "./platform-down.ts";
import { isReady, serviceOutside } from "./probes/outside.ts";

/** Errors of a day are counted up to here; more are "at least". */
const mostErrors = 200;
/** Errors of a day that nobody needs to read: retried calls and refused inputs are logged as such. */
const usualErrors = 20;

/** The look at everything before the day begins; source: csrd-operations-manual "Daily Maintenance", clo-operations-manual "Morning Startup Procedures". */
export const dailyHealthCheck = defineRunbook({
  id: "daily-health-check",
  title: "Daily health check",
  summary:
    "Looks whether the platform answers, every instance takes traffic and the night's logs are quiet. Changes nothing itself; what is down goes to platform-down.",
  severity: "P3",
  owner: "platform-oncall",
  implements: ["OM/maintenance-tasks/daily-maintenance#2", "OM/health-monitoring/health-check-endpoints#1"],
  symptoms: ["is everything all right", "morning check", "health check review"],
  trigger: [],
  params: {
    service: serviceParam.default("api").describe("Service to look at, as named in the environment file"),
  },
  lock: "deploy",
  within: "30m",

  diagnose: {
    outside: serviceOutside,
    targets: {
      ask: "Does every instance take traffic?",
      async look({ balancer, inventory, params }) {
        const service = inventory.service(params.service);
        return { targets: await servingTargets(balancer, service), expected: service.instances.length };
      },
      read: ({ targets, expected }: Serving) => ({
        state: outOf(targets).length > 0 || targets.length < expected ? "bad" : "fine",
        says: `${targets.length - outOf(targets).length} of ${expected} targets healthy`,
      }),
    },
    servers: {
      ask: "Do the instances run?",
      look: ({ instances, inventory, params }) =>
        instances.describe(inventory.service(params.service).instances),
      read: (servers: readonly Instance[]) => {
        const bad = impaired(servers);
        return bad.length === 0
          ? { state: "fine", says: `${servers.length} of ${servers.length} instances run` }
          : {
              state: "bad",
              says: bad.map((one) => `${one.name} ${one.state}, status check ${one.check}`).join("; "),
            };
      },
    },
  },

  optional: {
    errors: {
      ask: "What did the logs say since yesterday?",
      look: ({ logs, inventory, params }) =>
        logs.errors(inventory.service(params.service).logGroup ?? "", { since: "24h", limit: mostErrors }),
      read: (lines: readonly LogLine[]) =>
        lines.length === 0
          ? { state: "fine", says: "no errors in 24 h" }
          : { state: "note", says: `${counted(lines)} errors in 24 h; last: ${lines.at(-1)?.message ?? ""}` },
    },
  },

  handsOverTo: [platformDown.id],
  rules: {
    "not-serving": "it does not answer, or targets are out of service: hand over to platform-down",
    "missing-targets":
      "fewer targets are registered than the environment names instances: a person is called",
    "instance-impaired": "an instance is not running or fails its status check: a person is called",
    "many-errors": "the day's logs hold more errors than anybody expects: a person reads them",
    "logs-unread": "the logs cannot be read: a person finds out why, before they are needed",
    well: "it answers, every instance takes traffic, the logs are quiet: all clear",
  },
  decide({ outside, targets: { targets, expected }, servers, errors }, { service }) {
    const out = outOf(targets);
    if (!isReady(outside) || out.length > 0)
      return handOver(
        platformDown,
        { service },
        {
          rule: "not-serving",
          because: isReady(outside)
            ? `${out.length} of ${targets.length} targets are out of service`
            : `${service} does not answer from outside`,
        },
      );
    if (targets.length < expected)
      return escalate({
        rule: "missing-targets",
        because: `${targets.length} targets are registered and the environment names ${expected} instances; register the missing, or correct the environment file`,
      });
    const bad = impaired(servers);
    if (bad.length > 0)
      return escalate({
        rule: "instance-impaired",
        because: `${bad.map((one) => `${one.name} is ${one.state}, status check ${one.check}`).join("; ")}; find out why before traffic needs it: ops run collect-evidence`,
      });
    if (errors.known && errors.value.length > usualErrors)
      return escalate({
        rule: "many-errors",
        because: `${counted(errors.value)} errors in 24 h, more than ${usualErrors}; the last: ${errors.value.at(-1)?.message ?? ""}; read them: ops logs query errors`,
      });
    if (!errors.known)
      return escalate({
        rule: "logs-unread",
        because: `the logs cannot be read: ${errors.reason}; ops doctor says what is missing`,
      });
    return allClear({
      rule: "well",
      because: `${service} answers, ${targets.length} of ${expected} targets are healthy, ${counted(errors.value)} errors in 24 h`,
    });
  },

  mitigate: {},
  vitals: [],
  verify: [
    eventually(platformAnswers, { within: "verify", steadyFor: "steady" }),
    eventually(apiTargets, { within: "verify", steadyFor: "steady" }),
  ],
  afterwards: ["Where a person was called: note what it was, so that the next morning knows: ops note RUN"],
});

/** What the load balancer says, and how many instances the environment names. */
type Serving = { readonly targets: readonly Target[]; readonly expected: number };

function outOf(targets: readonly Target[]): readonly Target[] {
  return targets.filter(({ health }) => health !== "healthy");
}

function impaired(servers: readonly Instance[]): readonly Instance[] {
  return servers.filter(({ state, check }) => state !== "running" || check === "impaired");
}

function counted(lines: readonly unknown[]): string {
  return lines.length >= mostErrors ? `at least ${mostErrors}` : String(lines.length);
}
