import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { stringify } from "yaml";
import type { z } from "zod";
import { EnvironmentFile } from "#kit/environment.ts";
import { logGroup } from "#platform/contract.ts";
import { mostMachines, workloadOf } from "./fleet.ts";
import { account, firewallGroups, region } from "./names.ts";
import { operatingBinding } from "./operating-rights.ts";
import { keepSecret, platformBinding } from "./secrets.ts";
import { sandboxTimes } from "./times.ts";
import type { Machine } from "./machine.ts";
import { isApi } from "./machines.ts";
import type { Production } from "./production.ts";
import { mostPods, type PracticeCluster, trafficNames } from "./practice-cluster.ts";
import { type ServiceName, serviceNames, serviceOf, standsBy } from "./services.ts";

const fileIn = (dir: string): string => path.join(dir, "environment.yaml");

/** Writes `environment.yaml` beside the practice production, so that `--env sandbox` means it. */
export function writeEnvironment(production: Production): void {
  const { cluster } = production;
  if (cluster !== undefined) return write(production, podEnvironment(production, cluster));
  const api = production.machines.filter(isApi);
  const file = {
    name: "sandbox",
    tier: "sandbox",
    identity: { account, region, platformDatabaseId: production.data.roles.systemId },
    bindings: {
      ...production.vendors.bindings,
      database: databaseBinding(production),
      platform: {
        ...platformBinding(production.dir),
        ...operatingBinding(production.dir, production.data.roles, production.data.redis()),
      },
      ...(production.prometheus === undefined ? {} : { prometheus: { url: production.prometheus.url } }),
    },
    statusPages: production.models.statusPages,
    services: [
      {
        name: "api",
        url: production.balancer.url,
        group: production.groups[0],
        rule: production.rule,
        instances: api.map(({ id }) => id),
        firewallGroups: [firewallGroups.api],
        logGroup,
        port: production.around.ports["api-1"],
        floor: 1,
        ...kept("api"),
      },
      ...innerServices(production),
    ],
    times: sandboxTimes,
    locks: "host",
    approvers: ["omar", "ana"],
    answersFor: { compliance: ["ana"] },
    onCall: [["omar"], ["ana"]],
  } satisfies z.input<typeof EnvironmentFile>;
  write(production, file);
}

function write({ dir }: Production, file: z.input<typeof EnvironmentFile>): void {
  writeFileSync(fileIn(dir), stringify(EnvironmentFile.parse(file)), { mode: 0o600 });
}

/** The same production in pods: nothing in it is on AWS. */
function podEnvironment(
  production: Production,
  { binding, clusterUid, services }: PracticeCluster,
): z.input<typeof EnvironmentFile> {
  const { dir, vendors, data, prometheus, models, balancer, around } = production;
  const { aws: _, ...bindings } = vendors.bindings;
  const { servers: _servers, address: _address, ...database } = databaseBinding(production);
  const running = (
    name: ServiceName,
    more: Partial<z.input<typeof EnvironmentFile>["services"][number]>,
  ) => ({
    name,
    url: services.urlOf(name),
    group: name,
    instances: [],
    logGroup: name,
    floor: 1,
    workload: name,
    most: mostPods,
    ...more,
  });
  return {
    name: "sandbox",
    tier: "sandbox",
    identity: { clusterUid, platformDatabaseId: data.roles.systemId },
    bindings: {
      ...bindings,
      kubernetes: binding,
      database,
      platform: { ...platformBinding(dir), ...operatingBinding(dir, data.roles, data.redis()) },
      ...(prometheus === undefined ? {} : { prometheus: { url: prometheus.url } }),
    },
    statusPages: models.statusPages,
    services: serviceNames.map((name) =>
      name === "api"
        ? running(name, {
            url: balancer.url,
            group: trafficNames.used,
            rule: trafficNames.route,
            firewallGroups: [trafficNames.policy],
            port: around.ports["api-1"],
          })
        : running(name, {}),
    ),
    times: sandboxTimes,
    locks: "host",
    approvers: ["omar", "ana"],
    answersFor: { compliance: ["ana"] },
    onCall: [["omar"], ["ana"]],
  };
}

/** The services behind the API, and the Redis between them. */
function innerServices({ machines, redis }: Production) {
  const one = ({ id, port, name }: Pick<Machine, "id" | "port" | "name">, url: string) => ({
    name,
    url,
    instances: [id],
    firewallGroups: [firewallGroups.internal],
    logGroup,
    port,
    floor: 1,
  });
  return [
    ...machines
      .filter((machine) => !isApi(machine) && !standsBy(machine.name))
      .map((machine) => ({
        ...one(machine, `http://127.0.0.1:${machine.port}`),
        ...kept(serviceOf(machine.name)),
      })),
    { ...one({ ...redis, name: "redis" }, `redis://127.0.0.1:${redis.port}`), logGroup: undefined },
  ];
}

/** The group that keeps a service's machines, and how many we ever want of them. */
function kept(service: ServiceName) {
  return { workload: workloadOf(service), most: mostMachines };
}

/** The database as those who look after the practice production reach it. */
function databaseBinding({ dir, data: { roles, machines } }: Production) {
  const at = (url: string, port: number): string => Object.assign(new URL(url), { port: String(port) }).href;
  return {
    read: keepSecret(dir, "database-read", roles.read),
    act: keepSecret(dir, "database-act", roles.act),
    users: ["csrd_app"],
    servers: machines.machines.map(({ name, id, port }) => ({
      name,
      read: keepSecret(dir, `${name}-read`, at(roles.read, port)),
      act: keepSecret(dir, `${name}-act`, at(roles.act, port)),
      instance: id,
    })),
    address: { routeTables: [machines.routeTable], destination: machines.destination },
    tls: "off",
  };
}

/** The environment goes with its production. */
export function removeEnvironment(dir: string): void {
  rmSync(fileIn(dir), { force: true });
}
