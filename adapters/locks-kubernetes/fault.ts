import { OpsError } from "#kit/errors.ts";
import { plainText } from "../foreign-text.ts";
import { readRefusal, readSilence, type Refused } from "../kubernetes/trouble.ts";

/** What was asked of the cluster. */
export type LeaseVerb = "get" | "list" | "create" | "update";

/** One call, for sentences. */
export type Call = {
  readonly place: string;
  readonly namespace: string;
  readonly verb: LeaseVerb;
  /** What it was about, where not Leases. */
  readonly object?: string;
};

/** A failed call, sorted by what can be done about it. */
export type Failure =
  /** The object is not there. */
  | { readonly kind: "absent" }
  /** Somebody else wrote in between: look again. */
  | { readonly kind: "overtaken" }
  /** Turned away unheard, or the connection broke: may be asked again after a moment. */
  | { readonly kind: "busy"; readonly waitMs: number; readonly error: OpsError }
  | { readonly kind: "final"; readonly error: OpsError };

/** Sorts a failed call of the SDK. Messages are the server's own, made plain; headers and credentials are never shown. */
export function failureOf(error: unknown, call: Call): Failure {
  if (OpsError.is(error)) return { kind: "final", error };
  const answered = answerOf(error);
  return answered === undefined ? silence(error, call) : refusal(answered, call);
}

function refusal({ code, status, isBusy, waitMs, text, details }: Refused, call: Call): Failure {
  const { place, namespace, verb, object = "leases" } = call;
  const where = `The lock store (Kubernetes at ${place}, namespace ${namespace})`;
  const final = (summary: string, hint: string): Failure => ({
    kind: "final",
    error: new OpsError("tool-refused", { summary, hint, details }),
  });
  if (isBusy)
    return {
      kind: "busy",
      waitMs: Math.min(waitMs ?? 0, 2_000),
      error: new OpsError("tool-unreachable", {
        summary: `${where} could not ${verb} ${object} (status ${code}${status === undefined ? "" : `, ${plainText(status.reason, 60)}`}).`,
        hint: "No lock is assumed, and without it nothing is changed. Look at the health of the cluster's API servers.",
        details,
      }),
    };
  if (code === 401)
    return final(
      `${where} does not know these credentials (it was asked to ${verb} ${object}).`,
      "Renew the token or kubeconfig that bindings.kubernetes-lease.cluster names.",
    );
  if (code === 403)
    return final(
      `${where} does not allow these credentials to "${verb}" ${object}: ${plainText(text, 200)}${/[.]$/.test(text) ? "" : "."}`,
      object !== "leases"
        ? `They need that right because the environment's file says which cluster this is (identity.clusterUid).`
        : `Their role in ${namespace} needs get, list, create and update on leases.coordination.k8s.io. Look: kubectl auth can-i ${verb} leases.coordination.k8s.io -n ${namespace}`,
    );
  if (status === undefined)
    return final(
      `${where} answered ${code} in no form of Kubernetes; something else may be listening there.`,
      "Correct bindings.kubernetes-lease.cluster.",
    );
  if (code === 404 && status.details?.kind === "leases") return { kind: "absent" };
  if (code === 409) return { kind: "overtaken" };
  if (code === 404 && status.details?.kind === "namespaces")
    return final(`${where} has no such namespace.`, `Make it once: kubectl create namespace ${namespace}`);
  return final(
    `${where} refused to ${verb} a lease: ${plainText(text, 200)}`,
    "Compare the kubernetes-lease binding with that cluster; it must serve coordination.k8s.io/v1.",
  );
}

function silence(error: unknown, { place, namespace, verb, object = "leases" }: Call): Failure {
  const { kind, why, details } = readSilence(error);
  if (kind === "untrusted")
    return {
      kind: "final",
      error: new OpsError("tool-refused", {
        summary: `The lock store (Kubernetes at ${place}) could not prove who it is: ${why}.`,
        hint: "Name the authority that signed its certificate in the kubeconfig, or as bindings.kubernetes-lease.cluster.ca.",
        details,
      }),
    };
  if (kind === "unsent")
    return {
      kind: "final",
      error: new OpsError("tool-refused", {
        summary: `Kubernetes at ${place} was not asked to ${verb} ${object}: ${why}`,
        hint: "No lock is assumed. Look at the credentials that bindings.kubernetes-lease.cluster names, and at the program a kubeconfig starts to get them.",
        details,
      }),
    };
  const unreachable = new OpsError("tool-unreachable", {
    summary: `The lock store (Kubernetes at ${place}, namespace ${namespace}) did not answer when it was asked to ${verb} ${object} (${why}).`,
    hint: "No lock is assumed, and without it nothing is changed. Look at the network from here to that host.",
    details,
  });
  return kind === "broken"
    ? { kind: "busy", waitMs: 0, error: unreachable }
    : { kind: "final", error: unreachable };
}

/** The answer inside the SDK's exception; undefined when there was none. */
function answerOf(error: unknown): Refused | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "number") return undefined;
  // A DOMException has a number as well; only an answer has headers.
  if (!("headers" in error)) return undefined;
  const { headers } = error;
  return readRefusal({
    status: error.code,
    headers:
      typeof headers === "object" && headers !== null
        ? Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
        : {},
    body: "body" in error ? error.body : undefined,
  });
}
