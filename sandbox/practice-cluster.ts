import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { kubernetesRights, type Right } from "#adapters/kubernetes/rights.ts";
import { OpsError } from "#kit/errors.ts";
import type { Service } from "#kit/ports.ts";
import { operatorNames, readerNames } from "#kit/uses.ts";
import type { Balancer } from "./balancer/balancer.ts";
import type { CloudWeight } from "./cloud.ts";
import type { Firewall } from "./firewall.ts";
import { type Fleet, workloadOf } from "./fleet.ts";
import { type Line, startLine } from "./line.ts";
import { firewallGroups } from "./names.ts";
import { type PodServices, startPodServices } from "./pod-services.ts";
import { type PodNode, podCountOf, podNamespace as namespace } from "./pod-node.ts";
import { keepSecret } from "./secrets.ts";
import { serviceNames, type Surroundings, versionBefore } from "./services.ts";
import type { Account } from "./standins/kubernetes/access.ts";
import {
  type KubernetesStandin,
  startKubernetesStandin,
} from "./standins/kubernetes/start-kubernetes-standin.ts";

/** The practice production's cluster: the real platform in pods, behind the Kubernetes API and a line that can be cut. */
export type PracticeCluster = {
  readonly standin: KubernetesStandin;
  readonly line: Line;
  readonly node: PodNode;
  /** The pods in the shape in which everything else here knows machines. */
  readonly fleet: Fleet;
  /** The `kubernetes` binding of the environment file, and the fact that says which cluster it is. */
  readonly binding: Readonly<Record<string, unknown>>;
  readonly clusterUid: string;
  /** Where each service is reached, whichever of its pods answers. */
  readonly services: PodServices;
  /** Joins what people change through the API and what really happens to traffic. */
  readonly joinTraffic: (balancer: Balancer, firewall: Firewall, groups: readonly [string, string]) => void;
  /** Gives every Deployment its first form again and waits until all pods of it are ready. */
  readonly restore: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** The Deployments of the practice platform: each service, and the API's version before, which takes no traffic. */
const deploymentNames = [...serviceNames, "standby"] as const;
/** Names under which traffic reaches the API's two versions. */
export const trafficNames = { route: "api", used: "api", spare: "standby", policy: "api" } as const;

/** Most pods of one service that anybody here may want. */
export const mostPods = 4;

/** Starts a cluster over a node; its first pods start with it. */
export async function startPracticeCluster(
  dir: string,
  node: PodNode,
  around: Surroundings,
): Promise<PracticeCluster> {
  const tokens = { read: newToken(), act: newToken() };
  const rights = kubernetesRights(namedServices, everyUse, true);
  const account = (user: "read" | "act", some: readonly Right[]): Account => ({
    user: `system:serviceaccount:${namespace}:csrd-ops-${user}`,
    token: tokens[user],
    rules: some.map(ruleOf),
  });
  const standin = await startKubernetesStandin({
    accounts: [account("read", [...rights.read, ...rights.disks]), account("act", rights.act)],
    namespaces: [namespace],
    cluster: {
      node,
      objects: firstObjects(around),
      // Shorter than the ten seconds of a real node, like all times here.
      backoffMs: 2_000,
    },
  });
  const line = await startLine(standin.url);
  const services = await startPodServices(node.serving);
  const over = new AbortController();
  const credentials = (role: "read" | "act") => ({
    server: line.url,
    token: keepSecret(dir, `kubernetes-${role}-token`, tokens[role]),
  });

  const restore = async (): Promise<void> => {
    for (const { plural, object } of firstObjects(around))
      if (plural === "deployments") {
        const known = standin.peek(plural, namespace, object.metadata.name);
        standin.put(plural, { ...known, ...object, metadata: { ...known?.metadata, ...object.metadata } });
      }
    for (const machine of node.machines()) machine.signal("SIGCONT");
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline) {
      const serving = node.serving().map(({ name }) => name);
      const isWhole = (name: string) =>
        serving.filter((pod) => pod.startsWith(`${name}-`)).length === podCountOf(name);
      if (deploymentNames.every(isWhole)) return;
      await sleep(100);
    }
    throw new OpsError("sandbox-failed", {
      summary: "The practice cluster's pods were not all ready again after 60 s.",
      hint: "ops sandbox status shows which; their logs are in the sandbox's folder.",
    });
  };

  return {
    standin,
    line,
    node,
    binding: { namespace, read: credentials("read"), act: credentials("act") },
    clusterUid: standin.clusterUid,
    services,
    fleet: {
      machines: node.machines,
      serving: node.serving,
      logs: node.logs,
      groups: () => [],
      activities: () => [],
      setDesired: (workload, count) => {
        const name = serviceNames.find((one) => workloadOf(one) === workload);
        const known = name === undefined ? undefined : standin.peek("deployments", namespace, name);
        if (known === undefined) return;
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object of ours, whose form firstObjects gives
        const spec = known["spec"] as object;
        standin.put("deployments", { ...known, spec: { ...spec, replicas: count } });
      },
      reset: restore,
      stop: async () => {
        await standin.stop();
        await node.stop();
      },
    },
    joinTraffic: (balancer, firewall, groups) =>
      void keepTraffic({ standin, balancer, firewall, groups, signal: over.signal }),
    restore,
    stop: async () => {
      over.abort();
      await services.stop();
      await line.stop();
    },
  };
}

