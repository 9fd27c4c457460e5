import { type Duration, toMs } from "#kit/duration.ts";
import type { Finding } from "#kit/finding.ts";
import type { Deploy } from "#kit/ports.ts";
import type { Probe } from "#kit/runbook.ts";
import { readDeploys } from "#runbooks/actions/looks.ts";

const ask = "Was something deployed?";

/** What was deployed to the API of late, the newest first. */
export const apiDeploys: Probe<unknown, readonly Deploy[]> = {
  ask,
  look({ deploys, inventory }) {
    const { instances, workload } = inventory.service("api");
    return deploys.recent(instances, workload);
  },
  read: readDeploys,
};

/** The same of the service that the run is about. */
export const serviceDeploys: Probe<{ readonly service: string }, readonly Deploy[]> = {
  ask,
  look({ deploys, inventory, params }) {
    const { instances, workload } = inventory.service(params.service);
    return deploys.recent(instances, workload);
  },
  read: readDeploys,
};

/** The latest deploy, where it is young enough to explain what began of late. */
export function freshIn(
  deploys: Finding<readonly Deploy[]>,
  now: string,
  limit: Duration,
): Deploy | undefined {
  if (!deploys.known) return undefined;
  const [last] = deploys.value;
  if (last === undefined) return undefined;
  const age = Date.parse(now) - Date.parse(last.at);
  return age >= 0 && age <= toMs(limit) ? last : undefined;
}
