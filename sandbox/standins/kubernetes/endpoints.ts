import { z } from "zod";
import { isHealthy } from "./disruption.ts";
import { endpointslices, pods, services } from "./kinds.ts";
import type { Objects } from "./objects.ts";
import type { Stored } from "./resource.ts";

const Service = z.object({
  spec: z.object({
    selector: z.record(z.string(), z.string()).optional(),
    ports: z.array(z.object({ name: z.string().optional(), targetPort: z.int().optional(), port: z.int() })),
  }),
});

const Address = z.object({ podIP: z.string().optional() });

/** Keeps the endpoints of every Service with a selector as its pods are; source: Kubernetes docs, "EndpointSlices". `portOf` is where a pod's own process listens. */
export function keepEndpoints(kept: Objects, portOf: (uid: string) => number | undefined): void {
  for (const service of kept.list(services, undefined)) {
    const { spec } = Service.parse(service);
    const { name, namespace } = service.metadata;
    const { selector } = spec;
    if (selector === undefined) continue;
    const chosen = kept
      .list(pods, namespace)
      .filter(({ metadata }) =>
        Object.entries(selector).every(([key, value]) => metadata.labels?.[key] === value),
      );
    const [port] = spec.ports;
    // Pods that listen on different ports stand in slices of their own.
    const byPort = Map.groupBy(
      chosen,
      ({ metadata }) => portOf(metadata.uid) ?? port?.targetPort ?? port?.port ?? 80,
    );
    const known = kept
      .list(endpointslices, namespace)
      .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name);
    for (const slice of known)
      if (![...byPort.keys()].some((one) => slice.metadata.name === `${name}-${one}`))
        kept.forget(endpointslices, slice.metadata);
    for (const [listens, some] of byPort)
      kept.keep(endpointslices, {
        metadata: {
          name: `${name}-${listens}`,
          namespace,
          labels: {
            "kubernetes.io/service-name": name,
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
          },
        },
        addressType: "IPv4",
        ports: [{ name: port?.name ?? "", protocol: "TCP", port: listens }],
        endpoints: some.map(endpointOf),
      });
  }
}

function endpointOf(pod: Stored) {
  const { podIP = "0.0.0.0" } = Address.parse(pod["status"] ?? {});
  const { name, namespace, uid, deletionTimestamp } = pod.metadata;
  const ready = isHealthy(pod);
  return {
    addresses: [podIP],
    conditions: { ready, serving: ready, terminating: deletionTimestamp !== undefined },
    targetRef: { kind: "Pod", name, namespace, uid },
  };
}
