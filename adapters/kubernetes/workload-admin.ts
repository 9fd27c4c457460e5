import { OpsError } from "#kit/errors.ts";
import type { Service } from "#kit/ports.ts";
import type { Changed, UnitSize, WorkloadAdmin } from "#kit/ports/workloads.ts";
import { plainText } from "../foreign-text.ts";
import { type KubernetesApi, present, type Sent } from "./api.ts";
import { deploymentOf, podOf } from "./deployment.ts";
import { kinds } from "./kinds.ts";
import { type Deployment, Scale } from "./objects.ts";
import { cpuQuantity, memoryQuantity, quantityOf } from "./quantity.ts";
import { mainOf, sizeOf } from "./size.ts";
import { autoscalerOf, boundsOf } from "./workloads.ts";

/** The server itself writes to a Deployment while its pods change; then the wish is looked at again, so often at most. */
const mostRounds = 8;

/** Restarts pods and changes the number and size of a Deployment's pods. Every change names the version or the very pod it is meant for. */
export function workloadAdmin(open: () => Promise<KubernetesApi>): WorkloadAdmin {
  return {
    async restart(service, unit, how) {
      const api = await open();
      const { name, uid } = (await podOf(api, service, unit)).metadata;
      const what = { kind: kinds.pods, name };
      const preconditions = { uid };
      const sent =
        how === "graceful"
          ? await api.change("create", { ...what, part: "eviction" }, evictionOf(api, name, uid))
          : await api.change("delete", what, { apiVersion: "v1", kind: "DeleteOptions", preconditions });
      if (sent === "absent" || sent === "overtaken")
        throw new OpsError("tool-refused", {
          summary: `The pod ${name} is not there any more, so it was not restarted.`,
          hint: "Pods come and go: look again which there are.",
        });
    },

    async scale(service, from, to) {
      const api = await open();
      const { workload = "" } = service;
      await deploymentOf(api, service);
      const { least, most } = boundsOf(service, await autoscalerOf(api, workload), from);
      if (to < least || to > most) throw outOfBounds(workload, to, least, most);
      const what = { kind: kinds.deployments, name: workload, part: "scale" };
      return changing(what.name, async () => {
        const scale = present(await api.get(what, Scale), api, what);
        if (scale.spec.replicas !== from) return "changed";
        const { resourceVersion, uid } = scale.metadata;
        return api.change("update", what, {
          apiVersion: "autoscaling/v1",
          kind: "Scale",
          metadata: { name: workload, namespace: api.namespace, resourceVersion, uid },
          spec: { replicas: to },
        });
      });
    },

    async resize(service, from, to) {
      const api = await open();
      return changing(service.workload ?? service.name, async () => {
        const deployment = await deploymentOf(api, service);
        const size = sizeOf(deployment);
        if (size === undefined)
          throw new OpsError("tool-refused", {
            summary: `The pods of the Deployment ${deployment.metadata.name} have no limit of processor and memory that could be changed.`,
            hint: "Give its main container both limits first, in the place where its manifest is kept.",
          });
        if (!isSameSize(size, from)) return "changed";
        const what = { kind: kinds.deployments, name: deployment.metadata.name };
        return api.change("patch", what, sizePatch(deployment, from, to));
      });
    },
  };
}

/** Tries a change until nobody wrote in between; each attempt looks again whether it is still wanted. */
async function changing(
  workload: string,
  attempt: () => Promise<Sent<unknown> | "changed">,
): Promise<Changed> {
  for (let round = 0; round < mostRounds; round += 1) {
    const sent = await attempt();
    if (sent === "changed") return "changed";
    if (sent === "absent")
      throw new OpsError("tool-refused", {
        summary: `The Deployment ${plainText(workload, 80)} is not there any more.`,
        hint: "Find out who deleted it before doing anything else.",
      });
    if (sent !== "overtaken") return "accepted";
  }
  throw new OpsError("tool-unreachable", {
    summary: `The Deployment ${plainText(workload, 80)} was changed by somebody else each time it was about to be written (${mostRounds} times).`,
    hint: "Nothing was changed. Look at who writes it: kubectl get deployment -o yaml --show-managed-fields",
  });
}

/** An eviction of this very pod: a disruption budget may refuse it. */
function evictionOf({ namespace }: KubernetesApi, name: string, uid: string) {
  return {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name, namespace },
    deleteOptions: { preconditions: { uid } },
  };
}

/** New limits of the main container, for the version of the Deployment that was looked at. A request goes with its limit where both were the same, and never above it. */
function sizePatch(deployment: Deployment, from: UnitSize, to: UnitSize) {
  const main = mainOf(deployment);
  const requests = main?.resources?.requests;
  const requestOf = (of: "cpu" | "memory", old: number, next: number, text: string) => {
    const asked = quantityOf(requests?.[of]);
    if (asked === undefined || (asked !== old && asked <= next)) return {};
    return { [of]: text };
  };
  const [cpu, memory] = [cpuQuantity(to.cpus), memoryQuantity(to.memoryBytes)];
  const resources = {
    limits: { cpu, memory },
    requests: {
      ...requestOf("cpu", from.cpus, to.cpus, cpu),
      ...requestOf("memory", from.memoryBytes, to.memoryBytes, memory),
    },
  };
  const { resourceVersion, uid } = deployment.metadata;
  return {
    metadata: { resourceVersion, uid },
    spec: { template: { spec: { containers: [{ name: main?.name ?? "", resources }] } } },
  };
}

function isSameSize(a: UnitSize, b: UnitSize): boolean {
  return a.cpus === b.cpus && a.memoryBytes === b.memoryBytes;
}

function outOfBounds(workload: Service["name"], to: number, least: number, most: number): OpsError {
  return new OpsError("tool-refused", {
    summary: `${workload} may have ${least} to ${most} pods, not ${to}.`,
    hint: "The bounds are the autoscaler's and those of the environment's file (floor, most), whichever is narrower.",
  });
}
