import { randomBytes } from "node:crypto";

/** The practice production's account and region; the account is no real one. */
export const account = "000012345678";
export const region = "eu-central-1";

const balancer = `arn:aws:elasticloadbalancing:${region}:${account}`;
const hex = (length: number): string => randomBytes(length).toString("hex").slice(0, length);

/** A new instance id, in the cloud's form. */
export function newInstanceId(): string {
  return `i-${hex(17)}`;
}

/** A new volume's serial number, as the machine that it is attached to sees it. */
export function newVolumeSerial(): string {
  return `vol${hex(17)}`;
}

/** A new route table's id. */
export function newRouteTableId(): string {
  return `rtb-${hex(17)}`;
}

/** ARN of a new target group. */
export function newGroupArn(name: string): string {
  return `${balancer}:targetgroup/${name}/${hex(16)}`;
}

/** ARN of a new listener rule. */
export function newRuleArn(): string {
  return `${balancer}:listener-rule/app/csrd/${hex(16)}/${hex(16)}/${hex(16)}`;
}

/** Security group behind which the API instances stand, and the one of everything else. */
export const firewallGroups = { api: `sg-${hex(17)}`, internal: `sg-${hex(17)}` } as const;
