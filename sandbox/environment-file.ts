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
import { type ServiceName, serviceOf, standsBy } from "./services.ts";

const fileIn = (dir: string): string => path.join(dir, "environment.yaml");

/** Writes `environment.yaml` beside the practice production, so that `--env sandbox` means it. */
export function writeEnvironment(production: Production): void {
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
  writeFileSync(fileIn(production.dir), stringify(EnvironmentFile.parse(file)), { mode: 0o600 });
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
