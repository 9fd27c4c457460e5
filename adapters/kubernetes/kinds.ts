/** A kind of object that is looked at or changed, as the API's paths and rights name it. */
export type Kind = {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** For sentences. */
  readonly one: string;
  readonly everywhere?: boolean;
};

const kind = (group: string, version: string, plural: string, one: string): Kind => ({
  group,
  version,
  plural,
  one,
});

/** Every kind that this adapter touches. */
export const kinds = {
  deployments: kind("apps", "v1", "deployments", "Deployment"),
  replicasets: kind("apps", "v1", "replicasets", "ReplicaSet"),
  pods: kind("", "v1", "pods", "pod"),
  events: kind("", "v1", "events", "event"),
  autoscalers: kind("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler"),
  endpointslices: kind("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice"),
  networkpolicies: kind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy"),
  routes: kind("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute"),
  podmetrics: kind("metrics.k8s.io", "v1beta1", "pods", "pod's metrics"),
  nodes: { ...kind("", "v1", "nodes", "node"), everywhere: true },
  namespaces: { ...kind("", "v1", "namespaces", "namespace"), everywhere: true },
} as const satisfies Record<string, Kind>;

/** Path of a kind's objects, of one of them, or of one's part; every piece is escaped. */
export function pathOf(
  { group, version, plural, everywhere }: Kind,
  namespace: string,
  name?: string,
  part?: string,
): string {
  const base = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const place = everywhere === true ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  const one = name === undefined ? "" : `/${encodeURIComponent(name)}`;
  return `${base}${place}/${plural}${one}${part === undefined ? "" : `/${part}`}`;
}

/** `deployments.apps`, or `pods` in the core group, as kubectl and RBAC name a kind. */
export function qualified({ group, plural }: Kind): string {
  return group === "" ? plural : `${plural}.${group}`;
}
