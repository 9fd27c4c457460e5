import { existsSync } from "node:fs";
import { get } from "node:http";
import { OpsError } from "#kit/errors.ts";
import { logGroup } from "#platform/contract.ts";
import type { Balancer } from "./balancer/balancer.ts";
import type { Cloud, CloudFirewallRule, CloudInstance, CloudLogEvent } from "./cloud.ts";
import type { Firewall } from "./firewall.ts";
import type { Fleet } from "./fleet.ts";
import { readLogEvents } from "./log-events.ts";
import { lookIntoMachine, type MachineDisk } from "./machine-host.ts";
import type { Machine } from "./machine.ts";
import { account, region } from "./names.ts";
import { instanceType } from "./standins/aws/ec2.ts";

/** The real things behind the practice cloud's answers. */
export type CloudParts = {
  /** Every machine there is now. */
  readonly machines: () => readonly Machine[];
  readonly fleet: Fleet;
  /** Disks that every machine sees. */
  readonly disks: readonly MachineDisk[];
  readonly balancer: Balancer;
  readonly groups: readonly string[];
  readonly rule: string;
  readonly firewall: Firewall;
};

/** Answers the AWS stand-in's questions from processes, health checks, traffic and log files that really exist. */
export function createCloud(parts: CloudParts): Cloud {
  const { machines, fleet, disks, balancer, groups, rule, firewall } = parts;
  const found = (id: string) => machines().find((one) => one.id === id);
  // EC2 counts an instance's launch from its first start; a reboot is none.
  const launches = new Map<string, Date>();
  const launchOf = (machine: Machine): Date => {
    const known = launches.get(machine.id) ?? machine.launchedAt();
    launches.set(machine.id, known);
    return known;
  };
  return {
    account,
    region,
    instances: () => Promise.all(machines().map((machine) => describe(machine, launchOf(machine)))),
    reboot: async (id) => {
      const machine = found(id);
      if (machine === undefined)
        throw new OpsError("tool-refused", { summary: `There is no instance ${id}.`, hint: "" });
      machine.reboot();
    },
    scalingGroups: async () => fleet.groups(),
    setDesired: async (group, desired) => fleet.setDesired(group, desired),
    activities: async (group) => fleet.activities(group),
    lookInto: async (id) => {
      const machine = found(id);
      return machine === undefined ? undefined : lookIntoMachine(machine.pid(), instanceType, disks);
    },
    restartUnit: async (id) => {
      const machine = found(id);
      machine?.reboot();
      return machine !== undefined;
    },
    groups: async () => groups,
    targets: async (group) => balancer.targets(group),
    rules: async () => [rule],
    weights: async () => balancer.weights(),
    setWeights: async (_rule, weights) => balancer.setWeights(weights),
    firewall: async (): Promise<readonly CloudFirewallRule[]> => firewall.rules(),
    logGroups: async () => [logGroup],
    logEvents: async (_group, since, until): Promise<readonly CloudLogEvent[]> =>
      distinctLogs(fleet, machines())
        .filter(({ log }) => existsSync(log))
        .flatMap(({ log, name }) => readLogEvents(log, name, since, until))
        .sort((a, b) => a.timestamp - b.timestamp),
  };
}

/** A machine's lines stay when it goes. */
function distinctLogs(fleet: Fleet, machines: readonly Machine[]): readonly Pick<Machine, "name" | "log">[] {
  return [...new Map([...machines, ...fleet.logs()].map(({ name, log }) => [name, { name, log }])).values()];
}

async function describe(machine: Machine, launchedAt: Date): Promise<CloudInstance> {
  const { id, name, port, firewallGroups } = machine;
  const check =
    machine.state() === "booting"
      ? "initializing"
      : (await (machine.answers?.() ?? responds(port)))
        ? "ok"
        : "impaired";
  return {
    id,
    name,
    state: "running",
    check,
    address: "127.0.0.1",
    port,
    firewallGroups,
    launchedAt,
    tags: { Name: name, "csrd:port": String(port), ...machine.tags() },
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
