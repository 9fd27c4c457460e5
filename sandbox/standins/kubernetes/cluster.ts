import { randomBytes } from "node:crypto";
import { isHealthy } from "./disruption.ts";
import { keepEndpoints } from "./endpoints.ts";
import { happenings } from "./happenings.ts";
import { type DeploymentSpec, pods, podmetrics } from "./kinds.ts";
import type { PodPlan, PodProcess, PracticeNode } from "./node.ts";
import type { Objects } from "./objects.ts";
import { type Kept, podStatus } from "./pod-status.ts";
import { quantity } from "./quantities.ts";
import { ownerOf, rollOut } from "./rollout.ts";
import type { Stored } from "./resource.ts";

/** What keeps a practice cluster as it is wanted to be: its controllers, and the pods that run on its one node. */
export type RunningCluster = {
  /** Brings everything a step nearer to what is wanted. */
  readonly sync: () => void;
  /** Begins the end of a pod; it is gone when its process is. */
  readonly end: (pod: Stored) => Stored;
  readonly processOf: (pod: Stored) => PodProcess | undefined;
  /** What each pod of a namespace uses, in the shape of metrics.k8s.io. */
  readonly metrics: (namespace: string | undefined) => readonly Stored[];
  /** The kubelet's summary. */
  readonly summary: () => unknown;
  readonly stop: () => Promise<void>;
};

type Running = { readonly process: PodProcess; readonly kept: Kept };

