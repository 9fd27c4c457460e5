import { z } from "zod";
import { OpsError } from "#kit/errors.ts";
import { plainText } from "../foreign-text.ts";

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

const Status = z.object({
  kind: z.literal("Status"),
  message: z.string().default(""),
  reason: z.string().default(""),
  details: z.object({ kind: z.string().optional(), retryAfterSeconds: z.number().optional() }).optional(),
});

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

type Answer = {
  readonly code: number;
  readonly status: z.infer<typeof Status> | undefined;
  readonly text: string;
  readonly retryAfter: number;
};

function refusal({ code, status, text, retryAfter }: Answer, call: Call): Failure {
  const { place, namespace, verb, object = "leases" } = call;
  const where = `The lock store (Kubernetes at ${place}, namespace ${namespace})`;
  const details = plainText(`${code} ${status?.reason ?? ""} ${text}`, 1_000);
  const final = (summary: string, hint: string): Failure => ({
    kind: "final",
    error: new OpsError("tool-refused", { summary, hint, details }),
  });
  if (code === 429 || code >= 500)
    return {
      kind: "busy",
      waitMs: Math.min(retryAfter * 1_000, 2_000),
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
  const { code, message, name } = innermost(error);
  const details = plainText(`${code} ${name}: ${message}`.trim(), 1_000);
  if (/CERT|SIGNED|TLS|SSL|ERR_SSL/.test(code))
    return {
      kind: "final",
      error: new OpsError("tool-refused", {
        summary: `The lock store (Kubernetes at ${place}) could not prove who it is: ${plainText(message, 160)}.`,
        hint: "Name the authority that signed its certificate in the kubeconfig, or as bindings.kubernetes-lease.cluster.ca.",
        details,
      }),
    };
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: "connection refused",
    ECONNRESET: "connection reset",
    EPIPE: "connection reset",
    UND_ERR_SOCKET: "connection closed before the answer",
    ENOTFOUND: "its name was not found",
    EAI_AGAIN: "its name could not be looked up",
    EHOSTUNREACH: "host unreachable",
    ENETUNREACH: "network unreachable",
  };
  const why =
    name === "TimeoutError" || /^UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT$/.test(code)
      ? "no answer within the time limit"
      : words[code];
  if (why === undefined)
    return {
      kind: "final",
      error: new OpsError("tool-refused", {
        summary: `Kubernetes at ${place} was not asked to ${verb} ${object}: ${plainText(message, 160)}`,
        hint: "No lock is assumed. Look at the credentials that bindings.kubernetes-lease.cluster names, and at the program a kubeconfig starts to get them.",
        details,
      }),
    };
  const unreachable = new OpsError("tool-unreachable", {
    summary: `The lock store (Kubernetes at ${place}, namespace ${namespace}) did not answer when it was asked to ${verb} ${object} (${why}).`,
    hint: "No lock is assumed, and without it nothing is changed. Look at the network from here to that host.",
    details,
  });
  return /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(code)
    ? { kind: "busy", waitMs: 0, error: unreachable }
    : { kind: "final", error: unreachable };
}

/** The answer inside the SDK's exception; undefined when there was none. */
function answerOf(error: unknown): Answer | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "number") return undefined;
  // A DOMException has a number as well; only an answer has headers.
  if (!("headers" in error)) return undefined;
  const body: unknown = "body" in error ? error.body : undefined;
  const { headers } = error;
  const parsed = Status.safeParse(typeof body === "string" ? asJson(body) : body);
  const header =
    typeof headers === "object" && headers !== null && "retry-after" in headers
      ? Number(headers["retry-after"])
      : 0;
  return {
    code: error.code,
    status: parsed.success ? parsed.data : undefined,
    text: parsed.success ? parsed.data.message : typeof body === "string" ? body : "",
    retryAfter: Number.isFinite(header) && header > 0 ? header : 0,
  };
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** fetch wraps what happened; the inside says it best. */
function innermost(error: unknown): {
  readonly code: string;
  readonly name: string;
  readonly message: string;
} {
  let current: unknown = error;
  for (let depth = 0; depth < 8; depth += 1) {
    if (current instanceof AggregateError && current.errors.length > 0) current = current.errors[0];
    else if (current instanceof Error && current.cause instanceof Error) current = current.cause;
    else break;
  }
  if (!(current instanceof Error)) return { code: "", name: "Error", message: String(current) };
  const code = "code" in current && typeof current.code === "string" ? current.code : "";
  return { code, name: current.name, message: current.message };
}
