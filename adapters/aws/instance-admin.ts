import { OpsError } from "#kit/errors.ts";
import type { InstanceAdmin } from "#kit/ports.ts";
import { act } from "./call.ts";
import type { AwsClients } from "./clients.ts";
import { ec2Sdk } from "./sdk.ts";

/** Reboots instances, one per call. */
export function instanceAdmin(clients: AwsClients): InstanceAdmin {
  return {
    async reboot(id) {
      if (id === "")
        throw new OpsError("selector-empty", {
          summary: "No instance was named, and none never means all.",
          hint: "Name one instance.",
        });
      const { RebootInstancesCommand } = await ec2Sdk();
      const client = await clients.ec2();
      await act(clients, { service: "ec2", action: "RebootInstances" }, () =>
        client.send(new RebootInstancesCommand({ InstanceIds: [id] })),
      );
    },
  };
}
