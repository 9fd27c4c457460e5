import type { Instance as VendorInstance, InstanceStatus } from "@aws-sdk/client-ec2";
import { OpsError } from "#kit/errors.ts";
import type { Instance, InstanceReader } from "#kit/ports.ts";
import { plainText } from "../foreign-text.ts";
import { look } from "./call.ts";
import type { AwsClients } from "./clients.ts";
import { ec2Sdk } from "./sdk.ts";

/** EC2 takes at most a hundred ids in one status call. */
const batch = 100;

/** Tag under which the running release stands on an instance. */
export const versionTag = "csrd:version";

/** Looks at exactly the instances named. */
export function instanceReader(clients: AwsClients): InstanceReader {
  return {
    async describe(ids) {
      const wanted = distinct(ids);
      const described = await describeInstances(clients, wanted);
      const statuses = await describeStatuses(clients, wanted);
      return described.map((instance) => toInstance(instance, statuses.get(instance.InstanceId ?? "")));
    },
  };
}

/** The vendor's description of each id, in the order asked; throws `selector-empty` for none and `tool-refused` when one is missing. */
export async function describeInstances(
  clients: AwsClients,
  ids: readonly string[],
): Promise<readonly VendorInstance[]> {
  const wanted = distinct(ids);
  const { DescribeInstancesCommand } = await ec2Sdk();
  const client = await clients.ec2();
  const found = new Map<string, VendorInstance>();
  for (const some of batches(wanted)) {
    let next: string | undefined;
    do {
      const page = await look(clients, { service: "ec2", action: "DescribeInstances" }, () =>
        client.send(new DescribeInstancesCommand({ InstanceIds: some, NextToken: next })),
      );
      for (const reservation of page.Reservations ?? [])
        for (const instance of reservation.Instances ?? []) found.set(instance.InstanceId ?? "", instance);
      next = page.NextToken;
    } while (next !== undefined);
  }
  return wanted.map((id) => {
    const instance = found.get(id);
    if (instance !== undefined) return instance;
    throw new OpsError("tool-refused", {
      summary: `AWS DescribeInstances at ${clients.host("ec2")} left out ${plainText(id, 40)}.`,
      hint: "The environment file names an instance this account and region do not have; correct it there.",
    });
  });
}

/** Those of the ids that EC2 has heard of, by id; one that is new, or long gone, is left out. */
export async function presentInstances(
  clients: AwsClients,
  ids: readonly string[],
): Promise<ReadonlyMap<string, VendorInstance>> {
  const { DescribeInstancesCommand } = await ec2Sdk();
  const client = await clients.ec2();
  const found = new Map<string, VendorInstance>();
  for (const some of batches([...new Set(ids)])) {
    let next: string | undefined;
    do {
      const page = await look(clients, { service: "ec2", action: "DescribeInstances" }, () =>
        client.send(
          new DescribeInstancesCommand({
            Filters: [{ Name: "instance-id", Values: some }],
            NextToken: next,
          }),
        ),
      );
      for (const reservation of page.Reservations ?? [])
        for (const instance of reservation.Instances ?? []) found.set(instance.InstanceId ?? "", instance);
      next = page.NextToken;
    } while (next !== undefined);
  }
  return found;
}

/** What EC2's own checks say of each id. */
export async function describeStatuses(
  clients: AwsClients,
  ids: readonly string[],
): Promise<ReadonlyMap<string, InstanceStatus>> {
  const { DescribeInstanceStatusCommand } = await ec2Sdk();
  const client = await clients.ec2();
  const found = new Map<string, InstanceStatus>();
  for (const some of batches(ids)) {
    let next: string | undefined;
    do {
      const page = await look(clients, { service: "ec2", action: "DescribeInstanceStatus" }, () =>
        client.send(
          new DescribeInstanceStatusCommand({
            InstanceIds: some,
            IncludeAllInstances: true,
            NextToken: next,
          }),
        ),
      );
      for (const status of page.InstanceStatuses ?? []) found.set(status.InstanceId ?? "", status);
      next = page.NextToken;
    } while (next !== undefined);
  }
  return found;
}

function toInstance(instance: VendorInstance, status: InstanceStatus | undefined): Instance {
  const id = instance.InstanceId ?? "";
  const version = tag(instance, versionTag);
  return {
    id,
    name: plainText(tag(instance, "Name") ?? id, 80),
    state: instance.State?.Name ?? "pending",
    check: worst(status),
    ...(version === undefined ? {} : { version: plainText(version, 80) }),
  };
}

/** The worse of what EC2 says about the machine and about the host under it; silence is insufficient data, never "ok". */
export function worst(status: InstanceStatus | undefined): Instance["check"] {
  const said = [status?.InstanceStatus?.Status, status?.SystemStatus?.Status];
  const order = ["impaired", "insufficient-data", "initializing", "not-applicable", "ok"] as const;
  const worstOf = order.find((check) => said.some((value) => (value ?? "insufficient-data") === check));
  return worstOf ?? "insufficient-data";
}

/** A tag's value; undefined when the instance does not carry it. */
export function tag(instance: VendorInstance, key: string): string | undefined {
  return instance.Tags?.find((entry) => entry.Key === key)?.Value;
}

function distinct(ids: readonly string[]): readonly string[] {
  if (ids.length > 0) return [...new Set(ids)];
  throw new OpsError("selector-empty", {
    summary: "No instance was named, and none never means all.",
    hint: "Name the service's instances in the environment file.",
  });
}

function batches(ids: readonly string[]): readonly string[][] {
  const all: string[][] = [];
  for (let start = 0; start < ids.length; start += batch) all.push(ids.slice(start, start + batch));
  return all;
}
