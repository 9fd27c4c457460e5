import type { Service } from "#kit/ports.ts";
import type { PortsUsed } from "#kit/uses.ts";
import { clusterNamespace } from "./identity.ts";
import { type Kind, kinds } from "./kinds.ts";

/** One right in a namespace, or over the cluster for kinds that are everywhere: verbs on a kind or a part of it, of named objects only where it has names. */
export type Right = {
  readonly kind: Kind;
  readonly part?: string;
  readonly verbs: readonly string[];
  readonly names?: readonly string[];
};

/** The least that the two roles need, and what looking at disks needs besides. */
export type KubernetesRights = {
  readonly read: readonly Right[];
  readonly act: readonly Right[];
  /** Over the cluster, and strong: whoever may ask a node through the API server may ask it anything. Nothing depends on it but the disks of `hosts`. */
  readonly disks: readonly Right[];
};

type Names = {
  readonly workloads: readonly string[];
  readonly logged: readonly string[];
  readonly routes: readonly string[];
  readonly policies: readonly string[];
};

/** The pods of a Deployment, by its selector and its ReplicaSets. */
const podsOf = (names: readonly string[]): readonly Right[] => [
  { kind: kinds.deployments, verbs: ["get"], names },
  { kind: kinds.replicasets, verbs: ["list"] },
  { kind: kinds.pods, verbs: ["list"] },
];

/** What each port asks of the API server. */
const byReader: Readonly<Record<string, (names: Names) => readonly Right[]>> = {
  workloads: ({ workloads }) => [
    ...podsOf(workloads),
    { kind: kinds.autoscalers, verbs: ["list"] },
    { kind: kinds.events, verbs: ["list"] },
  ],
  hosts: ({ workloads }) => [...podsOf(workloads), { kind: kinds.podmetrics, verbs: ["get"] }],
  deploys: ({ workloads }) => podsOf(workloads),
  logs: ({ workloads, logged }) => [
    ...podsOf([...workloads, ...logged]),
    { kind: kinds.pods, part: "log", verbs: ["get"] },
  ],
  balancer: ({ routes }) => [
    { kind: kinds.endpointslices, verbs: ["list"] },
    { kind: kinds.pods, verbs: ["list"] },
    { kind: kinds.routes, verbs: ["get"], names: routes },
  ],
  firewall: ({ policies }) => [{ kind: kinds.networkpolicies, verbs: ["get"], names: policies }],
  instances: () => [{ kind: kinds.pods, verbs: ["get"] }],
};

const byOperator: Readonly<Record<string, (names: Names) => readonly Right[]>> = {
  workloadAdmin: ({ workloads }) => [
    ...podsOf(workloads),
    { kind: kinds.autoscalers, verbs: ["list"] },
    // No names: pods come and go. Each is deleted by its uid, after its owner was looked at.
    { kind: kinds.pods, verbs: ["delete"] },
    { kind: kinds.pods, part: "eviction", verbs: ["create"] },
    { kind: kinds.deployments, verbs: ["patch"], names: workloads },
    { kind: kinds.deployments, part: "scale", verbs: ["get", "update"], names: workloads },
  ],
  balancerAdmin: ({ routes }) => [{ kind: kinds.routes, verbs: ["get", "patch"], names: routes }],
};

/** The rights for what is used. `saysWhichCluster` where the environment's file does, so that each role can prove that it reached it. */
export function kubernetesRights(
  services: readonly Service[],
  uses: PortsUsed,
  saysWhichCluster: boolean,
): KubernetesRights {
  const names = namesOf(services);
  const which: readonly Right[] = saysWhichCluster
    ? [{ kind: kinds.namespaces, verbs: ["get"], names: [clusterNamespace] }]
    : [];
  const reading = [...uses.readers].flatMap((port) => byReader[port]?.(names) ?? []);
  // Profiles are asked of the units themselves, whose addresses are looked up.
  if (uses.operators.has("profiler")) reading.push(...podsOf(names.workloads));
  const acting = [...uses.operators].flatMap((port) => byOperator[port]?.(names) ?? []);
  return {
    read: reading.length + acting.length === 0 ? [] : together([...reading, ...which]),
    act: acting.length === 0 ? [] : together([...acting, ...which]),
    disks: uses.readers.has("hosts") ? [{ kind: kinds.nodes, part: "proxy", verbs: ["get"] }] : [],
  };
}

/** Rights over the same objects as one, without those whose names are none. */
function together(rights: readonly Right[]): readonly Right[] {
  const found = new Map<string, Right>();
  for (const { kind, part, verbs, names } of rights) {
    const distinct = names === undefined ? undefined : [...new Set(names)].sort();
    if (distinct?.length === 0) continue;
    const key = JSON.stringify([kind.group, kind.plural, part, distinct]);
    const known = found.get(key)?.verbs ?? [];
    found.set(key, {
      kind,
      verbs: [...new Set([...known, ...verbs])].sort(),
      ...(part === undefined ? {} : { part }),
      ...(distinct === undefined ? {} : { names: distinct }),
    });
  }
  return [...found.values()];
}

function namesOf(services: readonly Service[]): Names {
  const isOurs = (name: string | undefined) => name !== undefined && !/[:/=]/.test(name);
  const some = (names: readonly (string | undefined)[]) =>
    [...new Set(names)].filter((name): name is string => isOurs(name));
  return {
    workloads: some(services.map(({ workload }) => workload)),
    logged: some(services.map(({ logGroup }) => logGroup)),
    routes: some(services.map(({ rule }) => rule)),
    policies: some(services.flatMap(({ firewallGroups }) => firewallGroups)).filter(
      (name) => !name.startsWith("sg-"),
    ),
  };
}
