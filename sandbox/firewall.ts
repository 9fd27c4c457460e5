import type { CloudFirewallRule } from "./cloud.ts";
import { firewallGroups } from "./names.ts";
import type { Surroundings } from "./services.ts";

/** Who may reach which ports of the practice production; the balancer asks before it connects. */
export type Firewall = {
  rules(): readonly CloudFirewallRule[];
  setRules(rules: readonly CloudFirewallRule[]): void;
  /** True when a rule of one of the groups lets TCP through to the port. */
  allows(groups: readonly string[], port: number): boolean;
};

/** A firewall that starts with these rules. */
export function createFirewall(initial: readonly CloudFirewallRule[]): Firewall {
  let rules = initial;
  return {
    rules: () => rules,
    setRules: (next) => void (rules = next),
    allows: (groups, port) =>
      rules.some((rule) => groups.includes(rule.group) && rule.fromPort <= port && port <= rule.toPort),
  };
}

/** The firewall as it should be: the API's ports open to the balancer, everything else to the machine itself. */
export function openRules({ ports, sparePorts }: Surroundings): readonly CloudFirewallRule[] {
  const all = Object.values(ports);
  const source = ["127.0.0.1/32"];
  return [
    {
      group: firewallGroups.api,
      protocol: "tcp",
      fromPort: ports["api-1"],
      toPort: Math.max(ports["standby-2"], ...sparePorts),
      cidrs: source,
    },
    {
      group: firewallGroups.internal,
      protocol: "tcp",
      fromPort: Math.min(...all),
      toPort: Math.max(...all),
      cidrs: source,
    },
  ];
}
