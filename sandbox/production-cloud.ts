import { existsSync } from "node:fs";
import { get } from "node:http";
import { OpsError } from "#kit/errors.ts";
import { logGroup } from "#platform/contract.ts";
import type { Balancer } from "./balancer/balancer.ts";
import type { Cloud, CloudFirewallRule, CloudInstance, CloudLogEvent } from "./cloud.ts";
import type { Firewall } from "./firewall.ts";
import { readLogEvents } from "./log-events.ts";
import type { Machine } from "./machine.ts";
import { account, region } from "./names.ts";

/** The real things behind the practice cloud's answers. */
export type CloudParts = {
  readonly machines: readonly Machine[];
  readonly balancer: Balancer;
  readonly groups: readonly string[];
  readonly rule: string;
  readonly firewall: Firewall;
};

/** Answers the AWS stand-in's questions from processes, health checks, traffic and log files that really exist. */
export function createCloud({ machines, balancer, groups, rule, firewall }: CloudParts): Cloud {
  return {
    account,
    region,
    instances: () => Promise.all(machines.map(describe)),
    reboot: async (id) => {
      const machine = machines.find((one) => one.id === id);
      if (machine === undefined)
        throw new OpsError("tool-refused", { summary: `There is no instance ${id}.`, hint: "" });
      machine.reboot();
    },
    groups: async () => groups,
    targets: async (group) => balancer.targets(group),
    rules: async () => [rule],
    weights: async () => balancer.weights(),
    setWeights: async (_rule, weights) => balancer.setWeights(weights),
    firewall: async (): Promise<readonly CloudFirewallRule[]> => firewall.rules(),
    logGroups: async () => [logGroup],
    logEvents: async (_group, since, until): Promise<readonly CloudLogEvent[]> =>
      machines
        .filter(({ log }) => existsSync(log))
        .flatMap(({ log, name }) => readLogEvents(log, name, since, until))
        .sort((a, b) => a.timestamp - b.timestamp),
  };
}

async function describe(machine: Machine): Promise<CloudInstance> {
  const { id, name, port, firewallGroups } = machine;
  const check = machine.state() === "booting" ? "initializing" : (await (machine.answers?.() ?? responds(port))) ? "ok" : "impaired";
  return {
    id,
    name,
    state: "running",
    check,
    address: "127.0.0.1",
    port,
    firewallGroups,
    launchedAt: machine.launchedAt(),
    tags: { Name: name, ...machine.tags() },
  };
}

/** Any HTTP answer at all within a second: the machine is there, whatever it says. */
function responds(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({
      host: "127.0.0.1",
      port,
      path: "/livez",
      agent: false,
      signal: AbortSignal.timeout(1_000),
    });
    request.once("response", (response) => {
      response.resume();
      resolve(true);
    });
    request.on("error", () => resolve(false));
  });
}
