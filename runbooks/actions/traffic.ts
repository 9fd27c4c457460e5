import { z } from "zod";
import { defineAction } from "#kit";

const Split = z.array(z.strictObject({ group: z.string(), weight: z.int().min(0).max(999) })).min(1);

/**
 * Moves traffic between the target groups of one listener rule, all weights at once; undo sets the old weights back.
 * Source: csrd-production-runbook "Rollback Procedure" (its `modify-target-group --targets` does not exist; weights are how a load balancer switches).
 */
export const moveTraffic = defineAction({
  title: "Move traffic",
  input: z.strictObject({ rule: z.string(), to: Split, from: Split, label: z.string() }),
  risk: "disruptive",
  label: ({ label }) => `Move ${label}`,
  preview: ({ label, to, from }) => `${label}: weights ${show(from)} become ${show(to)}`,
  targets: ({ label }) => [label],
  within: "restart",
  before: ({ rule }, { balancer }) => balancer.weights(rule),
  async run({ rule, to }, { balancerAdmin, before }) {
    if (same(before, to)) return;
    await balancerAdmin.setWeights(rule, to);
  },
  async confirm({ rule, to, label }, _before, { balancer }) {
    const now = await balancer.weights(rule);
    return same(now, to) ? { met: true, saw: `${label}: ${show(now)}` } : { met: false, saw: show(now) };
  },
  async settle({ rule, to }, _before, { balancer }) {
    const now = await balancer.weights(rule);
    return same(now, to)
      ? { outcome: "done", because: `weights are ${show(now)}` }
      : { outcome: "not-done", because: `weights are still ${show(now)}` };
  },
  undo: ({ rule, to, from, label }) => [
    { kind: "step", action: "moveTraffic", input: { rule, to: from, from: to, label: `${label}, back` } },
  ],
});

/** The name at the end of a target group's ARN, or the whole text. */
export function groupName(group: string): string {
  return group.split(":targetgroup/")[1]?.split("/")[0] ?? group;
}

function show(
  split: z.infer<typeof Split> | readonly { readonly group: string; readonly weight: number }[],
): string {
  return split.map(({ group, weight }) => `${groupName(group)} ${weight}`).join(", ");
}

function same(
  a: readonly { readonly group: string; readonly weight: number }[],
  b: readonly { readonly group: string; readonly weight: number }[],
): boolean {
  const weightIn = (group: string) => a.find((one) => one.group === group)?.weight ?? 0;
  return (
    b.every(({ group, weight }) => weightIn(group) === weight) &&
    a.every(({ group }) => b.some((one) => one.group === group))
  );
}
