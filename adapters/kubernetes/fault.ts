import { OpsError } from "#kit/errors.ts";
import { plainText } from "../foreign-text.ts";
import type { KubernetesRole } from "./binding.ts";
import { type Kind, qualified } from "./kinds.ts";
import { type Answered, readRefusal, readSilence } from "./trouble.ts";

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

/** A refused call: its error, after which pause it may be made again (undefined: never), and whether it may have been carried out. */
export type Refusal = {
  readonly error: OpsError;
  readonly waitMs: number | undefined;
  readonly heard: boolean;
};

/** Pause before a server that is busy is asked again, where it does not name one. */
const shortWaitMs = 200;

/** Sorts a call that was answered with something else than success. Messages are the server's own, made plain; credentials are never shown. */
export function refusal(answer: Answered, call: Call, changes: boolean): Refusal {
  const { code, status, isBusy, mayBeDone, waitMs, details } = readRefusal(answer);
  const text = status?.message ?? "";
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
  if (isBusy) {
    const said = `status ${code}${status === undefined ? "" : `, ${plainText(status.reason, 60)}`}`;
    return {
      waitMs: waitMs ?? shortWaitMs,
      heard: mayBeDone,
      error:
        changes && mayBeDone
          ? new OpsError("state-unknown", {
              summary: `${what} went out but got no usable answer (${said}); it may have happened.`,
              hint: "Look at the target before doing anything again.",
              details,
            })
          : new OpsError("tool-unreachable", {
              summary: `${what} was ${mayBeDone ? "not answered" : "throttled"} (${said}), also when tried again.`,
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
  const { kind, why, details } = readSilence(error);
  const what = sentenceOf(call);
  const failed = (
    code: "tool-refused" | "state-unknown" | "tool-unreachable",
    summary: string,
    hint: string,
  ) => new OpsError(code, { summary, hint, details });
  if (kind === "untrusted")
    return {
      again: false,
      error: failed(
        "tool-refused",
        `Kubernetes at ${call.place} could not prove who it is: ${why}.`,
        `Name the authority that signed its certificate in the kubeconfig, or as bindings.kubernetes.${call.role}.ca.`,
      ),
    };
  if (kind === "unsent")
    return {
      again: false,
      error: failed(
        "tool-refused",
        `${what} was not sent: ${why}`,
        `Look at the credentials that bindings.kubernetes.${call.role} names, and at the program a kubeconfig starts to get them.`,
      ),
    };
  if (changes && kind !== "unreachable")
    return {
      again: false,
      error: failed(
        "state-unknown",
        `${what} went out but got no answer (${why}); it may have happened.`,
        "Look at the target before doing anything again.",
      ),
    };
  return {
    again: kind === "broken",
    error: failed(
      "tool-unreachable",
      `${what} was not answered (${why}).`,
      "Look at the network from here to that host.",
    ),
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
