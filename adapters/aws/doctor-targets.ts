import type { Service } from "#kit/ports.ts";
import type { Outcome, ReadinessProbe } from "#kit/readiness.ts";
import type { PortsUsed } from "#kit/uses.ts";
import { balancerReader } from "./balancer.ts";
import { withRole, type Role } from "./doctor-role.ts";
import { firewallReader } from "./firewall.ts";
import { instanceReader } from "./instances.ts";
import { logReader } from "./logs.ts";

/** Whether what the file names exists, by the very calls that runbooks look with. */
export function targetProbes(read: Role, service: Service, uses: PortsUsed): readonly ReadinessProbe[] {
  const { clients } = read;
  const { name, instances, group, rule, firewallGroups, logGroup } = service;
  const probe = (part: string, ports: readonly string[], look: () => Promise<Outcome>): ReadinessProbe[] =>
    ports.some((port) => uses.readers.has(port))
      ? [
          {
            id: `target.${name}.${part.replaceAll(" ", "-")}`,
            what: `${name}: ${part}`,
            needs: { ports },
            look: withRole(read, look),
          },
        ]
      : [];
  return [
    ...(instances.length === 0
      ? []
      : probe("instances", ["instances", "deploys"], async () => {
          const found = await instanceReader(clients).describe(instances);
          const off = found.filter(({ state }) => state !== "running");
          const says = `${found.length} of ${instances.length} found, ${found.length - off.length} running`;
          return { state: "ready", says };
        })),
    ...(group === undefined
      ? []
      : probe("target group", ["balancer"], async () => {
          const targets = await balancerReader(clients).targets(group);
          const missing = instances.filter((id) => targets.every(({ instance }) => instance !== id));
          const says = `${instances.length - missing.length} of ${instances.length} instances are registered`;
          if (missing.length === 0) return { state: "ready", says };
          return {
            state: "warning",
            says: `${says}; ${missing.slice(0, 3).join(", ")} ${missing.length === 1 ? "is" : "are"} not`,
            now: "Register them, or take them out of the environment's file",
          };
        })),
    ...(rule === undefined
      ? []
      : probe("listener rule", ["balancer"], async () => {
          const weights = await balancerReader(clients).weights(rule);
          const says = `forwards to ${weights.length} target ${weights.length === 1 ? "group" : "groups"}`;
          if (group === undefined || weights.some((one) => one.group === group))
            return { state: "ready", says };
          return {
            state: "not-ready",
            says: `${says}, and none of them is the service's group`,
            now: "Correct group or rule in the environment's file",
          };
        })),
    ...(firewallGroups.length === 0
      ? []
      : probe("firewall groups", ["firewall"], async () => {
          const rules = await firewallReader(clients).ingress(firewallGroups);
          const many = `${rules.length} ${rules.length === 1 ? "rule" : "rules"}`;
          return {
            state: "ready",
            says: `${firewallGroups.length} of ${firewallGroups.length} found, ${many}`,
          };
        })),
    ...(logGroup === undefined
      ? []
      : probe("log group", ["logs"], async () => {
          const lines = await logReader(clients).errors(logGroup, { since: "1m", limit: 100 });
          return { state: "ready", says: `${logGroup} is readable, ${lines.length} errors in 1 min` };
        })),
  ];
}
