import { allClear, batches, defineRunbook, escalate, eventually, handOver, plan } from "#kit";
import { whereBound } from "#kit/bound.ts";
import type { FirewallRule, Instance, Target } from "#kit/ports.ts";
import type { Workload } from "#kit/ports/workloads.ts";
import { csrdInstanceDown, csrdPlatformDown } from "#alerts/platform.ts";
import { apiTargets } from "#checks/api-targets.ts";
import { platformAnswers } from "#checks/platform-answers.ts";
import { headingWith } from "#kit/manual.ts";
import { servingTargets } from "#kit/serving.ts";
import { deployBehind } from "./actions/looks.ts";
import { serviceParam } from "./actions/service-param.ts";
import { restartUnit } from "./actions/units.ts";
import { answers } from "./probes/answers.ts";
import { serviceDeploys } from "./probes/deploys.ts";
import { serviceErrorLines } from "./probes/errors.ts";
import { isReady, serviceOutside } from "./probes/outside.ts";
import { rollback } from "./rollback.ts";

/** Brings back a platform that does not answer, one instance or pod at a time; source: csrd-operations-manual "Runbook: Platform Down". */
export const platformDown = defineRunbook({
  id: "platform-down",
  title: "Platform down",
  summary:
    "Users get no answer. Finds out why, restarts what is out of service one unit at a time, by force only where nothing else helps, and proves recovery.",
  severity: "P0",
  owner: "platform-oncall",
  implements: [
    ...headingWith("OM/runbooks/runbook-platform-down", [1, 2, 3, 4, 6, 7]),
    ...headingWith(
      "OM/incident-response/common-incident-scenarios/scenario-1-platform-unreachable",
      [1, 2, 3, 4],
    ),
  ],
  symptoms: [
    "health check failing",
    "all requests time out",
    "502 or 503 from the load balancer",
    "platform unreachable",
  ],
  trigger: [csrdPlatformDown, csrdInstanceDown],
  params: {
    service: serviceParam
      .default("api")
      .describe("Service that does not answer, as named in the environment file"),
  },
  lock: "deploy",
  within: "30m",

  diagnose: {
    outside: serviceOutside,
    workload: {
      ask: "Which units run?",
      within: "8s",
      look: ({ workloads, inventory, params }) => workloads.describe(inventory.service(params.service)),
      read({ units, desired }: Workload) {
        const out = units.filter((unit) => !unit.ready);
        return {
          state: out.length > 0 || units.length < desired ? "bad" : "fine",
          says: `${units.length - out.length} of ${desired} take work${out.length === 0 ? "" : `; ${out.map(({ name, state }) => `${name} ${state}`).join(", ")}`}`,
        };
      },
    },
    targets: {
      ask: "What does the load balancer say of each target?",
      async look({ balancer, workloads, inventory, params }) {
        const service = inventory.service(params.service);
        const seen =
          service.group === undefined ? undefined : await whereBound(() => servingTargets(balancer, service));
        // Without a balancer, whoever runs the units says which of them take work.
        return seen ?? (await workloads.describe(service)).units.map(asTarget);
      },
      read(targets: readonly Target[]) {
        const out = targets.filter((target) => target.health !== "healthy");
        const says = `${targets.length - out.length} of ${targets.length} targets healthy${out.length > 0 ? `; ${[...new Set(out.map((target) => target.reason ?? target.health))].join(", ")}` : ""}`;
        return { state: out.length > 0 || targets.length === 0 ? "bad" : "fine", says };
      },
    },
    servers: {
      ask: "Do the instances run?",
      within: "8s",
      async look({ instances, workloads, inventory, params }) {
        const service = inventory.service(params.service);
        // Pods have names only while they are there; machines stand in the environment's file.
        const ids =
          service.instances.length > 0
            ? service.instances
            : (await workloads.describe(service)).units.map(({ id }) => id);
        return ids.length === 0 ? [] : ((await whereBound(() => instances.describe(ids))) ?? []);
      },
      read(servers: readonly Instance[]) {
        const bad = servers.filter((server) => server.state !== "running" || server.check === "impaired");
        return bad.length === 0
          ? { state: "fine", says: `${servers.length} of ${servers.length} instances run` }
          : {
              state: "bad",
              says: bad
                .map((server) => `${server.name} ${server.state}, status check ${server.check}`)
                .join("; "),
            };
      },
    },
    firewall: {
      ask: "May the load balancer reach the instances?",
      async look({ firewall, inventory, params }) {
        const { firewallGroups, port } = inventory.service(params.service);
        const rules =
          firewallGroups.length === 0 ? undefined : await whereBound(() => firewall.ingress(firewallGroups));
        return {
          port,
          groups: firewallGroups,
          open: rules === undefined || port === undefined || isOpen(rules, port),
        };
      },
      read: ({ port, open }: Passage) =>
        open
          ? { state: "fine", says: `port ${port ?? "?"} is open` }
          : { state: "bad", says: `no rule lets anybody reach port ${port ?? "?"}` },
    },
  },

  optional: {
    machines: {
      ask: "Does anybody answer where units are out?",
      within: "8s",
      async look({ hosts, workloads, inventory, params }) {
        const service = inventory.service(params.service);
        const { units } = await workloads.describe(service);
        return Promise.all(
          units
            .filter((unit) => !unit.ready)
            .map(async ({ id, name }) => ({
              id,
              name,
              answers: await hosts.look(service, id).then(
                () => true,
                () => false,
              ),
            })),
        );
      },
      read: (seen: readonly Answering[]) =>
        seen.length === 0
          ? { state: "fine", says: "none is out" }
          : {
              state: "note",
              says: seen
                .map(({ name, answers }) => `${name} ${answers ? "answers" : "is silent"}`)
                .join(", "),
            },
    },
    errors: serviceErrorLines,
    deploys: serviceDeploys,
  },

  handsOverTo: [rollback.id],
  rules: {
    "no-targets": "no target is registered with the load balancer: a person is called",
    answers: "it answers and every target is healthy: all clear",
    "firewall-closed": "no firewall rule lets the load balancer reach the port: a person is called",
    "balancer-behind": "targets look healthy but an instance is impaired: look again in a minute",
    "before-the-balancer":
      "every target is healthy and nobody gets an answer: a person looks at DNS, certificates, the load balancer",
    "instance-stopped": "an instance was stopped or terminated: a person finds out by whom",
    "fresh-deploy": "everything that is out runs a version deployed minutes ago: hand over to rollback",
    starting: "everything that is out is only just starting: look again in a minute",
    "not-ready": "the processes answer but say they are not ready: a person looks at database and Redis",
    "out-of-service": "targets are out of service and nothing above explains it: restart them, one at a time",
  },
  decide(
    { outside, workload, targets, servers, firewall, machines, deploys },
    { service },
    { restart },
    { now, times },
  ) {
    const leaving = workload.units.filter(({ state }) => state === "stopping").map(({ id }) => id);
    const out = targets.filter(({ health, instance }) => health !== "healthy" && !leaving.includes(instance));
    const answers = isReady(outside);

    if (targets.length === 0)
      return escalate({
        rule: "no-targets",
        because:
          "no target is registered with the load balancer, so there is nothing to restart; find out who took them out (ops run collect-evidence), and register them again",
      });
    if (out.length === 0 && answers)
      return allClear({
        rule: "answers",
        because: `the platform answers and ${targets.length} of ${targets.length} targets are healthy`,
      });
    if (!firewall.open)
      return escalate({
        rule: "firewall-closed",
        because: `no rule of ${firewall.groups.join(", ")} lets the load balancer reach port ${firewall.port ?? "?"}; a restart would not help: find out who took the rule away, and put it back`,
      });
    if (out.length === 0 && servers.some((server) => server.check === "impaired"))
      return escalate({
        rule: "balancer-behind",
        because: "an instance is impaired and the load balancer has not noticed yet; look again in a minute",
      });
    if (out.length === 0)
      return escalate({
        rule: "before-the-balancer",
        because:
          "every target is healthy and yet nobody gets an answer; look at DNS, certificates and the load balancer itself",
      });
    const stopped = servers.filter((server) => server.state !== "running" && server.state !== "pending");
    if (stopped.length > 0)
      return escalate({
        rule: "instance-stopped",
        because: `${names(stopped)} ${stopped.length === 1 ? "is" : "are"} not running; find out who stopped ${stopped.length === 1 ? "it" : "them"} before starting anything`,
      });

    const hit = out.map(({ instance }) => instance);
    const deploy = deployBehind(deploys, hit, now, times.freshDeploy);
    if (deploy !== undefined)
      return handOver(
        rollback,
        { service },
        {
          rule: "fresh-deploy",
          because: `every target that is out runs ${deploy.version}, deployed at ${deploy.at.slice(11, 16)} UTC`,
        },
      );

    if (out.every((target) => target.health === "initial"))
      return escalate({
        rule: "starting",
        because: `${out.length} of ${targets.length} targets are starting; look again in a minute`,
      });
    if (out.every((target) => answersButNotReady(target, servers)))
      return escalate({
        rule: "not-ready",
        because:
          "the processes answer but say they are not ready; look at what they depend on (database, Redis) before restarting them",
      });

    return plan(
      {
        rule: "out-of-service",
        because: `${out.length} of ${targets.length} targets ${out.length === 1 ? "is" : "are"} out of service and no recent deploy explains it`,
        leavesAlone: [
          ...workload.units
            .filter((unit) => !out.some((target) => target.instance === unit.id))
            .map((unit) => unit.name),
          "database",
          "redis",
          "report queue",
        ],
      },
      out.flatMap((target) => {
        const unit = { service, id: target.instance, name: nameOf(target, workload, servers) };
        const forced = restart({ ...unit, how: "forced", only: "out-of-service" });
        const answers = machines.known && machines.value.some(({ id, answers }) => id === unit.id && answers);
        if (!answers) return [forced];
        // It may fail: then, and only then, the one by force does anything.
        const graceful = restart({ ...unit, how: "graceful", only: "out-of-service" });
        return [batches([graceful], (step) => step, { size: 1, floor: 0, mayFail: 1 }), forced];
      }),
    );
  },

  mitigate: { restart: restartUnit },

  vitals: [
    {
      label: "healthy",
      async look({ balancer, inventory }) {
        const api = inventory.service("api");
        const { instances, floor } = api;
        const targets = await servingTargets(balancer, api);
        return {
          value: targets.filter((target) => target.health === "healthy").length,
          // Pods have no names to be listed by; those behind the balancer are all there are.
          of: instances.length === 0 ? targets.length : instances.length,
          floor,
        };
      },
    },
    answers,
  ],

  verify: [
    eventually(platformAnswers, { within: "verify", steadyFor: "steady" }),
    eventually(apiTargets, { within: "verify", steadyFor: "steady" }),
  ],
  afterwards: [
    "Write down what happened: ops postmortem RUN",
    "Find the root cause: why did the processes end?",
    "Add or sharpen the check or alert that would have told you earlier",
  ],
});

