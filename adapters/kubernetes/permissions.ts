import type { KubernetesBinding } from "./binding.ts";
import { clusterNamespace } from "./identity.ts";
import type { KubernetesRights, Right } from "./rights.ts";

const names = { read: "csrd-ops-read", act: "csrd-ops-act", disks: "csrd-ops-disks" } as const;

/** The roles with those rights and their bindings to two service accounts, as Kubernetes objects, for each of which there is something to allow. */
export function kubernetesRbac(
  { namespace }: Pick<KubernetesBinding, "namespace">,
  { read, act, disks }: KubernetesRights,
): Readonly<Record<"read" | "act" | "disks", readonly object[]>> {
  return {
    read: rolesIn(namespace, names.read, read),
    act: rolesIn(namespace, names.act, act),
    disks: disks.length === 0 ? [] : overCluster(namespace, disks),
  };
}

function rolesIn(namespace: string, name: string, rights: readonly Right[]): readonly object[] {
  const here = rights.filter(({ kind }) => kind.everywhere !== true);
  // Reading a namespace is allowed inside it, so that no right over the whole cluster is needed.
  const there = rights.filter(({ kind }) => kind.everywhere === true);
  return [
    ...(here.length === 0 ? [] : role(namespace, name, here, namespace)),
    ...(there.length === 0 ? [] : role(clusterNamespace, name, there, namespace)),
  ];
}

function role(namespace: string, name: string, rights: readonly Right[], home: string): readonly object[] {
  return [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name, namespace },
      rules: rights.map(ruleOf),
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name, namespace },
      subjects: [{ kind: "ServiceAccount", name, namespace: home }],
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    },
  ];
}

function overCluster(home: string, rights: readonly Right[]): readonly object[] {
  const name = names.disks;
  return [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name },
      rules: rights.map(ruleOf),
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name },
      subjects: [{ kind: "ServiceAccount", name: names.read, namespace: home }],
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
    },
  ];
}

function ruleOf({ kind: { group, plural }, part, verbs, names: only }: Right): object {
  return {
    apiGroups: [group],
    resources: [part === undefined ? plural : `${plural}/${part}`],
    ...(only === undefined ? {} : { resourceNames: only }),
    verbs,
  };
}
