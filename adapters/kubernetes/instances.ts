import { OpsError } from "#kit/errors.ts";
import type { Instance, InstanceReader } from "#kit/ports.ts";
import { type KubernetesApi, present } from "./api.ts";
import { kinds } from "./kinds.ts";
import { Pod } from "./objects.ts";
import { unitOf } from "./units.ts";

/** Pods as machines, for whoever asks for machines by name; a runbook that has a workload asks for its units instead. */
export function instanceReader(open: () => Promise<KubernetesApi>): InstanceReader {
  return {
    async describe(ids) {
      if (ids.length === 0)
        throw new OpsError("selector-empty", {
          summary: "No pod was named, and none never means all.",
          hint: "On Kubernetes pods come and go: ask for the service's workload instead.",
        });
      const api = await open();
      return Promise.all([...new Set(ids)].map((id) => instanceOf(api, id)));
    },
  };
}

async function instanceOf(api: KubernetesApi, name: string): Promise<Instance> {
  const what = { kind: kinds.pods, name };
  const { id, state, ready, version } = unitOf(present(await api.get(what, Pod), api, what), "");
  const states = {
    starting: "pending",
    running: "running",
    stopping: "stopping",
    stopped: "stopped",
    failed: "running",
  } as const;
  return {
    id,
    name: id,
    state: states[state],
    check: ready ? "ok" : state === "starting" ? "initializing" : "impaired",
    ...(version === undefined ? {} : { version }),
  };
}
