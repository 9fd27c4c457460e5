import type { Service } from "#kit/ports.ts";
import type { WorkloadReader } from "#kit/ports/workloads.ts";
import type { KubernetesApi } from "./api.ts";
import { revisionKey, runningOf } from "./deployment.ts";
import { eventsOf } from "./events.ts";
import { kinds } from "./kinds.ts";
import { Autoscaler } from "./objects.ts";
import { sizeOf } from "./size.ts";
import { unitOf } from "./units.ts";

/** Looks at Deployments, their ReplicaSets, pods, autoscaler and events. */
export function workloadReader(open: () => Promise<KubernetesApi>): WorkloadReader {
  return {
    async describe(service) {
      const api = await open();
      const [{ deployment, pods }, keeper] = await Promise.all([
        runningOf(api, service),
        autoscalerOf(api, service.workload),
      ]);
      const revision = deployment.metadata.annotations?.[revisionKey];
      return {
        units: pods.map((pod) => unitOf(pod, deployment.metadata.name)),
        desired: deployment.spec.replicas,
        ...boundsOf(service, keeper, deployment.spec.replicas),
        scaledBy: keeper?.name,
        size: sizeOf(deployment),
        revision,
      };
    },
    async events(service, since) {
      return eventsOf(await open(), service, since);
    },
  };
}

/** Who else moves a Deployment's number, and between which bounds. */
export type AutoscalerBounds = { readonly name: string; readonly least: number; readonly most: number };

/** The autoscaler that moves the number of a Deployment, where there is one. */
export async function autoscalerOf(
  api: KubernetesApi,
  workload: string | undefined,
): Promise<AutoscalerBounds | undefined> {
  if (workload === undefined) return undefined;
  const found = (await api.list(kinds.autoscalers, Autoscaler)).find(
    ({ spec: { scaleTargetRef: target } }) => target.kind === "Deployment" && target.name === workload,
  );
  if (found === undefined) return undefined;
  const { name } = found.metadata;
  return { name, least: found.spec.minReplicas ?? 1, most: found.spec.maxReplicas };
}

/** The narrower of the autoscaler's bounds and the file's. A Deployment alone knows no bound: then one unit is the least, and without a word in the file the number may not grow. */
export function boundsOf(
  { floor, most }: Pick<Service, "floor" | "most">,
  keeper: AutoscalerBounds | undefined,
  desired: number,
): { readonly least: number; readonly most: number } {
  const upper = [most, keeper?.most].filter((bound) => bound !== undefined);
  return {
    least: Math.max(floor, keeper?.least ?? 1),
    most: upper.length === 0 ? desired : Math.min(...upper),
  };
}
