import type { KubeConfig } from "@kubernetes/client-node";
import { z } from "zod";
import { SecretRef } from "#kit/environment.ts";
import { OpsError } from "#kit/errors.ts";
import { plainText } from "../foreign-text.ts";
import { readSecret } from "../secret.ts";

const loopback = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** A token never travels in the clear, except on this machine. */
const server = z.url({ protocol: /^https?$/ }).refine(
  (text) => {
    const { protocol, hostname } = new URL(text);
    return protocol === "https:" || loopback.has(hostname);
  },
  { error: "is not https" },
);

/** An API server by its address, a token by reference, and the file of the authority that signed its certificate. */
export const ServerAndToken = z.strictObject({ server, token: SecretRef, ca: z.string().min(1).optional() });

/** How a cluster is reached, and as whom: a service account's own mount, a kubeconfig, or address and token. */
export type ClusterRef =
  | "in-cluster"
  | { readonly kubeconfig: string; readonly context?: string | undefined }
  | z.infer<typeof ServerAndToken>;

/** A namespace's name. */
export const namespaceName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, { error: "is not a namespace" });

/** Fills the SDK's configuration with what a binding names (`path` is where that stands in the file); gives the server's address. Throws `environment-invalid`. */
export async function loadCluster(config: KubeConfig, cluster: ClusterRef, path: string): Promise<string> {
  if (typeof cluster === "object" && "server" in cluster) await loadToken(config, cluster);
  else loadFile(config, cluster, path);
  const address = config.getCurrentCluster()?.server;
  // Outside a cluster "in-cluster" leads to an address made of nothing.
  if (address !== undefined && URL.canParse(address)) return address;
  throw new OpsError("environment-invalid", {
    summary: `${path} leads to no cluster: its context does not exist, or this is no pod of a cluster.`,
    hint: "Look at what the kubeconfig holds (kubectl config get-contexts), or run inside the cluster.",
  });
}

async function loadToken(config: KubeConfig, cluster: z.infer<typeof ServerAndToken>): Promise<void> {
  const token = (await readSecret(cluster.token)).reveal();
  config.loadFromOptions({
    clusters: [
      {
        name: "bound",
        server: cluster.server,
        // The SDK's word for "without TLS"; the binding allows that on this machine only.
        skipTLSVerify: cluster.server.startsWith("http:"),
        ...(cluster.ca === undefined ? {} : { caFile: cluster.ca }),
      },
    ],
    users: [{ name: "bound", token }],
    contexts: [{ name: "bound", cluster: "bound", user: "bound" }],
    currentContext: "bound",
  });
}

function loadFile(
  config: KubeConfig,
  cluster: Exclude<ClusterRef, z.infer<typeof ServerAndToken>>,
  path: string,
): void {
  try {
    if (cluster === "in-cluster") config.loadFromCluster();
    else {
      config.loadFromFile(cluster.kubeconfig);
      if (cluster.context !== undefined) config.setCurrentContext(cluster.context);
    }
  } catch (error) {
    throw new OpsError("environment-invalid", {
      summary: `The credentials that ${path} names (${cluster === "in-cluster" ? "this pod's service account" : cluster.kubeconfig}) cannot be loaded.`,
      hint: "Name a kubeconfig that this user can read, or run inside the cluster.",
      details: plainText(String(error), 300),
    });
  }
}
