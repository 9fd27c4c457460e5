import { freeRow } from "./backends/free-port.ts";
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
  const others = machineNames.filter((name) => !apiNames.some((api) => api === name));
  const first = await freeRow(apiNames.length + spare + others.length);
  const ports: Record<string, number> = Object.fromEntries([
    ...apiNames.map((name, index) => [name, first + index]),
    ...others.map((name, index) => [name, first + apiNames.length + spare + index]),
  ]);
  return {
    ports: ports as Record<MachineName, number>,
    sparePorts: Array.from({ length: spare }, (_, index) => first + apiNames.length + index),
  };
}