/** What is told apart by names in the rights of the two accounts. */
const namedServices: readonly Service[] = deploymentNames.map((name) => ({
  name,
  url: "http://127.0.0.1",
  instances: [],
  workload: name,
  rule: trafficNames.route,
  firewallGroups: [trafficNames.policy],
  floor: 1,
}));
const everyUse = { readers: new Set(readerNames), operators: new Set<string>(operatorNames) };

function ruleOf({ kind, part, verbs, names }: Right): Account["rules"][number] {
  const inside = kind.everywhere === true ? {} : { namespaces: [namespace] };
  return {
    resource: part === undefined ? kind.plural : `${kind.plural}/${part}`,
    group: kind.group,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the verbs of rights are those of the API
    verbs: verbs as Account["rules"][number]["verbs"],
    ...(names === undefined ? {} : { names }),
    ...inside,
  };
}

/** Like on machines, the last deploy was a week before the practice began. */
const deployedAt = `${new Date(Date.now() - 7 * 24 * 3_600_000).toISOString().slice(0, 19)}Z`;

function firstObjects(around: Surroundings) {
  const labels = (name: string) => ({
    "app.kubernetes.io/name": name,
    "app.kubernetes.io/part-of": "csrd",
  });
  const deployment = (name: string) => ({
    plural: "deployments",
    object: {
      metadata: { name, namespace, labels: labels(name), generation: 1, creationTimestamp: deployedAt },
      spec: {
        replicas: podCountOf(name),
        selector: { matchLabels: { "app.kubernetes.io/name": name } },
        template: {
          metadata: { labels: labels(name) },
          spec: {
            containers: [
              {
                name,
                image: `registry.practice.invalid/csrd-platform:${name === "standby" ? versionBefore : around.version}`,
                resources: {
                  limits: { cpu: "1", memory: "2Gi" },
                  requests: { cpu: "100m", memory: "256Mi" },
                },
              },
            ],
          },
        },
      },
    },
  });
  const service = (name: string) => ({
    plural: "services",
    object: {
      metadata: { name, namespace },
      spec: { selector: { "app.kubernetes.io/name": name }, ports: [{ port: 80 }] },
    },
  });
  return [
    ...deploymentNames.map(deployment),
    ...deploymentNames.map(service),
    {
      plural: "poddisruptionbudgets",
      object: {
        metadata: { name: "api", namespace },
        spec: {
          minAvailable: 1,
          selector: { matchLabels: { "app.kubernetes.io/name": "api" } },
          // Pods that take no work anyhow may always be replaced.
          unhealthyPodEvictionPolicy: "AlwaysAllow",
        },
      },
    },
  ];
}

/** Policy and route in the cluster, firewall and weights in the balancer: whichever side was changed last is what both are. */
async function keepTraffic(parts: {
  readonly standin: KubernetesStandin;
  readonly balancer: Balancer;
  readonly firewall: Firewall;
  readonly groups: readonly [string, string];
  readonly signal: AbortSignal;
}): Promise<void> {
  const { standin, balancer, firewall, groups, signal } = parts;
  let known: readonly CloudWeight[] = [];
  while (!signal.aborted) {
    standin.put("networkpolicies", policyOf(firewall));
    const asked = weightsIn(standin, groups);
    if (asked !== undefined && known.length > 0 && !isDeepStrictEqual(asked, known))
      balancer.setWeights(asked);
    const now = balancer.weights();
    if (!isDeepStrictEqual(asked, now)) standin.put("httproutes", routeOf(standin, now, groups));
    known = now;
    await sleep(300, undefined, { signal }).catch(() => undefined);
  }
}

function policyOf(firewall: Firewall) {
  const open = firewall.rules().filter(({ group }) => group === firewallGroups.api);
  return {
    metadata: { name: trafficNames.policy, namespace },
    spec: {
      podSelector: { matchLabels: { "app.kubernetes.io/name": "api" } },
      policyTypes: ["Ingress"],
      ingress: open.map(({ fromPort, toPort, cidrs }) => ({
        from: cidrs.map((cidr) => ({ ipBlock: { cidr } })),
        ports: [{ protocol: "TCP", port: fromPort, endPort: toPort }],
      })),
    },
  };
}

function routeOf(
  standin: KubernetesStandin,
  weights: readonly CloudWeight[],
  groups: readonly [string, string],
) {
  const known = standin.peek("httproutes", namespace, trafficNames.route);
  const weightOf = (group: string) => weights.find((one) => one.group === group)?.weight ?? 0;
  return {
    ...known,
    metadata: { ...known?.metadata, name: trafficNames.route, namespace },
    spec: {
      rules: [
        {
          backendRefs: [
            { name: trafficNames.used, port: 80, weight: weightOf(groups[0]) },
            { name: trafficNames.spare, port: 80, weight: weightOf(groups[1]) },
          ],
        },
      ],
    },
  };
}

function weightsIn(
  standin: KubernetesStandin,
  [used, spare]: readonly [string, string],
): readonly CloudWeight[] | undefined {
  const route = standin.peek("httproutes", namespace, trafficNames.route);
  if (route === undefined) return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object of ours, whose form routeOf gives
  const { rules } = route["spec"] as ReturnType<typeof routeOf>["spec"];
  const refs = rules[0]?.backendRefs ?? [];
  const weightOf = (name: string) => refs.find((one) => one.name === name)?.weight ?? 0;
  return [
    { group: used, weight: weightOf(trafficNames.used) },
    { group: spare, weight: weightOf(trafficNames.spare) },
  ];
}

function newToken(): string {
  return randomBytes(24).toString("hex");
}