/** Starts keeping a store's Deployments on a node. */
export function runCluster(
  kept: Objects,
  node: PracticeNode,
  settings: {
    readonly now: () => Date;
    /** First pause before a container that ended again is started again; twice as long each time. */
    readonly backoffMs: number;
    /** Most pods of a namespace, as a quota has it. */
    readonly quota: () => number | undefined;
  },
): RunningCluster {
  const { now, backoffMs, quota } = settings;
  const running = new Map<string, Running>();
  const ending = new Set<Promise<void>>();
  const tell = happenings(kept, now);
  const instant = () => `${now().toISOString().slice(0, 19)}Z`;

  function create(set: Stored, deployment: Stored, spec: DeploymentSpec): Stored | undefined {
    const { name: deploymentName, namespace } = deployment.metadata;
    const most = quota();
    if (most !== undefined && kept.list(pods, namespace).length >= most) {
      tell(
        set,
        "Warning",
        "FailedCreate",
        `Error creating: pods is forbidden: exceeded quota: practice, used: pods=${most}, limited: pods=${most}`,
      );
      return undefined;
    }
    const name = `${set.metadata.name}-${randomBytes(4).toString("hex").slice(0, 5)}`;
    const { template } = spec;
    const container = template.spec.containers[0];
    const labels = set.metadata.labels ?? {};
    const plan: PodPlan = {
      name,
      namespace,
      deployment: deploymentName,
      container: container?.name ?? "",
      image: container?.image ?? "",
      labels,
      env: envOf(container),
      limits: {
        cpus: quantity(container?.resources?.limits?.["cpu"]),
        memoryBytes: quantity(container?.resources?.limits?.["memory"]),
      },
    };
    let process: PodProcess;
    try {
      process = node.start(plan);
    } catch (error) {
      tell(
        set,
        "Warning",
        "FailedCreate",
        `Error creating: ${error instanceof Error ? error.message : "no room"}`,
      );
      return undefined;
    }
    const own: Kept = {
      container: container?.name ?? "",
      image: container?.image ?? "",
      startTime: instant(),
      restarts: 0,
      last: undefined,
      waitUntil: 0,
    };
    const pod = kept.keep(pods, {
      metadata: {
        name,
        namespace,
        generateName: `${set.metadata.name}-`,
        labels,
        ...(template.metadata?.annotations === undefined
          ? {}
          : { annotations: template.metadata.annotations }),
        ownerReferences: [ownerOf(set)],
      },
      spec: {
        ...template.spec,
        // Where its process listens; on one machine every pod has a port of its own.
        containers: template.spec.containers.map((one, index) =>
          index === 0 ? { ...one, ports: [{ containerPort: process.port, protocol: "TCP" }] } : one,
        ),
        nodeName: node.name,
        restartPolicy: "Always",
        terminationGracePeriodSeconds: 30,
      },
      status: podStatus(process, own, now().getTime()),
    });
    running.set(pod.metadata.uid, { process, kept: own });
    tell(set, "Normal", "SuccessfulCreate", `Created pod: ${name}`);
    tell(pod, "Normal", "Scheduled", `Successfully assigned ${namespace}/${name} to ${node.name}`);
    return pod;
  }

  function end(pod: Stored): Stored {
    if (pod.metadata["deletionTimestamp"] !== undefined) return pod;
    tell(
      pod,
      "Normal",
      "Killing",
      `Stopping container ${running.get(pod.metadata.uid)?.kept.container ?? ""}`,
    );
    const leaving = kept.keep(pods, {
      ...pod,
      metadata: { ...pod.metadata, deletionTimestamp: instant(), deletionGracePeriodSeconds: 30 },
    });
    const gone = (running.get(pod.metadata.uid)?.process.stop() ?? Promise.resolve()).finally(() => {
      running.delete(pod.metadata.uid);
      kept.forget(pods, pod.metadata);
      ending.delete(gone);
    });
    ending.add(gone);
    return leaving;
  }

  /** What the node sees of its processes, and what it does about those that ended. */
  function lookAfter(): void {
    for (const pod of kept.list(pods, undefined)) {
      const one = running.get(pod.metadata.uid);
      if (one === undefined) continue;
      const state = one.process.state();
      if (pod.metadata["deletionTimestamp"] === undefined && state.kind === "ended") restart(pod, one, state);
      const status = podStatus(one.process, one.kept, now().getTime());
      const was = isHealthy(pod);
      const written = kept.keep(pods, { ...pod, status });
      if (was && !isHealthy(written) && state.kind === "running")
        tell(written, "Warning", "Unhealthy", "Readiness probe failed");
    }
  }

  function restart(pod: Stored, { process, kept: own }: Running, state: Kept["last"] & object): void {
    if (own.last?.at.getTime() !== state.at.getTime()) {
      own.last = state;
      const pause = own.restarts === 0 ? 0 : Math.min(backoffMs * 2 ** (own.restarts - 1), 300_000);
      own.waitUntil = state.at.getTime() + pause;
      if (pause > 0)
        tell(
          pod,
          "Warning",
          "BackOff",
          `Back-off restarting failed container ${own.container} in pod ${pod.metadata.name}`,
        );
    }
    if (now().getTime() < own.waitUntil) return;
    own.restarts += 1;
    process.restart();
    tell(pod, "Normal", "Started", `Started container ${own.container}`);
  }

  const sync = (): void => {
    lookAfter();
    rollOut(kept, { create, remove: end }, tell);
    keepEndpoints(kept, (uid) => running.get(uid)?.process.port);
  };

  return {
    sync,
    end,
    processOf: (pod) => running.get(pod.metadata.uid)?.process,
    metrics: (namespace) =>
      kept.list(pods, namespace).flatMap((pod) => {
        const one = running.get(pod.metadata.uid);
        const usage = one?.process.usage();
        if (one === undefined || usage === undefined) return [];
        const { name, labels, creationTimestamp } = pod.metadata;
        return [
          {
            kind: podmetrics.kind,
            apiVersion: "metrics.k8s.io/v1beta1",
            metadata: {
              name,
              namespace: pod.metadata.namespace,
              labels,
              creationTimestamp,
              uid: "",
              resourceVersion: "",
            },
            timestamp: instant(),
            window: "15s",
            containers: [
              {
                name: one.kept.container,
                usage: {
                  cpu: `${Math.round(usage.cpus * 1e9)}n`,
                  memory: `${Math.round(usage.memoryBytes / 1024)}Ki`,
                },
              },
            ],
          },
        ];
      }),
    summary: () => ({
      node: { nodeName: node.name },
      pods: kept.list(pods, undefined).flatMap((pod) => {
        const disk = running.get(pod.metadata.uid)?.process.disk?.();
        const { name, namespace, uid } = pod.metadata;
        return [
          {
            podRef: { name, namespace, uid },
            ...(disk === undefined ? {} : { "ephemeral-storage": disk }),
          },
        ];
      }),
    }),
    async stop() {
      for (const pod of kept.list(pods, undefined)) end(pod);
      await Promise.all(ending);
    },
  };
}

function envOf(container: DeploymentSpec["template"]["spec"]["containers"][number] | undefined) {
  const env: unknown = container?.["env"];
  if (!Array.isArray(env)) return {};
  return Object.fromEntries(
    env.map(({ name, value }: { readonly name: string; readonly value?: string }) => [name, value ?? ""]),
  );
}
