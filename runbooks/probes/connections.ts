import type { Connections } from "#kit/ports.ts";
import type { Probe } from "#kit/runbook.ts";
import { readConnections } from "#runbooks/actions/looks.ts";

/** The database's connections: how many are taken, by whom, and who waits for whom. */
export const connections: Probe<unknown, Connections> = {
  ask: "Does the database answer, with connections to spare?",
  within: "10s",
  look: ({ database }) => database.connections(),
  read: readConnections,
};
