import type { LeaseLocksBinding } from "./binding.ts";
import type { LeaseVerb } from "./fault.ts";

/** What the lock store does with Leases; a fence must never be forgotten, so nothing is ever deleted. */
export const leaseVerbs: readonly LeaseVerb[] = ["get", "list", "create", "update"];

const name = "csrd-ops-locks";
const keeper = "kube-system";

type Rule = {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
};

/**
 * The Role with those verbs in the locks' own namespace and its binding to a service account, as Kubernetes objects. Where the
 * environment's file says which cluster it is, also the right to read the one namespace whose uid tells: reading a namespace is
 * authorized inside it, so that no right over the whole cluster is needed.
 */
export function leaseRbac({ namespace }: LeaseLocksBinding, saysWhichCluster: boolean): readonly object[] {
  // No resourceNames for Leases: `create` and `list` know none, and the namespace holds nothing else.
  const leases = { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: leaseVerbs };
  const uid = { apiGroups: [""], resources: ["namespaces"], resourceNames: [keeper], verbs: ["get"] };
  return [
    ...roleIn(namespace, leases, namespace),
    ...(saysWhichCluster ? roleIn(keeper, uid, namespace) : []),
  ];
}

function roleIn(namespace: string, rule: Rule, home: string): readonly object[] {
  return [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name, namespace },
      rules: [rule],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name, namespace },
      subjects: [{ kind: "ServiceAccount", name: "csrd-ops", namespace: home }],
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    },
  ];
}
