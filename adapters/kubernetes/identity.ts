import { z } from "zod";
import { OpsError } from "#kit/errors.ts";
import { mismatch } from "../mismatch.ts";
import type { KubernetesApi } from "./api.ts";
import { kinds } from "./kinds.ts";

const Namespace = z.object({ metadata: z.object({ uid: z.string() }) });

/** It lives exactly as long as its cluster, so that its uid is as good as the cluster's own. */
export const clusterNamespace = "kube-system";

/** Throws `environment-mismatch` when these credentials lead to another cluster than the environment says, by the uid of kube-system. */
export async function requireCluster(
  api: KubernetesApi,
  expected: string,
  role: "read" | "act",
): Promise<void> {
  const uid = await clusterUid(api);
  if (uid !== expected)
    throw mismatch(`The cluster of bindings.kubernetes.${role} has the uid`, uid, expected);
}

/** The cluster's uid. */
export async function clusterUid(api: KubernetesApi): Promise<string> {
  const found = await api.get({ kind: kinds.namespaces, name: clusterNamespace }, Namespace);
  if (found !== undefined) return found.metadata.uid;
  throw new OpsError("tool-refused", {
    summary: `Kubernetes at ${api.place} does not say which cluster it is: it knows no namespace ${clusterNamespace}.`,
    hint: "Correct bindings.kubernetes; something else may be listening there.",
  });
}

/** The fact of an environment that says which cluster runs the platform: its own, or the one that also keeps the locks. */
export function expectedCluster(identity: Readonly<Record<string, string>>): string | undefined {
  return identity["platformClusterUid"] ?? identity["clusterUid"];
}
