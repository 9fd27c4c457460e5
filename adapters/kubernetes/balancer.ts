import { OpsError } from "#kit/errors.ts";
import type { BalancerAdmin, BalancerReader, Target, Weight } from "#kit/ports.ts";
import { plainText } from "../foreign-text.ts";
import { type KubernetesApi, present } from "./api.ts";
import { kinds } from "./kinds.ts";
import { EndpointSlice, Pod, Route } from "./objects.ts";
import { reasonOf } from "./units.ts";

/** Looks at a Service's endpoints (the group is the Service's name) and at how an HTTPRoute splits traffic between Services (the rule is its name). */
export function balancerReader(open: () => Promise<KubernetesApi>): BalancerReader {
  return {
    async targets(group) {
      const api = await open();
      const labelSelector = `kubernetes.io/service-name=${serviceName(group)}`;
      const [slices, pods] = await Promise.all([
        api.list(kinds.endpointslices, EndpointSlice, { labelSelector }),
        api.list(kinds.pods, Pod),
      ]);
      const reasons = new Map(pods.map((pod) => [pod.metadata.name, pod]));
      const targets = new Map<string, Target>();
      for (const { endpoints, ports } of slices)
        for (const endpoint of endpoints ?? []) {
          const instance = plainText(endpoint.targetRef?.name ?? endpoint.addresses[0] ?? "", 253);
          const pod = reasons.get(instance);
          const port = ports?.[0]?.port ?? 0;
          targets.set(`${instance}:${port}`, {
            instance,
            port,
            ...healthOf(endpoint.conditions ?? {}, pod),
          });
        }
      return [...targets.values()].toSorted((a, b) => (a.instance < b.instance ? -1 : 1));
    },

    async weights(rule) {
      const api = await open();
      return weightsOf(await routeNamed(api, rule));
    },
  };
}

/** Moves traffic between the Services of an HTTPRoute, all weights at once. */
export function balancerAdmin(open: () => Promise<KubernetesApi>): BalancerAdmin {
  return {
    async setWeights(rule, weights) {
      const api = await open();
      const route = await routeNamed(api, rule);
      const now = weightsOf(route);
      const unknown = weights.find(({ group }) => !now.some((one) => one.group === group));
      if (unknown !== undefined || weights.length !== now.length)
        throw new OpsError("tool-refused", {
          summary: `The HTTPRoute ${plainText(rule, 80)} splits traffic between ${now.map(({ group }) => group).join(", ")}, and weights for others or fewer were asked for.`,
          hint: "Nothing was changed. A split is set as a whole.",
        });
      const patch = [
        { op: "test", path: "/metadata/resourceVersion", value: route.metadata.resourceVersion },
        ...now.map(({ group }, index) => ({
          op: "add",
          path: `/spec/rules/0/backendRefs/${index}/weight`,
          value: weights.find((one) => one.group === group)?.weight ?? 0,
        })),
      ];
      const what = { kind: kinds.routes, name: rule };
      const sent = await api.change("patch", what, patch, "application/json-patch+json");
      if (typeof sent === "object") return;
      throw new OpsError("tool-refused", {
        summary: `The HTTPRoute ${plainText(rule, 80)} was changed or deleted by somebody else just now, so its weights were left alone.`,
        hint: "Look again at how it splits traffic, and find out who changes it.",
      });
    },
  };
}

async function routeNamed(api: KubernetesApi, rule: string): Promise<Route> {
  const what = { kind: kinds.routes, name: rule };
  const route = present(await api.get(what, Route), api, what);
  if (route.spec.rules?.length === 1) return route;
  throw new OpsError("tool-refused", {
    summary: `The HTTPRoute ${plainText(rule, 80)} has ${route.spec.rules?.length ?? 0} rules, and which of them splits the traffic is not ours to guess.`,
    hint: "Name a route with one rule as the service's rule.",
  });
}

function weightsOf({ spec }: Route): readonly Weight[] {
  // Without a word a Service counts once; source: Gateway API, "BackendRef".
  return (spec.rules?.[0]?.backendRefs ?? []).map(({ name, weight }) => ({
    group: name,
    weight: weight ?? 1,
  }));
}

type Conditions = {
  readonly ready?: boolean | null | undefined;
  readonly serving?: boolean | null | undefined;
  readonly terminating?: boolean | null | undefined;
};

/** An endpoint's health; source: Kubernetes API reference, "EndpointConditions": an unknown ready counts as ready. */
function healthOf(
  { ready, serving, terminating }: Conditions,
  pod: Pod | undefined,
): Pick<Target, "health" | "reason"> {
  if (terminating === true) return { health: "draining", reason: "Terminating" };
  if ((ready ?? true) && serving !== false) return { health: "healthy" };
  if (pod === undefined) return { health: "unhealthy", reason: "NotReady" };
  const reason = plainText(reasonOf(pod), 120);
  const starting =
    pod.status.phase === "Pending" || reason === "ContainerCreating" || reason === "PodInitializing";
  return { health: starting ? "initial" : "unhealthy", reason };
}

function serviceName(group: string): string {
  if (/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(group)) return group;
  throw new OpsError("tool-refused", {
    summary: `"${plainText(group, 80)}" is not the name of a Service.`,
    hint: "On Kubernetes a service's group, in the environment's file, is the name of its Service.",
  });
}
