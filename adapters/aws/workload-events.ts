import type { Activity } from "@aws-sdk/client-auto-scaling";
import { toMs, type Duration } from "#kit/duration.ts";
import type { Service } from "#kit/ports.ts";
import type { WorkloadEvent } from "#kit/ports/workloads.ts";
import { plainText } from "../foreign-text.ts";
import { look } from "./call.ts";
import type { AwsClients } from "./clients.ts";
import { presentInstances } from "./instances.ts";
import { requireInstances, scalingGroup } from "./scaling-group.ts";
import { scalingSdk } from "./sdk.ts";

const most = 100;

/** What the group did, and why instances are not running, as far back as asked; newest last, at most 100. */
export async function workloadEvents(
  clients: AwsClients,
  service: Service,
  since: Duration,
): Promise<readonly WorkloadEvent[]> {
  const from = new Date(Date.now() - toMs(since)).toISOString();
  const { workload } = service;
  const group = workload === undefined ? undefined : await scalingGroup(clients, workload);
  const ids =
    group === undefined
      ? requireInstances(service)
      : (group.Instances ?? []).flatMap(({ InstanceId: id }) => (id === undefined ? [] : [id]));
  const [activities, stops] = await Promise.all([
    workload === undefined ? [] : activitiesOf(clients, workload, from),
    stopsOf(clients, ids),
  ]);
  return [...activities, ...stops]
    .filter(({ at }) => at >= from)
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.about < b.about ? -1 : 1))
    .slice(-most);
}

/** AWS gives the newest first, so the first page that is old enough is the last. */
async function activitiesOf(
  clients: AwsClients,
  name: string,
  from: string,
): Promise<readonly WorkloadEvent[]> {
  const { DescribeScalingActivitiesCommand } = await scalingSdk();
  const client = await clients.scaling();
  const events: WorkloadEvent[] = [];
  let next: string | undefined;
  do {
    const page = await look(clients, { service: "autoscaling", action: "DescribeScalingActivities" }, () =>
      client.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: name, NextToken: next })),
    );
    const some = (page.Activities ?? []).map((activity) => toEvent(activity, name));
    events.push(...some);
    next = some.some(({ at }) => at < from) || events.length >= most ? undefined : page.NextToken;
  } while (next !== undefined);
  return events;
}

function toEvent(activity: Activity, group: string): WorkloadEvent {
  const { StatusCode: status = "", StatusMessage: message, Description: what = "" } = activity;
  const failed = status === "Failed" || status === "Cancelled";
  const ended = status === "Successful" ? "" : ` (${status})`;
  return {
    at: (activity.StartTime ?? new Date(0)).toISOString(),
    about: /\bi-[0-9a-f]{8,17}\b/.exec(what)?.[0] ?? plainText(group, 80),
    kind: failed ? "warning" : "normal",
    says: plainText([`${what}${ended}`, message].filter(Boolean).join(": "), 300),
  };
}

/** Instances that were stopped or ended, by EC2's own words; it writes the instant into them. */
async function stopsOf(clients: AwsClients, ids: readonly string[]): Promise<readonly WorkloadEvent[]> {
  const instances = await presentInstances(clients, ids);
  return [...instances.entries()].flatMap(([id, { State: state, StateReason: reason, ...rest }]) => {
    const at = instantIn(rest.StateTransitionReason ?? "");
    if (state?.Name === "running" || state?.Name === "pending" || at === undefined) return [];
    const says = plainText(`${state?.Name ?? "gone"}: ${reason?.Message ?? rest.StateTransitionReason}`, 300);
    return [{ at, about: id, kind: "warning" as const, says }];
  });
}

/** `User initiated (2026-11-21 18:00:00 GMT)`. */
function instantIn(text: string): string | undefined {
  const [, day, time] = /\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) GMT\)/.exec(text) ?? [];
  const instant = new Date(`${day}T${time}Z`);
  return Number.isNaN(instant.getTime()) ? undefined : instant.toISOString();
}
