import { createServer } from "node:net";
import { freePort } from "./backends/child.ts";
import { type MachineName, machineNames } from "./services.ts";

/** Free loopback ports for every machine; the API's two stand side by side, so that one firewall rule covers both. */
export async function freePorts(): Promise<Readonly<Record<MachineName, number>>> {
  const first = await freePair();
  const ports: Record<string, number> = { "api-1": first, "api-2": first + 1 };
  for (const name of machineNames) {
    if (name in ports) continue;
    let port = await freePort();
    while (Object.values(ports).includes(port)) port = await freePort();
    ports[name] = port;
  }
  return ports as Record<MachineName, number>;
}

async function freePair(): Promise<number> {
  for (;;) {
    const first = await freePort();
    if (first < 65_535 && (await isFree(first + 1))) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
