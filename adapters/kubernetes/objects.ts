import { z } from "zod";

/** What is read of Kubernetes' objects: only what is needed, so that a newer server's members do no harm. */

const texts = z.record(z.string(), z.string());

const Metadata = z.object({
  name: z.string(),
  uid: z.string(),
  resourceVersion: z.string().default(""),
  creationTimestamp: z.string().nullish(),
  deletionTimestamp: z.string().nullish(),
  labels: texts.nullish(),
  annotations: texts.nullish(),
  ownerReferences: z.array(z.object({ kind: z.string(), name: z.string(), uid: z.string() })).nullish(),
});

export const LabelSelector = z.object({
  matchLabels: texts.nullish(),
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).nullish() }))
    .nullish(),
});
export type LabelSelector = z.infer<typeof LabelSelector>;

const quantities = z.record(z.string(), z.union([z.string(), z.number()])).nullish();

const Container = z.object({
  name: z.string(),
  image: z.string().optional(),
  resources: z.object({ limits: quantities, requests: quantities }).nullish(),
  ports: z.array(z.object({ containerPort: z.int() })).nullish(),
});
export type Container = z.infer<typeof Container>;

const Template = z.object({
  metadata: z.object({ labels: texts.nullish(), annotations: texts.nullish() }).nullish(),
  spec: z.object({ containers: z.array(Container) }),
});

export const Deployment = z.object({
  metadata: Metadata,
  spec: z.object({ replicas: z.int().default(1), selector: LabelSelector, template: Template }),
});
export type Deployment = z.infer<typeof Deployment>;

export const ReplicaSet = z.object({
  metadata: Metadata,
  spec: z.object({ replicas: z.int().default(1), template: Template.optional() }),
  status: z.object({ replicas: z.int().default(0) }).nullish(),
});
export type ReplicaSet = z.infer<typeof ReplicaSet>;

const Terminated = z.object({
  exitCode: z.int(),
  reason: z.string().nullish(),
  finishedAt: z.string().nullish(),
});

const ContainerStatus = z.object({
  name: z.string(),
  ready: z.boolean().default(false),
  restartCount: z.int().default(0),
  state: z
    .object({
      waiting: z.object({ reason: z.string().nullish(), message: z.string().nullish() }).nullish(),
      running: z.object({ startedAt: z.string().nullish() }).nullish(),
      terminated: Terminated.nullish(),
    })
    .nullish(),
  lastState: z.object({ terminated: Terminated.nullish() }).nullish(),
});
export type ContainerStatus = z.infer<typeof ContainerStatus>;

export const Pod = z.object({
  metadata: Metadata,
  spec: z.object({ nodeName: z.string().nullish(), containers: z.array(Container) }),
  status: z.object({
    phase: z.string().default("Unknown"),
    reason: z.string().nullish(),
    podIP: z.string().nullish(),
    startTime: z.string().nullish(),
    conditions: z
      .array(
        z.object({
          type: z.string(),
          status: z.string(),
          reason: z.string().nullish(),
          message: z.string().nullish(),
        }),
      )
      .nullish(),
    containerStatuses: z.array(ContainerStatus).nullish(),
    initContainerStatuses: z.array(ContainerStatus).nullish(),
  }),
});
export type Pod = z.infer<typeof Pod>;

export const Autoscaler = z.object({
  metadata: Metadata,
  spec: z.object({
    scaleTargetRef: z.object({ kind: z.string(), name: z.string() }),
    minReplicas: z.int().nullish(),
    maxReplicas: z.int(),
  }),
});

export const Event = z.object({
  metadata: Metadata,
  involvedObject: z.object({ kind: z.string().nullish(), name: z.string().nullish() }),
  reason: z.string().nullish(),
  message: z.string().nullish(),
  type: z.string().nullish(),
  count: z.int().nullish(),
  firstTimestamp: z.string().nullish(),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
  series: z.object({ count: z.int().nullish(), lastObservedTime: z.string().nullish() }).nullish(),
});
export type Event = z.infer<typeof Event>;

export const Scale = z.object({
  metadata: Metadata,
  spec: z.object({ replicas: z.int().default(0) }),
});

export const EndpointSlice = z.object({
  metadata: Metadata,
  ports: z.array(z.object({ name: z.string().nullish(), port: z.int().nullish() })).nullish(),
  endpoints: z
    .array(
      z.object({
        addresses: z.array(z.string()),
        conditions: z
          .object({
            ready: z.boolean().nullish(),
            serving: z.boolean().nullish(),
            terminating: z.boolean().nullish(),
          })
          .nullish(),
        targetRef: z.object({ kind: z.string().nullish(), name: z.string().nullish() }).nullish(),
      }),
    )
    .nullish(),
});

export const NetworkPolicy = z.object({
  metadata: Metadata,
  spec: z.object({
    policyTypes: z.array(z.string()).nullish(),
    ingress: z
      .array(
        z.object({
          ports: z
            .array(
              z.object({
                protocol: z.string().nullish(),
                port: z.union([z.string(), z.int()]).nullish(),
                endPort: z.int().nullish(),
              }),
            )
            .nullish(),
          from: z
            .array(
              z.object({
                ipBlock: z.object({ cidr: z.string() }).nullish(),
                podSelector: LabelSelector.nullish(),
                namespaceSelector: LabelSelector.nullish(),
              }),
            )
            .nullish(),
        }),
      )
      .nullish(),
  }),
});

export const PodMetrics = z.object({
  timestamp: z.string(),
  containers: z.array(
    z.object({ name: z.string(), usage: z.object({ cpu: z.string(), memory: z.string() }) }),
  ),
});

const usage = { usedBytes: z.number().nullish(), capacityBytes: z.number().nullish() };

/** The kubelet's own summary; source: k8s.io/kubelet/pkg/apis/stats/v1alpha1. */
export const Summary = z.object({
  pods: z
    .array(
      z.object({
        podRef: z.object({ name: z.string(), namespace: z.string() }),
        "ephemeral-storage": z.object(usage).nullish(),
        volume: z
          .array(z.object({ name: z.string(), ...usage, pvcRef: z.object({ name: z.string() }).nullish() }))
          .nullish(),
      }),
    )
    .nullish(),
});

export const Route = z.object({
  metadata: Metadata,
  spec: z.object({
    rules: z
      .array(
        z.object({
          backendRefs: z
            .array(z.object({ name: z.string(), kind: z.string().nullish(), weight: z.int().nullish() }))
            .nullish(),
        }),
      )
      .nullish(),
  }),
});
export type Summary = z.infer<typeof Summary>;
export type Route = z.infer<typeof Route>;
