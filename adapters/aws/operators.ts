import type { Operators } from "#kit/ports.ts";
import { balancerAdmin } from "./balancer-admin.ts";
import type { AwsBinding, AwsCredentials } from "./binding.ts";
import { awsClients } from "./clients.ts";
import { awsIdentity, type AwsIdentity } from "./identity.ts";
import { instanceAdmin } from "./instance-admin.ts";
import { volumeAdmin } from "./volumes.ts";
import { workloadAdmin } from "./workload-admin.ts";

/** The hands AWS gives, and whose they are. */
export type AwsOperators = Pick<
  Operators,
  "instanceAdmin" | "balancerAdmin" | "workloadAdmin" | "volumeAdmin"
> & {
  /** Account and role behind the acting credentials. */
  readonly identity: () => Promise<AwsIdentity>;
};

/** Everything that can be changed, under the acting credentials. */
export function awsOperators(binding: AwsBinding, credentials: AwsCredentials): AwsOperators {
  const clients = awsClients(binding, credentials, 1);
  return {
    instanceAdmin: instanceAdmin(clients),
    balancerAdmin: balancerAdmin(clients),
    workloadAdmin: workloadAdmin(clients, binding.machines),
    volumeAdmin: volumeAdmin(clients),
    identity: () => awsIdentity(clients),
  };
}