/** A unit that is out, and whether anybody answers where it runs. */
type Answering = { readonly id: string; readonly name: string; readonly answers: boolean };

/** Whether the load balancer can reach the service's port, and which firewall groups decide that. */
type Passage = {
  readonly port: number | undefined;
  readonly groups: readonly string[];
  readonly open: boolean;
};

/** True when some rule lets TCP traffic from anywhere or anybody reach the port. */
function isOpen(rules: readonly FirewallRule[], port: number): boolean {
  return rules.some(
    (rule) =>
      (rule.protocol === "tcp" || rule.protocol === "-1") &&
      (rule.protocol === "-1" || (rule.fromPort <= port && port <= rule.toPort)) &&
      rule.sources.length > 0,
  );
}

/** The process is up and answers the balancer with "not ready": its own dependencies are the trouble. */
function answersButNotReady(target: Target, servers: readonly Instance[]): boolean {
  const server = servers.find((one) => one.id === target.instance);
  return target.reason?.startsWith("Target.ResponseCodeMismatch") === true && server?.check === "ok";
}

function nameOf(
  { instance }: Target,
  { units }: Pick<Workload, "units">,
  servers: readonly Instance[],
): string {
  return [...units, ...servers].find(({ id }) => id === instance)?.name ?? instance;
}

/** A unit as a balancer would see it. */
function asTarget({ id, state, ready, reason }: Workload["units"][number]): Target {
  const health = ready ? "healthy" : state === "starting" ? "initial" : "unhealthy";
  return { instance: id, port: 0, health, ...(reason === undefined ? {} : { reason }) };
}

function names(servers: readonly Instance[]): string {
  return servers.map((server) => server.name).join(", ");
}
