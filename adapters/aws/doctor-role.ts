import { toMs } from "#kit/duration.ts";
import type { Service } from "#kit/ports.ts";
import type { Outcome } from "#kit/readiness.ts";
import type { PortsUsed } from "#kit/uses.ts";
import type { AwsBinding, AwsCredentials } from "./binding.ts";
import { awsClients, type AwsClients } from "./clients.ts";
import { awsIdentity, type AwsIdentity } from "./identity.ts";

/** What an environment expects of AWS. */
export type AwsExpected = {
  readonly account: string | undefined;
  readonly services: readonly Service[];
  /** What some runbook may reach for; nothing else is looked at. */
  readonly uses: PortsUsed;
  readonly environment: string;
};

/** Longest wait for one answer of AWS. */
export const longestMs = 4_000;

/** A look at one role: its clients, and who AWS says it is. */
export type Role = {
  readonly name: "read" | "act";
  readonly clients: AwsClients;
  readonly identity: () => Promise<AwsIdentity>;
};

/** A role whose identity is asked for once, however many looks need it. */
export function roleOf(name: Role["name"], binding: AwsBinding, credentials: AwsCredentials): Role {
  // One attempt, and done before whoever waits for it gives up: a doctor says what is so now.
  const timeout = toMs(binding.timeout) < longestMs ? binding.timeout : (`${longestMs}ms` as const);
  const clients = awsClients({ ...binding, timeout }, credentials, 1);
  let asked: Promise<AwsIdentity> | undefined;
  return { name, clients, identity: () => (asked ??= awsIdentity(clients)) };
}

/** Who a role is, or why that is not known, in words for those who need it. */
export async function known({ name, identity }: Role): Promise<AwsIdentity | string> {
  try {
    return await identity();
  } catch {
    return `not looked at, because the ${name} role could not be identified`;
  }
}

/** A look that makes no sense without valid credentials; what is wrong with those is said once, by their own look. */
export function withRole(role: Role, look: () => Promise<Outcome>): () => Promise<Outcome> {
  return async () => {
    const who = await known(role);
    return typeof who === "string" ? { state: "unknown", says: who } : look();
  };
}
