import { judgeClock, type Outcome, type ReadinessProbe } from "#kit/readiness.ts";
import { OpsError } from "#kit/errors.ts";
import { clockOf } from "../http-clock.ts";
import { parseLeaseLocksBinding, type LeaseLocksBinding } from "./binding.ts";
import { connect, type Cluster } from "./cluster.ts";
import { leaseVerbs } from "./permissions.ts";

/** Whether locks can be taken in Leases: the server's own answer about each verb, a look at the Leases, its clock. Nothing is written. */
export function leaseLocksProbes(binding: unknown, environment: string): readonly ReadinessProbe[] {
  let connecting: Promise<Cluster> | undefined;
  const cluster = () => (connecting ??= connect(parseLeaseLocksBinding(binding)));
  return [
    {
      id: "locks.kubernetes.rights",
      what: "Lock store (Kubernetes)",
      needs: "every-run",
      look: async () => rights(await cluster(), parseLeaseLocksBinding(binding), environment),
    },
    {
      id: "locks.kubernetes.clock",
      what: "Lock store's clock (Kubernetes)",
      needs: "every-run",
      look: async () => clock(await cluster()),
    },
  ];
}

async function rights(
  cluster: Cluster,
  { namespace }: LeaseLocksBinding,
  environment: string,
): Promise<Outcome> {
  const answers = await Promise.all(
    leaseVerbs.map(async (verb) => ({ verb, answer: await cluster.may(verb) })),
  );
  const denied: string[] = [];
  for (const { verb, answer } of answers) {
    if ("failure" in answer) throw failureOf(answer);
    if (!answer.value) denied.push(verb);
  }
  const says = `${leaseVerbs.length - denied.length} of ${leaseVerbs.length} verbs on leases in ${namespace}`;
  if (denied.length > 0)
    return {
      state: "not-ready",
      says: `${says}; may not ${denied.join(", ")}`,
      now: `Apply what this prints: ops permissions --env ${environment} --part kubernetes`,
    };
  // A review says nothing about whether the namespace exists.
  const listed = await cluster.list();
  if ("failure" in listed) throw failureOf(listed);
  return { state: "ready", says: `${says}; ${listed.value.length} locks known` };
}

async function clock(cluster: Cluster): Promise<Outcome> {
  const asked = Date.now();
  const began = performance.now();
  const { at } = await cluster.may("get");
  const { aheadMs, errorMs } = clockOf(at?.getTime() ?? Number.NaN, asked, performance.now() - began);
  return aheadMs === undefined
    ? { state: "unknown", says: "the cluster does not say what time it is" }
    : judgeClock(aheadMs, errorMs);
}

function failureOf({ failure }: Extract<Awaited<ReturnType<Cluster["list"]>>, { failure: unknown }>): Error {
  if ("error" in failure) return failure.error;
  return new OpsError("tool-refused", {
    summary: "The cluster does not know what was asked of it.",
    hint: "Correct bindings.kubernetes-lease.cluster.",
  });
}
