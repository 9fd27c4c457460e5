import { z } from "zod";
import { isDuration, type Duration } from "#kit/duration.ts";
import { OpsError } from "#kit/errors.ts";
import { namespaceName, ServerAndToken } from "./cluster-ref.ts";

const Credentials = z.union(
  [
    z.literal("in-cluster"),
    // The context is named: whichever one somebody used last in a terminal must never decide what is acted on.
    z.strictObject({ kubeconfig: z.string().min(1), context: z.string().min(1) }),
    ServerAndToken,
  ],
  {
    error:
      'must be "in-cluster", or name a {kubeconfig} and its {context}, or an https {server} with {token} and {ca}',
  },
);

/** The `kubernetes` binding of an environment file: the namespace in which the platform runs. Looking and acting have credentials of their own, for one and the same cluster. */
const KubernetesBinding = z.strictObject({
  namespace: namespaceName,
  /** Longest wait for one answer. */
  timeout: z.custom<Duration>(isDuration, { error: 'is not a duration like "5s"' }).default("5s"),
  read: Credentials,
  act: Credentials,
});
export type KubernetesBinding = z.infer<typeof KubernetesBinding>;

/** Which of the two credentials a call is made with. */
export type KubernetesRole = "read" | "act";

/** Checks the `kubernetes` part of an environment's bindings; throws `binding-missing` without one and `environment-invalid` with each fault named. */
export function parseKubernetesBinding(binding: unknown): KubernetesBinding {
  if (binding === undefined)
    throw new OpsError("binding-missing", {
      summary: "This environment has no kubernetes binding.",
      hint: "Add bindings.kubernetes with namespace, read and act to its file in data/environments/.",
    });
  const parsed = KubernetesBinding.safeParse(binding);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `${["kubernetes", ...issue.path].join(".")} ${issue.message}`,
  );
  throw new OpsError("environment-invalid", {
    summary: `The environment's kubernetes binding is not usable: ${faults.join("; ")}.`,
    hint: "A kubeconfig is named with its context; a token stands there as {env: NAME} or {file: path}, never as a value.",
  });
}
