import { OpsError } from "#kit/errors.ts";
import type { Service } from "#kit/ports.ts";
import type { AwsBinding, AwsCredentials } from "./binding.ts";
import { awsClients } from "./clients.ts";
import { describeInstances, tag } from "./instances.ts";

/** Tag that says on which port a unit listens, where that is another than its service's. */
const portTag = "csrd:port";

/** Base URL of one unit of a service: its private address, and the service's port. Throws `tool-refused` when it has no address. */
export function unitAddress(
  binding: AwsBinding,
  credentials: AwsCredentials,
): (service: Service, unit: string) => Promise<string> {
  const clients = awsClients(binding, credentials, 3);
  return async (service, unit) => {
    const [instance] = await describeInstances(clients, [unit]);
    const address = instance?.PrivateIpAddress;
    if (instance === undefined || address === undefined)
      throw new OpsError("tool-refused", {
        summary: `${unit} of ${service.name} has no private address.`,
        hint: "It may be starting or gone; look again.",
      });
    const tagged = tag(instance, portTag);
    const port =
      tagged !== undefined && /^\d{1,5}$/.test(tagged)
        ? tagged
        : String(service.port ?? new URL(service.url).port);
    return `http://${address}:${port}`;
  };
}
