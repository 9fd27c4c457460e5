import type { Service } from "#kit/ports.ts";
import type { AwsMachines } from "./binding.ts";

/** One thing that is allowed, in the grammar of an IAM policy. */
export type Statement = {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: readonly string[] | "*";
  readonly Condition?: { readonly StringEquals: Readonly<Record<string, string | readonly string[]>> };
};

/** Where a policy applies: what its ARNs are made of. */
export type AwsPlace = {
  readonly account: string;
  readonly region: string;
  readonly services: readonly Service[];
  /** How machines are looked into and restarted. */
  readonly machines?: AwsMachines | undefined;
  /** ARN of the acting role, where it is known. */
  readonly actRole?: string | undefined;
  /** The platform's database: the instances of its servers, and the tables that lead its address to one of them. */
  readonly database?: { readonly instances: readonly string[]; readonly routeTables: readonly string[] };
};

/** Calls without a resource: everywhere in the account, and in this region only. */
export function looking(
  Sid: string,
  actions: readonly string[],
  { region }: AwsPlace,
): Statement | undefined {
  const Action = [...new Set(actions)].sort();
  if (Action.length === 0) return undefined;
  return {
    Sid,
    Effect: "Allow",
    Action,
    Resource: "*",
    Condition: { StringEquals: { "aws:RequestedRegion": region } },
  };
}

/** Each once, and only those that are there. */
export function distinct(values: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(values.filter((value) => value !== undefined))];
}

/** The ARN of something of this account and region. */
export function arn(service: string, { account, region }: AwsPlace, resource: string): string {
  return `arn:${partitionOf(region)}:${service}:${region}:${account}:${resource}`;
}

/** The name of AWS's own division that a region belongs to; it begins every ARN. */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
