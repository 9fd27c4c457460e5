import type { Cloud, CloudInstance } from "./cloud.ts";
import type { DatabaseMachine, DatabaseMachines } from "./database-machines.ts";
import { firewallGroups } from "./names.ts";

/** The practice cloud with the database's machines in it: they can be rebooted and stopped, and one route leads to the primary's. */
export function withDatabase(cloud: Cloud, database: DatabaseMachines): Cloud {
  const found = (id: string) => database.machines.find((machine) => machine.id === id);
  return {
    ...cloud,
    instances: async () => [...(await cloud.instances()), ...database.machines.map(describe)],
    reboot: async (id) => {
      const machine = found(id);
      if (machine === undefined) await cloud.reboot(id);
      else machine.reboot();
    },
    database: {
      stop: async (id) => found(id)?.halt(),
      routeTable: database.routeTable,
      route: async () => ({ destination: database.destination, instance: database.leadsTo() }),
      replaceRoute: async (instance) => database.leadTo(instance),
    },
  };
}

function describe(machine: DatabaseMachine): CloudInstance {
  const { id, name, port } = machine;
  return {
    id,
    name,
    state: machine.state(),
    check: machine.check(),
    address: "127.0.0.1",
    port,
    firewallGroups: [firewallGroups.internal],
    launchedAt: machine.launchedAt(),
    tags: { Name: name, "csrd:service": "database" },
  };
}
