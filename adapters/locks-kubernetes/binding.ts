import { z } from "zod";
import { isDuration, type Duration } from "#kit/duration.ts";
import { OpsError } from "#kit/errors.ts";
import { namespaceName, ServerAndToken } from "../kubernetes/cluster-ref.ts";

const duration = z.custom<Duration>(isDuration, { error: 'is not a duration like "5s"' });
const Cluster = z.union(
  [
    z.literal("in-cluster"),
    z.strictObject({ kubeconfig: z.string().min(1), context: z.string().min(1).optional() }),
    ServerAndToken,
  ],
  {
    error:
      'is "in-cluster", or names a {kubeconfig} with its {context}, or an https {server} with {token} and {ca}',
  },
);

/** The `kubernetes-lease` binding of an environment file: the namespace in whose Leases its locks live. */
export const LeaseLocksBinding = z.strictObject({
  /** How to reach the cluster, and as whom: a service account's own mount, a kubeconfig, or address and token. */
  cluster: Cluster,
  /** A namespace of its own, so that nobody else's clean-up deletes a lock and with it the fence. */
  namespace: namespaceName,
  /** Longest wait for one answer. */
  timeout: duration.default("5s"),
  /** How far apart the clocks of the cluster's API servers may be; an ended lease is taken over this much later. */
  skew: duration.default("5s"),
});
export type LeaseLocksBinding = z.infer<typeof LeaseLocksBinding>;

/** Checks the `kubernetes-lease` part of an environment's bindings; throws `binding-missing` without one and `environment-invalid` with each fault named. */
export function parseLeaseLocksBinding(binding: unknown): LeaseLocksBinding {
  if (binding === undefined)
    throw new OpsError("binding-missing", {
      summary: "This environment keeps its locks in Kubernetes and has no kubernetes-lease binding.",
      hint: "Add bindings.kubernetes-lease with cluster and namespace to its file in data/environments/.",
    });
  const parsed = LeaseLocksBinding.safeParse(binding);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `${["kubernetes-lease", ...issue.path].join(".")} ${issue.message}`,
  );
  throw new OpsError("environment-invalid", {
    summary: `The environment's kubernetes-lease binding is not usable: ${faults.join("; ")}.`,
    hint: "It needs namespace and cluster; a token stands there as {env: NAME} or {file: path}, never as a value.",
  });
}
