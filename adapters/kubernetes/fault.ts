import { z } from "zod";
import { OpsError } from "#kit/errors.ts";
import { plainText } from "../foreign-text.ts";
import { silence } from "../silence.ts";
import type { KubernetesRole } from "./binding.ts";
import { type Kind, qualified } from "./kinds.ts";

/** One call, for sentences. */
export type Call = {
  readonly place: string;
  readonly namespace: string;
  readonly role: KubernetesRole;
  readonly verb: string;
  readonly kind: Kind;
  readonly name: string | undefined;
  readonly part: string | undefined;
};

/** What a server says of a call that it did not carry out. */
export const Status = z.object({
  kind: z.literal("Status"),
  message: z.string().default(""),
  reason: z.string().default(""),
  details: z
    .object({
      name: z.string().optional(),
      retryAfterSeconds: z.number().optional(),
      causes: z.array(z.object({ reason: z.string().optional() })).optional(),
    })
    .optional(),
});

type Answered = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** A refused call: its error, after which pause it may be made again (undefined: never), and whether it may have been carried out. */
export type Refusal = {
  readonly error: OpsError;
  readonly waitMs: number | undefined;
  readonly heard: boolean;
};

/** Sorts a call that was answered with something else than success. Messages are the server's own, made plain; credentials are never shown. */
export function refusal(answer: Answered, call: Call, changes: boolean): Refusal {
  const { status: code, body, headers } = answer;
  const read = Status.safeParse(asJson(body));
  const status = read.success ? read.data : undefined;
  const text = status?.message ?? "";
  const details = plainText(
    `${code} ${status?.reason ?? ""} ${text === "" ? body.slice(0, 500) : text}`,
    1_000,
  );
  const what = sentenceOf(call);
  const final = (summary: string, hint: string): Refusal => ({
    error: new OpsError("tool-refused", { summary, hint, details }),
    waitMs: undefined,
    heard: false,
  });

  if (code === 429 && status?.details?.causes?.some(({ reason }) => reason === "DisruptionBudget"))
    return final(
      `${what} was refused: a PodDisruptionBudget allows no pod of it to be taken away now. ${ending(text)}`,
      `Look: kubectl get pdb -n ${call.namespace}. Where broken pods block it, its unhealthyPodEvictionPolicy can say AlwaysAllow.`,
    );
  if (code === 429 || code >= 500) {
    const said = `status ${code}${status === undefined ? "" : `, ${plainText(status.reason, 60)}`}`;
    // Too many requests are turned away before they are looked at; a server that failed may have failed afterwards.
    const heard = code !== 429;
    const waitMs = 1_000 * (status?.details?.retryAfterSeconds ?? (Number(headers["retry-after"]) || 0.2));
    return {
      waitMs,
      heard,
      error:
        changes && heard
          ? new OpsError("state-unknown", {
              summary: `${what} went out but got no usable answer (${said}); it may have happened.`,
              hint: "Look at the target before doing anything again.",
              details,
            })
          : new OpsError("tool-unreachable", {
              summary: `${what} was ${heard ? "not answered" : "throttled"} (${said}), also when tried again.`,
              hint: "Nothing was changed by it. Look at the health of the cluster's API servers.",
              details,
            }),
    };
  }
  if (status === undefined) return { error: notUnderstood(call, code), waitMs: undefined, heard: true };
  if (code === 401)
    return final(
      `Kubernetes at ${call.place} does not know these credentials (${what}).`,
      `Renew what bindings.kubernetes.${call.role} names.`,
    );
  if (code === 403)
    return final(
      `${what} is not allowed to these credentials: ${ending(text)}`,
      `ops permissions --part kubernetes-${call.role} prints the rights that are needed. Look: kubectl auth can-i ${call.verb} ${resourceOf(call)} -n ${call.namespace}`,
    );
  if (code === 404 && status.details?.name === undefined)
    return final(
      `Kubernetes at ${call.place} does not serve ${qualified(call.kind)}.`,
      hintWithout(call.kind),
    );
  return final(
    `${what} was refused: ${plainText(status.reason, 60)}, ${ending(text)}`,
    "Compare the environment's file with what this cluster and namespace hold.",
  );
}

/** An answer that no API server of Kubernetes gives. */
export function notUnderstood(call: Call, status: number, why = ""): OpsError {
  return new OpsError("tool-refused", {
    summary: `${sentenceOf(call)} was answered ${status} in no form of Kubernetes; something else may be listening there.`,
    hint: `Correct bindings.kubernetes.${call.role}.`,
    details: plainText(why, 300),
  });
}

/** Sorts a call that got no answer; `again` where the connection broke and a look may be repeated. */
export function silenceOf(
  error: unknown,
  call: Call,
  changes: boolean,
): { readonly error: OpsError; readonly again: boolean } {
  if (OpsError.is(error)) return { error, again: false };
  const { code, name, message } = innermost(error);
  const details = plainText(`${code} ${name}: ${message}`.trim(), 1_000);
  const what = sentenceOf(call);
  if (/CERT|SIGNED|TLS|SSL/.test(code))
    return {
      again: false,
      error: new OpsError("tool-refused", {
        summary: `Kubernetes at ${call.place} could not prove who it is: ${plainText(message, 160)}.`,
        hint: `Name the authority that signed its certificate in the kubeconfig, or as bindings.kubernetes.${call.role}.ca.`,
        details,
      }),
    };
  const late = name === "TimeoutError" || /^UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT$/.test(code);
  if (!late && !/^(E[A-Z]+|UND_ERR_SOCKET)$/.test(code))
    return {
      again: false,
      error: new OpsError("tool-refused", {
        summary: `${what} was not sent: ${plainText(message, 160)}`,
        hint: `Look at the credentials that bindings.kubernetes.${call.role} names, and at the program a kubeconfig starts to get them.`,
        details,
      }),
    };
  const why = late ? "no answer within the time limit" : silence(error);
  const again = /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(code);
  if (changes && (late || again))
    return {
      again: false,
      error: new OpsError("state-unknown", {
        summary: `${what} went out but got no answer (${why}); it may have happened.`,
        hint: "Look at the target before doing anything again.",
        details,
      }),
    };
  return {
    again,
    error: new OpsError("tool-unreachable", {
      summary: `${what} was not answered (${why}).`,
      hint: "Look at the network from here to that host.",
      details,
    }),
  };
}

/** `Kubernetes get deployments.apps csrd-api at 10.0.0.1:6443`. */
function sentenceOf(call: Call): string {
  const { verb, name, place } = call;
  return `Kubernetes ${verb} ${resourceOf(call)}${name === undefined ? "" : ` ${plainText(name, 80)}`} at ${place}`;
}

function resourceOf({ kind, part }: Call): string {
  return `${qualified(kind)}${part === undefined ? "" : `/${part.split("/")[0] ?? ""}`}`;
}

function hintWithout({ group }: Kind): string {
  if (group === "metrics.k8s.io")
    return "It is served by metrics-server, or by what stands in its place; without one nobody knows what a pod uses.";
  return "Compare the environment's file with that cluster and its version.";
}

function ending(text: string): string {
  const plain = plainText(text, 240);
  return /[.…!?]$/.test(plain) ? plain : `${plain}.`;
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
