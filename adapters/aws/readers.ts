import type { Readers } from "#kit/ports.ts";
import type { AwsBinding, AwsCredentials } from "./binding.ts";
import { balancerReader } from "./balancer.ts";
import { awsClients } from "./clients.ts";
import { deployReader } from "./deploys.ts";
import { firewallReader } from "./firewall.ts";
import { hostReader } from "./hosts.ts";
import { awsIdentity, type AwsIdentity } from "./identity.ts";
import { instanceReader } from "./instances.ts";
import { logReader } from "./logs.ts";
import { volumeReader } from "./volumes.ts";
import { workloadReader } from "./workloads.ts";

/** The readers AWS can serve, and who they look as. */
export type AwsReaders = Pick<
  Readers,
  "instances" | "balancer" | "firewall" | "logs" | "deploys" | "workloads" | "hosts" | "volumes"
> & {
  /** Account and role behind the reading credentials. */
  readonly identity: () => Promise<AwsIdentity>;
};

/** Everything that can be looked at, under the reading credentials; nothing in the object can change anything. */
export function awsReaders(binding: AwsBinding, credentials: AwsCredentials): AwsReaders {
  const clients = awsClients(binding, credentials, 3);
  const instances = instanceReader(clients);
  return {
    instances,
    balancer: balancerReader(clients),
    firewall: firewallReader(clients),
    logs: logReader(clients),
    deploys: deployReader(clients),
    workloads: workloadReader(clients),
    hosts: hostReader(clients, binding.machines),
    volumes: volumeReader(clients),
    identity: () => awsIdentity(clients),
  };
}
