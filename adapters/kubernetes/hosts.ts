import { OpsError } from "#kit/errors.ts";
import type { Disk, HostReader } from "#kit/ports/hosts.ts";
import { plainText } from "../foreign-text.ts";
import type { KubernetesApi } from "./api.ts";
import { podOf } from "./deployment.ts";
import { kinds } from "./kinds.ts";
import { type Pod, PodMetrics, Summary } from "./objects.ts";
import { quantityOf } from "./quantity.ts";
import { limitOver } from "./size.ts";
import { instant } from "./units.ts";

/**
 * What pods use: processor and memory from metrics.k8s.io, disks from the kubelet's summary where these credentials may ask for it. Processes
 * cannot be seen from outside a pod, so that list is empty.
 */
export function hostReader(open: () => Promise<KubernetesApi>): HostReader {
  return {
    async look(service, unit) {
      const api = await open();
      const pod = await podOf(api, service, unit);
      const [metrics, disks] = await Promise.all([
        api.get({ kind: kinds.podmetrics, name: unit }, PodMetrics),
        disksOf(api, pod),
      ]);
      if (metrics === undefined)
        throw new OpsError("tool-unreachable", {
          summary: `Nobody has measured yet what the pod ${plainText(unit, 80)} uses.`,
          hint: "metrics-server measures a pod within a minute of its start; look again then.",
        });
      const used = (of: "cpu" | "memory") =>
        metrics.containers.reduce((sum, { usage }) => sum + (quantityOf(usage[of]) ?? 0), 0);
      const { containers } = pod.spec;
      const [cpu, memory] = [limitOver(containers, "cpu"), limitOver(containers, "memory")];
      if (cpu === undefined || memory === undefined)
        throw new OpsError("tool-refused", {
          summary: `The pod ${plainText(unit, 80)} may use as much as its node has: a container of it has no limit.`,
          hint: "Without a limit of processor and memory nobody can say how full it is; give each container both.",
        });
      return {
        at: instant(metrics.timestamp),
        memory: { usedBytes: used("memory"), limitBytes: memory },
        cpu: { used: used("cpu"), limit: cpu },
        disks,
        processes: [],
      };
    },
  };
}

/** The pod's own file systems as its node's kubelet counts them; none where these credentials may not ask a node. */
async function disksOf(api: KubernetesApi, { metadata, spec: { nodeName } }: Pod): Promise<readonly Disk[]> {
  if (typeof nodeName !== "string") return [];
  let summary: Summary | undefined;
  try {
    summary = await api.get({ kind: kinds.nodes, name: nodeName, part: "proxy/stats/summary" }, Summary);
  } catch (error) {
    // Asking a node is a strong right, and memory and processor are known without it.
    if (OpsError.is(error) && (error.code === "tool-refused" || error.code === "tool-unreachable")) return [];
    throw error;
  }
  const found = summary?.pods?.find(
    ({ podRef }) => podRef.name === metadata.name && podRef.namespace === api.namespace,
  );
  const own = found?.["ephemeral-storage"];
  return [
    ...(own === undefined || own === null ? [] : [diskOf("/", own, undefined)]),
    ...(found?.volume ?? []).map((one) => diskOf(plainText(one.name, 80), one, one.pvcRef?.name)),
  ].filter((disk) => disk !== undefined);
}

type Usage = {
  readonly usedBytes?: number | null | undefined;
  readonly capacityBytes?: number | null | undefined;
};

function diskOf(
  mount: string,
  { usedBytes, capacityBytes }: Usage,
  volume: string | undefined,
): Disk | undefined {
  if (typeof usedBytes !== "number" || typeof capacityBytes !== "number") return undefined;
  return { mount, sizeBytes: capacityBytes, usedBytes, volume };
}
