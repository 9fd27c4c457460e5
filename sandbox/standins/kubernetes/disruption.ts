import { z } from "zod";
import { budgets, pods } from "./kinds.ts";
import type { Objects } from "./objects.ts";
import type { Stored } from "./resource.ts";
import { ApiRefusal } from "./status.ts";

const Budget = z.object({
  spec: z.object({
    minAvailable: z.union([z.int(), z.string()]).optional(),
    maxUnavailable: z.union([z.int(), z.string()]).optional(),
    selector: z.object({ matchLabels: z.record(z.string(), z.string()).default({}) }),
    unhealthyPodEvictionPolicy: z.enum(["IfHealthyBudget", "AlwaysAllow"]).default("IfHealthyBudget"),
  }),
});

/** Throws the 429 of a budget that allows no pod to be taken away now; source: Kubernetes docs, "Specifying a Disruption Budget". */
export function mayBeEvicted(kept: Objects, pod: Stored): void {
  for (const object of kept.list(budgets, pod.metadata.namespace)) {
    const { spec } = Budget.parse(object);
    const covers = ({ metadata }: Stored) =>
      Object.entries(spec.selector.matchLabels).every(([key, value]) => metadata.labels?.[key] === value);
    if (!covers(pod)) continue;
    const covered = kept.list(pods, pod.metadata.namespace).filter(covers);
    const healthy = covered.filter(isHealthy).length;
    const wanted = desired(spec, covered.length);
    if (!isHealthy(pod) && (spec.unhealthyPodEvictionPolicy === "AlwaysAllow" || healthy >= wanted)) continue;
    if (healthy - 1 >= wanted) continue;
    throw new ApiRefusal(
      429,
      "TooManyRequests",
      "Cannot evict pod as it would violate the pod's disruption budget.",
      {
        causes: [
          {
            reason: "DisruptionBudget",
            message: `The disruption budget ${object.metadata.name} needs ${wanted} healthy pods and has ${healthy} currently`,
            field: "",
          },
        ],
      },
    );
  }
}

/** Ready and not on its way out. */
export function isHealthy({ metadata, status }: Stored): boolean {
  const read = Ready.safeParse(status);
  return (
    metadata["deletionTimestamp"] === undefined &&
    read.success &&
    read.data.conditions.some(({ type, status: is }) => type === "Ready" && is === "True")
  );
}

const Ready = z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })) });

function desired({ minAvailable, maxUnavailable }: z.infer<typeof Budget>["spec"], of: number): number {
  const count = (value: number | string) =>
    typeof value === "number" ? value : Math.ceil((of * Number.parseFloat(value)) / 100);
  if (minAvailable !== undefined) return count(minAvailable);
  return maxUnavailable === undefined ? of - 1 : of - count(maxUnavailable);
}
