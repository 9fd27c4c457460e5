import type { Operators } from "#kit/ports.ts";
import { kubernetesApi } from "./api.ts";
import { balancerAdmin } from "./balancer.ts";
import type { KubernetesBinding } from "./binding.ts";
import { requireCluster } from "./identity.ts";
import { workloadAdmin } from "./workload-admin.ts";

/** The hands Kubernetes gives. */
export type KubernetesOperators = Pick<Operators, "workloadAdmin" | "balancerAdmin">;

/** Everything that can be changed, under the acting credentials. */
export function kubernetesOperators(binding: KubernetesBinding): KubernetesOperators & {
  /** Throws `environment-mismatch` unless both credentials lead to this cluster: what is acted on must be what was looked at. */
  readonly requireCluster: (uid: string) => Promise<void>;
} {
  const open = kubernetesApi(binding, "act");
  return {
    workloadAdmin: workloadAdmin(open),
    balancerAdmin: balancerAdmin(open),
    requireCluster: async (uid) => {
      const [acting, looking] = await Promise.all([open(), kubernetesApi(binding, "read")()]);
      await Promise.all([requireCluster(acting, uid, "act"), requireCluster(looking, uid, "read")]);
    },
  };
}
