import { readFile } from "node:fs/promises";
import { Agent, request as plain } from "node:http";
import { Agent as SecureAgent, request as secure } from "node:https";
import { OpsError } from "#kit/errors.ts";
import { readSecret } from "../secret.ts";
import { type ClusterRef, loadCluster } from "./cluster-ref.ts";

/** What is asked of an API server. */
export type Asking = {
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "PATCH";
  /** Path and query. */
  readonly path: string;
  readonly body?: { readonly text: string; readonly type: string } | undefined;
};

/** What it answered. */
export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** A way to an API server under one set of credentials; the longest wait for one answer is settled with it. */
export type Transport = {
  readonly address: string;
  readonly send: (asking: Asking) => Promise<Reply>;
};

const accept = { accept: "application/json", "user-agent": "csrd-ops" };
const mount = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Opens the way that a binding names (`path` is where that stands in the file). A token and a pod's own account need nothing but HTTPS; only for a
 * kubeconfig, which may log in by certificates and programs, the SDK is loaded: it costs half a second and 90 MB. Throws `environment-invalid`.
 */
export async function openTransport(
  cluster: ClusterRef,
  path: string,
  timeoutMs: number,
): Promise<Transport> {
  if (cluster === "in-cluster") return inCluster(path, timeoutMs);
  if ("server" in cluster) {
    const token = await readSecret(cluster.token);
    const ca = cluster.ca === undefined ? undefined : await authority(cluster.ca, path);
    return byToken(cluster.server, async () => token.reveal(), ca, timeoutMs);
  }
  return byKubeconfig(cluster, path, timeoutMs);
}

/** As the pod's own account; its token is renewed in its file, so that it is read each time. */
async function inCluster(path: string, timeoutMs: number): Promise<Transport> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  if (host === undefined || port === undefined)
    throw new OpsError("environment-invalid", {
      summary: `${path} says in-cluster, and this is no pod of a cluster.`,
      hint: "Run inside the cluster, or name a kubeconfig and its context.",
    });
  const address = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const token = async () => (await readSecret({ file: `${mount}/token` })).reveal();
  return byToken(address, token, await authority(`${mount}/ca.crt`, path), timeoutMs);
}

async function authority(file: string, path: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new OpsError("environment-invalid", {
      summary: `The authority that ${path} names (${file}) cannot be read.`,
      hint: "Name the file that vouches for the API server's certificate.",
      cause,
    });
  }
}

function byToken(
  server: string,
  token: () => Promise<string>,
  ca: string | undefined,
  timeoutMs: number,
): Transport {
  const address = server.replace(/\/$/, "");
  const isSecure = address.startsWith("https:");
  const kept = isSecure
    ? new SecureAgent({ keepAlive: true, ...(ca === undefined ? {} : { ca }) })
    : new Agent({ keepAlive: true });
  return {
    address,
    async send({ method, path, body }) {
      const headers = {
        ...accept,
        authorization: `Bearer ${await token()}`,
        ...(body === undefined
          ? {}
          : { "content-type": body.type, "content-length": String(Buffer.byteLength(body.text)) }),
      };
      return new Promise((resolve, reject) => {
        const asked = (isSecure ? secure : plain)(
          `${address}${path}`,
          {
            method,
            headers,
            // What changes something goes over a connection of its own: one that the server had just closed would leave in doubt whether it was heard.
            agent: method === "GET" ? kept : false,
            ...(method === "GET" || ca === undefined ? {} : { ca }),
            signal: AbortSignal.timeout(timeoutMs),
          },
          (answer) => {
            const chunks: Buffer[] = [];
            answer.on("data", (chunk: Buffer) => chunks.push(chunk));
            answer.on("error", reject);
            answer.on("end", () =>
              resolve({
                status: answer.statusCode ?? 0,
                headers: Object.fromEntries(
                  Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
                ),
                body: Buffer.concat(chunks).toString("utf8"),
              }),
            );
          },
        );
        asked.on("error", reject);
        asked.end(body?.text);
      });
    },
  };
}

async function byKubeconfig(cluster: ClusterRef, path: string, timeoutMs: number): Promise<Transport> {
  const sdk = await import("@kubernetes/client-node");
  const config = new sdk.KubeConfig();
  const address = (await loadCluster(config, cluster, path)).replace(/\/$/, "");
  const library = new sdk.IsomorphicFetchHttpLibrary();
  return {
    address,
    async send({ method, path: where, body }) {
      const request = new sdk.RequestContext(`${address}${where}`, sdk.HttpMethod[method]);
      for (const [name, value] of Object.entries(accept)) request.setHeaderParam(name, value);
      if (body !== undefined) {
        request.setHeaderParam("Content-Type", body.type);
        request.setBody(body.text);
      }
      request.setSignal(AbortSignal.timeout(timeoutMs));
      await config.applySecurityAuthentication(request);
      const response = await library.send(request).toPromise();
      return { status: response.httpStatusCode, headers: response.headers, body: await response.body.text() };
    },
  };
}
