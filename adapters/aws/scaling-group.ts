import type { AutoScalingGroup, ScalingPolicy } from "@aws-sdk/client-auto-scaling";
import { OpsError } from "#kit/errors.ts";
import type { Service } from "#kit/ports.ts";
import { plainText } from "../foreign-text.ts";
import { look } from "./call.ts";
import type { AwsClients } from "./clients.ts";
import { scalingSdk } from "./sdk.ts";

/** The Auto Scaling group of that name; throws `tool-refused` when this account and region have none. */
export async function scalingGroup(clients: AwsClients, name: string): Promise<AutoScalingGroup> {
  const { DescribeAutoScalingGroupsCommand } = await scalingSdk();
  const client = await clients.scaling();
  let next: string | undefined;
  do {
    const page = await look(clients, { service: "autoscaling", action: "DescribeAutoScalingGroups" }, () =>
      client.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name], NextToken: next })),
    );
    const found = page.AutoScalingGroups?.find((group) => group.AutoScalingGroupName === name);
    if (found !== undefined) return found;
    next = page.NextToken;
  } while (next !== undefined);
  throw new OpsError("tool-refused", {
    summary: `AWS DescribeAutoScalingGroups at ${clients.host("autoscaling")} knows no group ${plainText(name, 80)}.`,
    hint: "The environment file names an Auto Scaling group this account and region do not have; correct workload there.",
  });
}

/**
 * Who else moves the group's number: the first of its scaling policies that is switched on, by name. Undefined when there is none,
 * or when the group ignores the alarms that drive them.
 */
export async function scaledBy(clients: AwsClients, group: AutoScalingGroup): Promise<string | undefined> {
  if (isSuspended(group, "AlarmNotification")) return undefined;
  const { DescribePoliciesCommand } = await scalingSdk();
  const client = await clients.scaling();
  const policies: ScalingPolicy[] = [];
  let next: string | undefined;
  do {
    const page = await look(clients, { service: "autoscaling", action: "DescribePolicies" }, () =>
      client.send(
        new DescribePoliciesCommand({ AutoScalingGroupName: group.AutoScalingGroupName, NextToken: next }),
      ),
    );
    policies.push(...(page.ScalingPolicies ?? []));
    next = page.NextToken;
  } while (next !== undefined);
  const names = policies.filter(({ Enabled }) => Enabled !== false).map(({ PolicyName }) => PolicyName ?? "");
  const first = names.sort()[0];
  return first === undefined ? undefined : plainText(first, 120);
}

/** Whether somebody told the group not to do this: `Launch`, `Terminate`, `AlarmNotification`. */
export function isSuspended(group: AutoScalingGroup, process: string): boolean {
  return (group.SuspendedProcesses ?? []).some(({ ProcessName }) => ProcessName === process);
}

/** A group whose numbers count vCPUs, memory or weights has no number of units. */
export function countsUnits(group: AutoScalingGroup): boolean {
  const overrides = group.MixedInstancesPolicy?.LaunchTemplate?.Overrides ?? [];
  return (
    (group.DesiredCapacityType ?? "units") === "units" &&
    overrides.every(({ WeightedCapacity }) => (WeightedCapacity ?? "1") === "1")
  );
}

/** The group's own bounds and the environment file's, whichever is narrower. */
export function boundsOf(group: AutoScalingGroup, { floor, most }: Service) {
  return {
    least: Math.max(group.MinSize ?? 0, floor),
    most: Math.min(group.MaxSize ?? 0, most ?? Number.POSITIVE_INFINITY),
  };
}

/** Ids of the instances that are the service's own: those of its group, or those its file lists. */
export async function unitIds(clients: AwsClients, service: Service): Promise<readonly string[]> {
  if (service.workload === undefined) return requireInstances(service);
  const group = await scalingGroup(clients, service.workload);
  return (group.Instances ?? []).flatMap(({ InstanceId }) => (InstanceId === undefined ? [] : [InstanceId]));
}

/** The instances that the file lists; throws `selector-empty` when it names neither any nor a workload. */
export function requireInstances({ name, instances }: Service): readonly string[] {
  if (instances.length > 0) return [...new Set(instances)];
  throw new OpsError("selector-empty", {
    summary: `The environment's file names neither a workload nor an instance of ${name}, and none never means all.`,
    hint: "Name the service's Auto Scaling group as its workload, or list its instances.",
  });
}

/** Refuses an id that is not one of the service's own, whoever asks; `selector-empty` for none, `tool-refused` for a stranger. */
export async function requireUnit(clients: AwsClients, service: Service, id: string): Promise<void> {
  if (id === "")
    throw new OpsError("selector-empty", {
      summary: "No unit was named, and none never means all.",
      hint: `Name one unit of ${service.name}.`,
    });
  if ((await unitIds(clients, service)).includes(id)) return;
  throw new OpsError("tool-refused", {
    summary: `${plainText(id, 40)} is not one of the units of ${service.name}.`,
    hint: "Nothing was done. Look again: it may have been replaced.",
  });
}
