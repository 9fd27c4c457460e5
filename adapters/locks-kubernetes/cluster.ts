import type { V1Lease } from "@kubernetes/client-node";
import { toMs } from "#kit/duration.ts";
import { loadCluster } from "../kubernetes/cluster-ref.ts";
import type { LeaseLocksBinding } from "./binding.ts";
import { failureOf, type Failure, type LeaseVerb } from "./fault.ts";
import { labels, type MicroTime } from "./lease.ts";

/** An answer, and the server's clock as it gave it: never later than now, and at most a second earlier. */
export type Answer<T> = { readonly value: T; readonly at: Date | undefined };

/** The four calls that locks need. What fails is a value, because a conflict is an ordinary outcome here. */
export type Cluster = {
  readonly get: (name: string) => Promise<Answer<V1Lease> | Failed>;
  readonly list: () => Promise<Answer<readonly V1Lease[]> | Failed>;
  readonly create: (lease: V1Lease) => Promise<Answer<V1Lease> | Failed>;
  readonly replace: (name: string, lease: V1Lease) => Promise<Answer<V1Lease> | Failed>;
  /** Uid of the namespace kube-system: it lives exactly as long as its cluster. */
  readonly uid: () => Promise<Answer<string> | Failed>;
  /** Whether the server would allow a verb on Leases in the namespace; every known user may ask that of themselves. */
  readonly may: (verb: LeaseVerb) => Promise<Answer<boolean> | Failed>;
  readonly MicroTime: MicroTime;
};

/** A call that gave nothing, with the server's clock where the server spoke. */
export type Failed = { readonly failure: Failure; readonly at: Date | undefined };

/** Connects to the cluster that the binding names. The SDK is loaded here and nowhere else: it costs half a second and 90 MB. */
export async function connect({ cluster, namespace, timeout }: LeaseLocksBinding): Promise<Cluster> {
  const sdk = await import("@kubernetes/client-node");
  const config = new sdk.KubeConfig();
  const server = await loadCluster(config, cluster, "bindings.kubernetes-lease.cluster");
  const timeoutMs = toMs(timeout);
  const configuration = sdk.createConfiguration({
    baseServer: new sdk.ServerConfiguration(server, {}),
    authMethods: { default: config },
    promiseMiddleware: [
      {
        async pre(request) {
          request.setSignal(AbortSignal.timeout(timeoutMs));
          request.setHeaderParam("User-Agent", "csrd-ops locks");
          return request;
        },
        post: async (response) => response,
      },
    ],
  });
  const api = new sdk.CoordinationV1Api(configuration);
  const core = new sdk.CoreV1Api(configuration);
  const reviews = new sdk.AuthorizationV1Api(configuration);

  const place = new URL(server).host;
  async function call<T>(
    verb: LeaseVerb,
    send: () => Promise<{ readonly data: T; readonly headers: Readonly<Record<string, string>> }>,
    object?: string,
  ): Promise<Answer<T> | Failed> {
    try {
      const { data, headers } = await send();
      return { value: data, at: clockOf(headers) };
    } catch (error) {
      return {
        failure: failureOf(error, { place, namespace, verb, ...(object === undefined ? {} : { object }) }),
        at: clockOf(headersOf(error)),
      };
    }
  }

  const strict = { namespace, fieldValidation: "Strict" };
  return {
    get: (name) => call("get", () => api.readNamespacedLeaseWithHttpInfo({ namespace, name })),
    list: async () => {
      const labelSelector = Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(",");
      const listed = await call("list", () =>
        api.listNamespacedLeaseWithHttpInfo({ namespace, labelSelector }),
      );
      return "failure" in listed ? listed : { value: listed.value.items, at: listed.at };
    },
    create: (body) => call("create", () => api.createNamespacedLeaseWithHttpInfo({ ...strict, body })),
    replace: (name, body) =>
      call("update", () => api.replaceNamespacedLeaseWithHttpInfo({ ...strict, name, body })),
    uid: async () => {
      const name = "kube-system";
      const found = await call(
        "get",
        () => core.readNamespaceWithHttpInfo({ name }),
        `the namespace ${name}`,
      );
      return "failure" in found ? found : { value: found.value.metadata?.uid ?? "", at: found.at };
    },
    may: async (verb) => {
      const review = await call(verb, () =>
        reviews.createSelfSubjectAccessReviewWithHttpInfo({
          body: {
            apiVersion: "authorization.k8s.io/v1",
            kind: "SelfSubjectAccessReview",
            spec: {
              resourceAttributes: { namespace, verb, group: "coordination.k8s.io", resource: "leases" },
            },
          },
        }),
      );
      return "failure" in review ? review : { value: review.value.status?.allowed === true, at: review.at };
    },
    MicroTime: sdk.V1MicroTime,
  };
}

function headersOf(error: unknown): Readonly<Record<string, string>> {
  const headers: unknown =
    typeof error === "object" && error !== null && "headers" in error ? error.headers : {};
  return typeof headers === "object" && headers !== null ? Object.fromEntries(Object.entries(headers)) : {};
}

function clockOf(headers: Readonly<Record<string, string>>): Date | undefined {
  const at = new Date(headers["date"] ?? Number.NaN);
  return Number.isNaN(at.getTime()) ? undefined : at;
}
