import type { CloudFirewallRule } from "./cloud.ts";

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
