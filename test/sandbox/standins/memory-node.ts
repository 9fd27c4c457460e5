import { setTimeout as pause } from "node:timers/promises";
import type { PodPlan, PodProcess, PracticeNode, ProcessState } from "#sandbox/standins/kubernetes/node.ts";
import type { PracticeCluster } from "#sandbox/standins/kubernetes/start-kubernetes-standin.ts";

/** One pod's process that is only remembered, to be made as a test wants it. */
export type MemoryPod = {
  readonly plan: PodPlan;
  ready: boolean;
  state: ProcessState;
  usage: { cpus: number; memoryBytes: number } | undefined;
  disk: { usedBytes: number; capacityBytes: number } | undefined;
  readonly logs: { current: { at: Date; text: string }[]; previous: { at: Date; text: string }[] };
  /** Starting it again ends at once in the same way. */
  broken: boolean;
};

/** A node whose pods run in memory. */
export type MemoryNode = PracticeNode & {
  readonly pods: Map<string, MemoryPod>;
  /** What happens to every pod as it is started. */
  onStart: (pod: MemoryPod) => void;
};

/** An empty node; a pod on it is ready as soon as it is started. */
export function memoryNode(now: () => Date = () => new Date()): MemoryNode {
  const pods = new Map<string, MemoryPod>();
  const node: MemoryNode = {
    name: "practice-node",
    pods,
    onStart: () => undefined,
    start(plan) {
      const pod: MemoryPod = {
        plan,
        ready: true,
        state: { kind: "running", since: now() },
        usage: { cpus: 0.25, memoryBytes: 300 * 1024 ** 2 },
        disk: { usedBytes: 4 * 1024 ** 2, capacityBytes: 1024 ** 3 },
        logs: { current: [], previous: [] },
        broken: false,
      };
      pods.set(plan.name, pod);
      node.onStart(pod);
      return processOf(pod, pods, now);
    },
  };
  return node;
}

/** Ends a pod's process as something outside would. */
export function killed(pod: MemoryPod, at: Date, reason: "Error" | "OOMKilled" = "Error"): void {
  const since = pod.state.kind === "creating" ? at : pod.state.since;
  pod.state = { kind: "ended", since, at, code: reason === "OOMKilled" ? 137 : 1, reason };
}

function processOf(pod: MemoryPod, pods: Map<string, MemoryPod>, now: () => Date): PodProcess {
  return {
    ip: "127.0.0.1",
    port: 8000,
    state: () => pod.state,
    ready: () => pod.ready,
    usage: () => pod.usage,
    disk: () => pod.disk ?? { usedBytes: 0, capacityBytes: 0 },
    log: (which) => pod.logs[which],
    restart() {
      pod.logs.previous = pod.logs.current;
      pod.logs.current = [];
      pod.state = { kind: "running", since: now() };
      if (pod.broken) killed(pod, new Date(now().getTime() + 1));
    },
    async stop() {
      await pause(5);
      pods.delete(pod.plan.name);
    },
  };
}

/** Where everything of the practice cluster is. */
export const namespace = "csrd";

const aWeekAgo = `${new Date(Date.now() - 7 * 24 * 3_600_000).toISOString().slice(0, 19)}Z`;

/** A Deployment of the platform's API with two pods, its Service, a budget that keeps one, and what lets traffic in. */
export function platformObjects(
  change: { readonly replicas?: number; readonly image?: string } = {},
): PracticeCluster["objects"] {
  const labels = { "app.kubernetes.io/name": "csrd-api", "app.kubernetes.io/part-of": "csrd" };
  return [
    {
      plural: "deployments",
      object: {
        metadata: { name: "csrd-api", namespace, labels, generation: 1, creationTimestamp: aWeekAgo },
        spec: {
          replicas: change.replicas ?? 2,
          selector: { matchLabels: { "app.kubernetes.io/name": "csrd-api" } },
          template: {
            metadata: { labels },
            spec: {
              containers: [
                {
                  name: "csrd-api",
                  image: change.image ?? "registry.example.com/csrd-platform:0.1.0",
                  resources: {
                    limits: { cpu: "1", memory: "1Gi" },
                    requests: { cpu: "500m", memory: "1Gi" },
                  },
                },
              ],
            },
          },
        },
      },
    },
    {
      plural: "services",
      object: {
        metadata: { name: "csrd-api", namespace },
        spec: { selector: { "app.kubernetes.io/name": "csrd-api" }, ports: [{ port: 80, targetPort: 8000 }] },
      },
    },
    {
      plural: "poddisruptionbudgets",
      object: {
        metadata: { name: "csrd-api", namespace },
        spec: {
          minAvailable: 1,
          selector: { matchLabels: { "app.kubernetes.io/name": "csrd-api" } },
          unhealthyPodEvictionPolicy: "AlwaysAllow",
        },
      },
    },
    {
      plural: "networkpolicies",
      object: {
        metadata: { name: "csrd-api", namespace },
        spec: {
          podSelector: { matchLabels: labels },
          policyTypes: ["Ingress"],
          ingress: [
            {
              from: [{ ipBlock: { cidr: "10.0.0.0/8" } }],
              ports: [{ protocol: "TCP", port: 8000 }],
            },
          ],
        },
      },
    },
    {
      plural: "httproutes",
      object: {
        metadata: { name: "csrd-api", namespace },
        spec: {
          rules: [
            {
              backendRefs: [
                { name: "csrd-api", port: 80, weight: 100 },
                { name: "csrd-api-before", port: 80, weight: 0 },
              ],
            },
          ],
        },
      },
    },
  ];
}
