import { z } from "zod";
import { isHealthy } from "./disruption.ts";
import { endpointslices, pods, services } from "./kinds.ts";
import type { Objects } from "./objects.ts";

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
    kept.keep(endpointslices, {
      metadata: {
        name: `${name}-practice`,
        namespace,
        labels: {
          "kubernetes.io/service-name": name,
          "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        },
      },
      addressType: "IPv4",
      ports: [
        {
          name: port?.name ?? "",
          protocol: "TCP",
          port:
            port?.targetPort ??
            chosen.map(({ metadata }) => portOf(metadata.uid)).find((one) => one !== undefined) ??
            port?.port ??
            80,
        },
      ],
      endpoints: chosen.map((pod) => {
        const { podIP = "0.0.0.0" } = Address.parse(pod["status"] ?? {});
        const terminating = pod.metadata["deletionTimestamp"] !== undefined;
        const ready = isHealthy(pod);
        return {
          addresses: [podIP],
          conditions: { ready, serving: ready, terminating },
          targetRef: { kind: "Pod", name: pod.metadata.name, namespace, uid: pod.metadata.uid },
        };
      }),
    });
  }
}
