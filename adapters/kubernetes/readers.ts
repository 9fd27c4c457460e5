import type { Readers } from "#kit/ports.ts";
import { kubernetesApi } from "./api.ts";
import { balancerReader } from "./balancer.ts";
import type { KubernetesBinding } from "./binding.ts";
import { deployReader } from "./deploys.ts";
import { firewallReader } from "./firewall.ts";
import { hostReader } from "./hosts.ts";
import { instanceReader } from "./instances.ts";
import { podLogs } from "./logs.ts";
import { workloadReader } from "./workloads.ts";

/** The readers Kubernetes can serve. */
export type KubernetesReaders = Pick<
  Readers,
  "workloads" | "hosts" | "instances" | "balancer" | "firewall" | "logs" | "deploys"
>;

/** Everything that can be looked at, under the reading credentials; nothing in the object can change anything. */
export function kubernetesReaders(binding: KubernetesBinding): KubernetesReaders {
  const open = kubernetesApi(binding, "read");
  return {
    workloads: workloadReader(open),
    hosts: hostReader(open),
    instances: instanceReader(open),
    balancer: balancerReader(open),
    firewall: firewallReader(open),
    logs: podLogs(open),
    deploys: deployReader(open),
  };
}
