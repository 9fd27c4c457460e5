import { OpsError } from "#kit/errors.ts";
import type { Service } from "#kit/ports.ts";
import { kubernetesApi } from "./api.ts";
import type { KubernetesBinding } from "./binding.ts";
import { mainContainer, podOf } from "./deployment.ts";

/** Base URL of one pod of a service: its own address, and the port its main container names, else the service's. Throws `tool-refused` when it has no address. */
export function unitAddress(binding: KubernetesBinding): (service: Service, unit: string) => Promise<string> {
  const open = kubernetesApi(binding, "read");
  return async (service, unit) => {
    const { metadata, spec, status } = await podOf(await open(), service, unit);
    const main = mainContainer(spec.containers, metadata.annotations, service.workload ?? "");
    const port = main?.ports?.[0]?.containerPort ?? service.port;
    const { podIP } = status;
    if (typeof podIP === "string" && podIP !== "" && port !== undefined)
      return `http://${podIP.includes(":") ? `[${podIP}]` : podIP}:${port}`;
    throw new OpsError("tool-refused", {
      summary: `The pod ${metadata.name} of ${service.name} has no address and port.`,
      hint: "It may be starting; look again. Its container names its port, or the environment's file does.",
    });
  };
}
