import { OpsError } from "#kit/errors.ts";
import type { Service } from "#kit/ports.ts";
import { type KubernetesApi, present } from "./api.ts";
import { kinds } from "./kinds.ts";
import { selectorText } from "./label-selector.ts";
import { Deployment, Pod, ReplicaSet } from "./objects.ts";

/** Where a Deployment says which change of it this is. */
export const revisionKey = "deployment.kubernetes.io/revision";
const defaultContainerKey = "kubectl.kubernetes.io/default-container";

/** The Deployment that runs a service; throws `selector-empty` where the file names none, `tool-refused` where it is not there. */
export async function deploymentOf(
  api: KubernetesApi,
  { name, workload }: Pick<Service, "name" | "workload">,
): Promise<Deployment> {
  if (workload === undefined)
    throw new OpsError("selector-empty", {
      summary: `The environment's file does not say which Deployment runs ${name}, and none never means all.`,
      hint: "Name it as the service's workload.",
    });
  const what = { kind: kinds.deployments, name: workload };
  return present(await api.get(what, Deployment), api, what);
}

/** The Deployment's own ReplicaSets, by its selector and by who owns them. */
export async function replicaSetsOf(
  api: KubernetesApi,
  { metadata, spec }: Deployment,
): Promise<readonly ReplicaSet[]> {
  const labelSelector = selectorText(spec.selector, `The Deployment ${metadata.name}`);
  const found = await api.list(kinds.replicasets, ReplicaSet, { labelSelector });
  return found.filter((one) => isOwnedBy(one.metadata.ownerReferences, [metadata.uid]));
}

/** The pods of those ReplicaSets. One that merely carries the labels belongs to somebody else. */
export async function podsOf(
  api: KubernetesApi,
  { metadata, spec }: Deployment,
  sets: readonly ReplicaSet[],
): Promise<readonly Pod[]> {
  const labelSelector = selectorText(spec.selector, `The Deployment ${metadata.name}`);
  const owners = sets.map((set) => set.metadata.uid);
  const found = await api.list(kinds.pods, Pod, { labelSelector });
  return found
    .filter((pod) => isOwnedBy(pod.metadata.ownerReferences, owners))
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

/** The Deployment that runs a service, with all of its ReplicaSets and pods. */
export async function runningOf(api: KubernetesApi, service: Pick<Service, "name" | "workload">) {
  const deployment = await deploymentOf(api, service);
  const sets = await replicaSetsOf(api, deployment);
  return { deployment, sets, pods: await podsOf(api, deployment, sets) };
}

/** One pod of a service, by its name; throws `selector-empty` for no name and `tool-refused` for a pod that is not the service's own. */
export async function podOf(
  api: KubernetesApi,
  service: Pick<Service, "name" | "workload">,
  name: string,
): Promise<Pod> {
  if (name === "")
    throw new OpsError("selector-empty", {
      summary: "No pod was named, and none never means all.",
      hint: "Name one pod.",
    });
  const { deployment, pods } = await runningOf(api, service);
  const found = pods.find(({ metadata }) => metadata.name === name);
  if (found !== undefined) return found;
  throw new OpsError("tool-refused", {
    summary: `${name.slice(0, 80)} is no pod of the Deployment ${deployment.metadata.name}, or no longer.`,
    hint: "Pods come and go: look again which there are.",
  });
}

/** The container that does the service's work: the one the pod says is meant, else the one named like the Deployment, else the first. */
export function mainContainer<One extends { readonly name: string }>(
  containers: readonly One[],
  annotations: Readonly<Record<string, string>> | null | undefined,
  owner: string,
): One | undefined {
  const meant = annotations?.[defaultContainerKey];
  return (
    containers.find(({ name }) => name === meant) ??
    containers.find(({ name }) => name === owner) ??
    containers[0]
  );
}

/** The tag at the end of an image's name, or the start of its digest; undefined where it has neither. */
export function tagOf(image: string | undefined): string | undefined {
  if (image === undefined) return undefined;
  const [name = "", digest] = image.split("@");
  const tag = /:([\w][\w.-]{0,127})$/.exec(name)?.[1];
  return tag ?? digest?.slice(0, 19);
}

function isOwnedBy(
  owners: readonly { readonly uid: string }[] | null | undefined,
  uids: readonly string[],
): boolean {
  return owners?.some(({ uid }) => uids.includes(uid)) === true;
}
