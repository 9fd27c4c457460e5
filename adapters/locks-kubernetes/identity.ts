import { OpsError } from "#kit/errors.ts";
import { mismatch } from "../mismatch.ts";
import type { LeaseLocksBinding } from "./binding.ts";
import { connect } from "./cluster.ts";

/** Throws `environment-mismatch` when the binding leads to another cluster than the environment says, by the uid of kube-system. */
export async function requireCluster(binding: LeaseLocksBinding, expected: string): Promise<void> {
  const answer = await (await connect(binding)).uid();
  if (!("failure" in answer)) {
    if (answer.value === expected) return;
    throw mismatch("The cluster of bindings.kubernetes-lease has the uid", answer.value, expected);
  }
  if ("error" in answer.failure) throw answer.failure.error;
  throw new OpsError("tool-refused", {
    summary:
      "The cluster of bindings.kubernetes-lease does not say which one it is: it knows no namespace kube-system.",
    hint: "Correct bindings.kubernetes-lease.cluster; something else may be listening there.",
  });
}
