import type { LeaseLocksBinding } from "./binding.ts";
import type { LeaseVerb } from "./fault.ts";

/** What the lock store does with Leases; a fence must never be forgotten, so nothing is ever deleted. */
export const leaseVerbs: readonly LeaseVerb[] = ["get", "list", "create", "update"];

const group = "coordination.k8s.io";
const name = "csrd-ops-locks";

/** The Role with those verbs in the locks' own namespace, and its binding to a service account, as Kubernetes objects. */
export function leaseRbac({ namespace }: LeaseLocksBinding): readonly object[] {
  return [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name, namespace },
      // No resourceNames: `create` and `list` know none, and the namespace holds nothing else.
      rules: [{ apiGroups: [group], resources: ["leases"], verbs: leaseVerbs }],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name, namespace },
      subjects: [{ kind: "ServiceAccount", name: "csrd-ops", namespace }],
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    },
  ];
}
