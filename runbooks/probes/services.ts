import { type AllUse, usageEverywhere } from "#kit/usage.ts";
import type { Probe } from "#kit/runbook.ts";
import { readUse } from "#rules/usage.ts";
import { readServices, type ServiceSeen, servicesSeen } from "#runbooks/actions/looks.ts";

/** Every service as it runs: its units, and whether one more can be added. */
export const services: Probe<unknown, readonly ServiceSeen[]> = {
  ask: "Do the API, the worker and the agents take work?",
  within: "10s",
  look: ({ workloads, inventory }) => servicesSeen({ workloads, inventory }),
  read: readServices,
};

/** What each unit of the API uses of its machine. */
export const apiUse: Probe<unknown, AllUse> = {
  ask: "What do the API's units use?",
  within: "25s",
  look: ({ workloads, hosts, inventory }) =>
    usageEverywhere({
      workloads,
      hosts,
      inventory: { ...inventory, services: [inventory.service("api")] },
    }),
  read: (use) => readUse(use, "cpu"),
};
