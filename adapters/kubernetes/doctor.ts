import { OpsError } from "#kit/errors.ts";
import type { Service } from "#kit/ports.ts";
import type { Outcome, ReadinessProbe } from "#kit/readiness.ts";
import type { PortsUsed } from "#kit/uses.ts";
import { hear } from "../http-clock.ts";
import { judgeHeard } from "../judge-heard.ts";
import { type KubernetesApi, kubernetesApi } from "./api.ts";
import type { KubernetesBinding, KubernetesRole } from "./binding.ts";
import { clusterUid } from "./identity.ts";
import { kinds, qualified } from "./kinds.ts";
import { kubernetesRights, type Right } from "./rights.ts";
import { workloadReader } from "./workloads.ts";

/** Ports that Kubernetes serves. */
const kubernetesPorts = {
  readers: ["workloads", "hosts", "instances", "balancer", "firewall", "logs", "deploys"],
  operators: ["workloadAdmin", "balancerAdmin", "profiler"],
} as const;

const longestMs = 5_000;
const asksTogether = 6;

/** What an environment expects of its cluster. */
export type KubernetesExpected = {
  /** The cluster's uid, where the file says it. */
  readonly cluster: string | undefined;
  readonly services: readonly Service[];
  readonly uses: PortsUsed;
  readonly environment: string;
};

/** Everything about the cluster that can be seen without changing anything: which one it is, what both roles may do, and whether what the file names is there. */
export function kubernetesProbes(
  binding: KubernetesBinding,
  expected: KubernetesExpected,
): readonly ReadinessProbe[] {
  const open = { read: kubernetesApi(binding, "read"), act: kubernetesApi(binding, "act") };
  const { uses, services, cluster } = expected;
  const rights = kubernetesRights(services, uses, cluster !== undefined);
  const everyPort = { ports: [...kubernetesPorts.readers, ...kubernetesPorts.operators] };
  const acting = { ports: [...kubernetesPorts.operators] };
  const role = (name: KubernetesRole, needs: ReadinessProbe["needs"]): ReadinessProbe => ({
    id: `kubernetes.${name}.rights`,
    what: `Kubernetes ${name} role`,
    needs,
    look: async () => mayAll(await open[name](), rights[name], name, expected),
  });
  return [
    ...(cluster === undefined
      ? []
      : [
          {
            id: "kubernetes.cluster",
            what: "Kubernetes cluster",
            needs: everyPort,
            look: async () => rightCluster(await open.read(), cluster),
          },
        ]),
    role("read", everyPort),
    ...(rights.act.length === 0 ? [] : [role("act", acting)]),
    {
      id: "kubernetes.roles",
      what: "Kubernetes roles",
      needs: acting,
      look: async () => mayOnlyLook(await open.read()),
    },
    {
      id: "kubernetes.clock",
      what: "Kubernetes clock",
      needs: everyPort,
      look: async () =>
        judgeHeard(await hear(`${(await open.read()).address}/livez`, "Kubernetes", longestMs), "clock"),
    },
    ...services
      .filter(({ workload }) => workload !== undefined)
      .map(
        (service): ReadinessProbe => ({
          id: `kubernetes.workload.${service.name}`,
          what: `Deployment ${service.workload ?? ""}`,
          needs: { ports: ["workloads", "hosts", "workloadAdmin"] },
          look: () => isThere(open.read, service),
        }),
      ),
    ...(rights.disks.length === 0
      ? []
      : [
          {
            id: "kubernetes.disks",
            what: "Kubernetes disks",
            needs: { ports: ["hosts"] },
            look: async () => seesDisks(await open.read()),
          },
        ]),
  ];
}

async function rightCluster(api: KubernetesApi, expected: string): Promise<Outcome> {
  const found = await clusterUid(api);
  return found === expected
    ? { state: "ready", says: `${api.place} is ${expected}, as the environment's file says` }
    : {
        state: "not-ready",
        says: `${api.place} is ${found}, and this environment is ${expected}`,
        now: "Name the right context or server as bindings.kubernetes.read",
      };
}

/** The server's own answer about each right. */
async function mayAll(
  api: KubernetesApi,
  rights: readonly Right[],
  role: KubernetesRole,
  { environment }: KubernetesExpected,
): Promise<Outcome> {
  const asks = rights.flatMap(({ kind, part, verbs, names }) =>
    verbs.flatMap((verb) =>
      (names ?? [undefined]).map((name) => ({
        verb,
        kind,
        ...(part === undefined ? {} : { part }),
        ...(name === undefined ? {} : { name }),
      })),
    ),
  );
  const answers: string[] = [];
  const waiting = [...asks];
  const askNext = async (): Promise<void> => {
    for (let ask = waiting.shift(); ask !== undefined; ask = waiting.shift()) {
      const { verb, kind, part, name } = ask;
      if (await api.may(ask)) continue;
      answers.push(
        `${verb} ${qualified(kind)}${part === undefined ? "" : `/${part}`}${name === undefined ? "" : ` ${name}`}`,
      );
    }
  };
  await Promise.all(Array.from({ length: asksTogether }, askNext));
  const denied = answers.toSorted();
  const says = `${asks.length - denied.length} of ${asks.length} rights in ${api.namespace} at ${api.place}`;
  if (denied.length === 0) return { state: "ready", says };
  const more = denied.length > 3 ? ` and ${denied.length - 3} more` : "";
  return {
    state: "not-ready",
    says: `${says}; may not ${denied.slice(0, 3).join(", ")}${more}`,
    now: `Apply what this prints: ops permissions --env ${environment} --part kubernetes-${role}`,
  };
}

/** Whoever looks must not be able to act by mistake. */
async function mayOnlyLook(api: KubernetesApi): Promise<Outcome> {
  const [deletes, evicts] = await Promise.all([
    api.may({ verb: "delete", kind: kinds.pods }),
    api.may({ verb: "create", kind: kinds.pods, part: "eviction" }),
  ]);
  return deletes || evicts
    ? {
        state: "warning",
        says: "the looking credentials may end pods as well",
        now: "Give bindings.kubernetes.read an account of its own, with what ops permissions --part kubernetes-read prints",
      }
    : { state: "ready", says: "looking and acting are apart" };
}

async function isThere(open: () => Promise<KubernetesApi>, service: Service): Promise<Outcome> {
  const { units, desired, size, least, most, scaledBy } = await workloadReader(open).describe(service);
  const ready = units.filter((unit) => unit.ready).length;
  const keeper = scaledBy === undefined ? "" : `, kept by ${scaledBy}`;
  const says = `${ready} of ${desired} pods ready, ${least} to ${most} allowed${keeper}`;
  return size === undefined
    ? {
        state: "warning",
        says: `${says}; no limit of processor and memory`,
        now: "Give its container both limits: without them nobody can say how full it is",
      }
    : { state: "ready", says };
}

async function seesDisks(api: KubernetesApi): Promise<Outcome> {
  try {
    const may = await api.may({ verb: "get", kind: kinds.nodes, part: "proxy" });
    return may
      ? { state: "ready", says: "nodes may be asked how full the pods' disks are" }
      : {
          state: "warning",
          says: "nodes may not be asked, so the pods' disks are not seen",
          now: "Where that is wanted: ops permissions --part kubernetes-disks, after reading what it says",
        };
  } catch (error) {
    if (!OpsError.is(error)) throw error;
    return { state: "unknown", says: error.summary };
  }
}
