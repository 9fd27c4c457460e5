import { z } from "zod";
import { metadataSchema, validateMetadata } from "./metadata.ts";
import { quantity } from "./quantities.ts";
import type { Given, Resource } from "./resource.ts";
import type { Cause } from "./status.ts";

const amount = z
  .union([z.string(), z.number()])
  .refine((text) => quantity(text) !== undefined, { error: "quantities must match the regular expression" });
const amounts = z.record(z.string(), amount);

const Container = z.looseObject({
  name: z.string(),
  image: z.string().optional(),
  resources: z.strictObject({ limits: amounts.optional(), requests: amounts.optional() }).optional(),
});

const Selector = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z.array(z.unknown()).optional(),
});

/** What a Deployment is wanted to be. */
export const DeploymentSpec = z.strictObject({
  replicas: z.int32().default(1),
  selector: Selector,
  template: z.strictObject({
    metadata: z
      .strictObject({
        labels: z.record(z.string(), z.string()).optional(),
        annotations: z.record(z.string(), z.string()).optional(),
      })
      .optional(),
    spec: z.looseObject({ containers: z.array(Container) }),
  }),
  strategy: z.looseObject({}).optional(),
  revisionHistoryLimit: z.int32().optional(),
  minReadySeconds: z.int32().optional(),
  progressDeadlineSeconds: z.int32().optional(),
  paused: z.boolean().optional(),
});
export type DeploymentSpec = z.infer<typeof DeploymentSpec>;

const shape = (spec: z.ZodType) =>
  z.strictObject({
    apiVersion: z.string().optional(),
    kind: z.string().optional(),
    metadata: metadataSchema.optional(),
    spec: spec.optional(),
    status: z.unknown().optional(),
  });

const anything = z.looseObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  metadata: metadataSchema.optional(),
});

const kind = (
  group: string,
  version: string,
  plural: string,
  singular: string,
  name: string,
  more: Partial<Resource> = {},
): Resource => ({
  group,
  version,
  plural,
  singular,
  kind: name,
  schema: anything,
  validate: validateMetadata,
  unconditionalUpdate: true,
  ...more,
});

/** What the cluster makes itself, so that others only read it. */
const readOnly = { verbs: ["get", "list"] } as const;

export const deployments = kind("apps", "v1", "deployments", "deployment", "Deployment", {
  schema: shape(DeploymentSpec),
  validate: validateDeployment,
  hasStatus: true,
  parts: ["scale"],
  verbs: ["get", "list", "update", "patch"],
  shortNames: ["deploy"],
});
export const replicasets = kind("apps", "v1", "replicasets", "replicaset", "ReplicaSet", {
  ...readOnly,
  shortNames: ["rs"],
});
export const pods = kind("", "v1", "pods", "pod", "Pod", {
  hasStatus: true,
  parts: ["log", "eviction"],
  verbs: ["get", "list", "delete"],
  shortNames: ["po"],
});
export const events = kind("", "v1", "events", "event", "Event", { ...readOnly, shortNames: ["ev"] });
export const services = kind("", "v1", "services", "service", "Service", {
  ...readOnly,
  shortNames: ["svc"],
});
export const endpointslices = kind(
  "discovery.k8s.io",
  "v1",
  "endpointslices",
  "endpointslice",
  "EndpointSlice",
  readOnly,
);
const autoscalers = kind(
  "autoscaling",
  "v2",
  "horizontalpodautoscalers",
  "horizontalpodautoscaler",
  "HorizontalPodAutoscaler",
  { verbs: ["get", "list", "create", "update", "patch", "delete"], shortNames: ["hpa"] },
);
export const budgets = kind(
  "policy",
  "v1",
  "poddisruptionbudgets",
  "poddisruptionbudget",
  "PodDisruptionBudget",
  { hasStatus: true, shortNames: ["pdb"] },
);
const networkpolicies = kind("networking.k8s.io", "v1", "networkpolicies", "networkpolicy", "NetworkPolicy", {
  ...readOnly,
  shortNames: ["netpol"],
});
const routes = kind("gateway.networking.k8s.io", "v1", "httproutes", "httproute", "HTTPRoute", {
  unconditionalUpdate: false,
  strategic: false,
  verbs: ["get", "list", "update", "patch"],
});
export const podmetrics = kind("metrics.k8s.io", "v1beta1", "pods", "pod", "PodMetrics", readOnly);

/** Every kind of what runs, in the order in which a client finds them. */
export const runningKinds: readonly Resource[] = [
  pods,
  services,
  events,
  deployments,
  replicasets,
  endpointslices,
  autoscalers,
  budgets,
  networkpolicies,
  routes,
  podmetrics,
];

function validateDeployment(object: Given, before?: Given): readonly Cause[] {
  const spec = DeploymentSpec.safeParse(object["spec"]);
  const causes: Cause[] = [...validateMetadata(object)];
  const refuse = (field: string, message: string, reason = "FieldValueInvalid") =>
    causes.push({ reason, message, field });
  if (!spec.success) {
    refuse("spec.selector", "Required value", "FieldValueRequired");
    return causes;
  }
  const { replicas, selector, template } = spec.data;
  if (replicas < 0) refuse("spec.replicas", `Invalid value: ${replicas}: must be greater than or equal to 0`);
  const was = DeploymentSpec.safeParse(before?.["spec"]);
  if (was.success && JSON.stringify(was.data.selector) !== JSON.stringify(selector))
    refuse("spec.selector", `Invalid value: ${JSON.stringify(selector)}: field is immutable`);
  for (const [key, value] of Object.entries(selector.matchLabels ?? {}))
    if (template.metadata?.labels?.[key] !== value)
      refuse(
        "spec.template.metadata.labels",
        `Invalid value: ${JSON.stringify(template.metadata?.labels ?? {})}: \`selector\` does not match template \`labels\``,
      );
  for (const [index, { image = "", resources }] of template.spec.containers.entries()) {
    const field = `spec.template.spec.containers[${index}]`;
    if (image === "") refuse(`${field}.image`, "Required value", "FieldValueRequired");
    for (const [what, asked] of Object.entries(resources?.requests ?? {})) {
      const limit = resources?.limits?.[what];
      if (limit !== undefined && (quantity(asked) ?? 0) > (quantity(limit) ?? 0))
        refuse(
          `${field}.resources.requests`,
          `Invalid value: "${asked}": must be less than or equal to ${what} limit of ${limit}`,
        );
    }
  }
  return causes;
}
