import type { BalancerReader, Service, Target } from "./ports.ts";

/** The target groups of a service that take traffic now: those with weight where a rule splits it, else its only group. */
async function servingGroups(
  balancer: BalancerReader,
  { group, rule }: Pick<Service, "group" | "rule">,
): Promise<readonly string[]> {
  if (rule === undefined) return group === undefined ? [] : [group];
  const weights = await balancer.weights(rule);
  return weights.filter(({ weight }) => weight > 0).map((one) => one.group);
}

/** The targets of a service that take traffic, over all groups that do. */
export async function servingTargets(
  balancer: BalancerReader,
  service: Pick<Service, "group" | "rule">,
): Promise<readonly Target[]> {
  const groups = await servingGroups(balancer, service);
  return (await Promise.all(groups.map((group) => balancer.targets(group)))).flat();
}
