import { createServer } from "node:net";
import { freePort } from "./backends/child.ts";
import { type MachineName, machineNames } from "./services.ts";

/** Behind one firewall rule, so their ports stand side by side. */
const apiNames = ["api-1", "api-2", "standby-1", "standby-2"] as const;
/** API machines that may be added later, or take the place of one that is still on its way out. */
const spare = 6;

/** Free loopback ports for every machine; those of the API, both versions and those to come, stand side by side, so that one firewall rule covers them. */
export async function freePorts(): Promise<{
  readonly ports: Readonly<Record<MachineName, number>>;
  readonly sparePorts: readonly number[];
}> {
  const first = await freeRow(apiNames.length + spare);
  const ports: Record<string, number> = Object.fromEntries(
    apiNames.map((name, index) => [name, first + index]),
  );
  for (const name of machineNames) {
    if (name in ports) continue;
    let port = await freePort();
    while (Object.values(ports).includes(port) || (port >= first && port < first + apiNames.length + spare))
      port = await freePort();
    ports[name] = port;
  }
  return {
    ports: ports as Record<MachineName, number>,
    sparePorts: Array.from({ length: spare }, (_, index) => first + apiNames.length + index),
  };
}

/** The first of so many free ports in a row. */
async function freeRow(length: number): Promise<number> {
  for (;;) {
    const first = await freePort();
    const rest = Array.from({ length: length - 1 }, (_, index) => first + index + 1);
    if (first + length < 65_536 && (await Promise.all(rest.map(isFree))).every(Boolean)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
