import { setTimeout as pause } from "node:timers/promises";
import { parseKubernetesBinding } from "#adapters/kubernetes/binding.ts";
import { kubernetesOperators } from "#adapters/kubernetes/operators.ts";
import { kubernetesReaders } from "#adapters/kubernetes/readers.ts";
import type { Service } from "#kit/ports.ts";
import { workloadContract, type WorkloadWorld } from "../contracts/workloads.ts";

const {
  OPS_TEST_KUBERNETES_SERVER: server,
  OPS_TEST_KUBECONFIG: kubeconfig,
  OPS_TEST_KUBE_CONTEXT: context,
  OPS_TEST_KUBERNETES_NAMESPACE: namespace = "default",
  OPS_TEST_KUBERNETES_DEPLOYMENT: workload,
} = process.env;

const patienceMs = 120_000;

/** A Deployment of two pods on a cluster that is there, which is restarted and scaled from two to three and back. Never name one that somebody needs. */
async function clusterWorld(): Promise<WorkloadWorld> {
  const credentials = (token: string) =>
    server === undefined
      ? { kubeconfig: kubeconfig ?? "", context: context ?? "" }
      : { server, token: { env: token } };
  const binding = parseKubernetesBinding({
    namespace,
    read: credentials("OPS_TEST_KUBERNETES_TOKEN"),
    act: credentials("OPS_TEST_KUBERNETES_ACT_TOKEN"),
  });
  const { workloads, hosts } = kubernetesReaders(binding);
  const { workloadAdmin: admin } = kubernetesOperators(binding);
  const service: Service = {
    name: "api",
    url: "http://127.0.0.1",
    instances: [],
    firewallGroups: [],
    floor: 1,
    most: 4,
    ...(workload === undefined ? {} : { workload }),
  };
  return {
    workloads,
    admin,
    hosts,
    service,
    elsewhere: { ...service, workload: "csrd-nothing" },
    nameless: { ...service, workload: undefined },
    boundlessBeyondTheFile: true,
    patienceMs,
    reset: async () => {
      for (const until = Date.now() + patienceMs; Date.now() < until; await pause(250)) {
        const { desired, units } = await workloads.describe(service);
        if (desired !== 2) await admin.scale(service, desired, 2);
        else if (units.length === 2 && units.every(({ ready }) => ready)) return;
      }
      throw new Error(`${workload ?? "it"} does not come to two pods that take work`);
    },
    close: async () => undefined,
  };
}

workloadContract(
  "the cluster in OPS_TEST_KUBERNETES_SERVER or OPS_TEST_KUBECONFIG",
  clusterWorld,
  (server === undefined && (kubeconfig === undefined || context === undefined)) || workload === undefined
    ? "OPS_TEST_KUBERNETES_SERVER with OPS_TEST_KUBERNETES_TOKEN and OPS_TEST_KUBERNETES_ACT_TOKEN, or OPS_TEST_KUBECONFIG with OPS_TEST_KUBE_CONTEXT, and OPS_TEST_KUBERNETES_DEPLOYMENT are not set"
    : undefined,
);
