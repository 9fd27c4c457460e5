import { createHash } from "node:crypto";
import { isHealthy } from "./disruption.ts";
import type { Happenings } from "./happenings.ts";
import { deployments, DeploymentSpec, pods, replicasets } from "./kinds.ts";
import type { Objects } from "./objects.ts";
import type { Stored } from "./resource.ts";

/** What a Deployment's controller may do to pods. */
export type Hands = {
  /** Undefined where no pod may be made, a quota say; the reason has been written down. */
  readonly create: (set: Stored, deployment: Stored, spec: DeploymentSpec) => Stored | undefined;
  readonly remove: (pod: Stored) => void;
};

const revisionKey = "deployment.kubernetes.io/revision";

/** Brings every Deployment a step nearer to what it is wanted to be; source: Kubernetes docs, "Deployments", rolling update with one more and none less. */
export function rollOut(kept: Objects, hands: Hands, tell: Happenings): void {
  for (const deployment of kept.list(deployments, undefined)) {
    const spec = DeploymentSpec.parse(deployment["spec"]);
    const sets = kept
      .list(replicasets, deployment.metadata.namespace)
      .filter((set) => isOwnedBy(set, deployment));
    const current = currentSet(kept, deployment, spec, sets, tell);
    const all = sets.some(({ metadata }) => metadata.uid === current.metadata.uid)
      ? sets
      : [...sets, current];
    step(kept, deployment, spec, current, all, hands, tell);
    report(kept, deployment, spec, current, all);
  }
}

/** Those pods that belong to an owner and are not on their way out. */
function alive(kept: Objects, owner: Stored): readonly Stored[] {
  return kept
    .list(pods, owner.metadata.namespace)
    .filter((pod) => isOwnedBy(pod, owner) && pod.metadata["deletionTimestamp"] === undefined);
}

function step(
  kept: Objects,
  deployment: Stored,
  spec: DeploymentSpec,
  current: Stored,
  sets: readonly Stored[],
  hands: Hands,
  tell: Happenings,
): void {
  const wanted = spec.replicas;
  let news = alive(kept, current).length;
  const olds = sets
    .filter((set) => set !== current && set.metadata.uid !== current.metadata.uid)
    .flatMap((set) => alive(kept, set));
  const before = Number(current["spec"] === undefined ? 0 : Reflect.get(Object(current["spec"]), "replicas"));
  const most = wanted + (olds.length > 0 ? 1 : 0);
  while (news < wanted && news + olds.length < most && hands.create(current, deployment, spec) !== undefined)
    news += 1;
  for (const pod of inOrderOfLoss(alive(kept, current)).slice(0, Math.max(0, news - wanted))) {
    hands.remove(pod);
    news -= 1;
  }
  const serving = [...alive(kept, current), ...olds].filter(isHealthy).length;
  const [leaving] = inOrderOfLoss(olds);
  const mayLeave =
    leaving !== undefined && (isHealthy(leaving) ? serving > wanted : news + olds.length > wanted);
  if (mayLeave) hands.remove(leaving);
  else if (leaving !== undefined && wanted === 0) hands.remove(leaving);
  if (before !== news)
    tell(
      deployment,
      "Normal",
      "ScalingReplicaSet",
      `Scaled ${before < news ? "up" : "down"} replica set ${current.metadata.name} from ${before} to ${news}`,
    );
}

/** Who goes first: whoever takes no work, then the youngest. */
function inOrderOfLoss(some: readonly Stored[]): readonly Stored[] {
  return [...some].sort(
    (a, b) =>
      Number(isHealthy(a)) - Number(isHealthy(b)) ||
      (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1),
  );
}

/** The ReplicaSet of what is wanted now; made, or taken up again, when that changed. */
function currentSet(
  kept: Objects,
  deployment: Stored,
  { template, selector }: DeploymentSpec,
  sets: readonly Stored[],
  tell: Happenings,
): Stored {
  const hash = createHash("sha1").update(JSON.stringify(template)).digest("hex").slice(0, 9);
  const { name, namespace } = deployment.metadata;
  const newest = Math.max(0, ...sets.map(revisionOf));
  const found = sets.find((set) => set.metadata.labels?.["pod-template-hash"] === hash);
  if (found !== undefined && revisionOf(found) === newest) return found;
  const labels = { ...template.metadata?.labels, "pod-template-hash": hash };
  const set = kept.keep(replicasets, {
    ...found,
    metadata: {
      ...found?.metadata,
      // What runs from the start was rolled out when it was declared.
      ...(newest === 0 ? { creationTimestamp: deployment.metadata.creationTimestamp } : {}),
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: { [revisionKey]: String(newest + 1) },
      ownerReferences: [ownerOf(deployment)],
    },
    spec: {
      replicas: found === undefined ? 0 : Reflect.get(Object(found["spec"]), "replicas"),
      selector: { matchLabels: { ...selector.matchLabels, "pod-template-hash": hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
    status: { replicas: 0 },
  });
  if (newest > 0)
    tell(
      deployment,
      "Normal",
      "NewReplicaSetReady",
      `Revision ${newest + 1} begins with replica set ${set.metadata.name}`,
    );
  return set;
}

/** How far it has come, in the objects themselves. */
function report(
  kept: Objects,
  deployment: Stored,
  spec: DeploymentSpec,
  current: Stored,
  sets: readonly Stored[],
): void {
  const counts = { all: 0, ready: 0, updated: 0 };
  for (const set of sets) {
    const own = alive(kept, set);
    const ready = own.filter(isHealthy).length;
    counts.all += own.length;
    counts.ready += ready;
    if (set.metadata.uid === current.metadata.uid) counts.updated = own.length;
    const stored = kept.get(replicasets, set.metadata);
    kept.keep(replicasets, {
      ...stored,
      spec: { ...Object(stored["spec"]), replicas: own.length },
      status: { replicas: own.length, readyReplicas: ready, availableReplicas: ready },
    });
  }
  const stored = kept.get(deployments, deployment.metadata);
  const complete = counts.ready >= spec.replicas;
  kept.keep(deployments, {
    ...stored,
    metadata: {
      ...stored.metadata,
      annotations: { ...stored.metadata.annotations, [revisionKey]: String(revisionOf(current)) },
    },
    status: {
      observedGeneration: Number(stored.metadata["generation"] ?? 1),
      replicas: counts.all,
      updatedReplicas: counts.updated,
      readyReplicas: counts.ready,
      availableReplicas: counts.ready,
      unavailableReplicas: Math.max(0, counts.all - counts.ready),
      conditions: [
        {
          type: "Available",
          status: complete ? "True" : "False",
          reason: complete ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
        },
      ],
    },
  });
}

/** How an object names the one it belongs to. */
export function ownerOf({ apiVersion, kind, metadata: { name, uid } }: Stored) {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

function revisionOf({ metadata }: Stored): number {
  return Number(metadata.annotations?.[revisionKey] ?? 0);
}

function isOwnedBy({ metadata }: Stored, { metadata: { uid } }: Stored): boolean {
  const owners: unknown = metadata["ownerReferences"];
  return Array.isArray(owners) && owners.some((owner: { readonly uid?: string }) => owner.uid === uid);
}
