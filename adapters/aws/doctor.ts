import type { Outcome, ReadinessProbe } from "#kit/readiness.ts";
import { hear } from "../http-clock.ts";
import { judgeHeard } from "../judge-heard.ts";
import type { AwsBinding } from "./binding.ts";
import { actProbes } from "./doctor-act.ts";
import { known, longestMs, roleOf, type AwsExpected, type Role } from "./doctor-role.ts";
import { targetProbes } from "./doctor-targets.ts";
import { unitActProbes, unitProbes } from "./doctor-units.ts";
import { principalOf } from "./permissions.ts";
import { balancingSdk, ec2Sdk, iamSdk, logsSdk, scalingSdk, stsSdk, systemsSdk } from "./sdk.ts";

/** Credentials that end sooner than this may not last for a run. */
const endingSoonMs = 15 * 60_000;

const readers = ["instances", "balancer", "firewall", "logs", "deploys", "workloads", "hosts"];
const operators = ["instanceAdmin", "balancerAdmin", "workloadAdmin"];

/** Loads what looking needs. Compiling it may take longer on a machine in trouble than AWS needs to answer, and is not AWS's fault. */
export async function prepareAws(): Promise<void> {
  await Promise.all([stsSdk(), ec2Sdk(), balancingSdk(), logsSdk(), iamSdk(), scalingSdk(), systemsSdk()]);
}

/**
 * Everything about AWS that can be seen without changing anything: both roles, what they may do, and whether what the
 * environment's file names exists. The acting role is identified and rehearsed with, never acted with.
 */
export function awsProbes(binding: AwsBinding, expected: AwsExpected): readonly ReadinessProbe[] {
  const read = roleOf("read", binding, binding.read);
  const act = roleOf("act", binding, binding.act);
  const endpoint = binding.endpoint ?? `https://sts.${binding.region}.amazonaws.com`;
  const { uses, services } = expected;
  const everyPort = { ports: [...readers, ...operators] };
  return [
    {
      id: "aws.read.credentials",
      what: "AWS read role",
      needs: everyPort,
      look: () => credentials(read, expected),
    },
    {
      id: "aws.act.credentials",
      what: "AWS act role",
      needs: { ports: operators },
      look: () => credentials(act, expected),
    },
    {
      id: "aws.roles",
      what: "AWS roles",
      needs: { ports: operators },
      look: () => different(read, act),
    },
    {
      id: "aws.clock",
      what: `AWS clock (${new URL(endpoint).host})`,
      needs: everyPort,
      look: async () => judgeHeard(await hear(endpoint, "AWS", longestMs), "clock"),
    },
    ...services.flatMap((service) => [
      ...targetProbes(read, service, uses),
      ...unitProbes(read, service, binding.machines, expected),
      ...actProbes(read, act, service, expected),
      ...unitActProbes({ read, act }, service, binding.machines, expected, binding.region),
    ]),
  ];
}

async function credentials({ name, clients, identity }: Role, { account }: AwsExpected): Promise<Outcome> {
  const { account: found, arn } = await identity();
  if (account !== undefined && found !== account)
    return {
      state: "not-ready",
      says: `${nameOf(arn)} belongs to account ${found}, and this environment is account ${account}`,
      now: `Bind credentials of account ${account} as bindings.aws.${name}`,
    };
  const { expiration } = await (await clients.sts()).config.credentials();
  const says = `${nameOf(arn)}, account ${found}`;
  if (expiration === undefined) return { state: "ready", says };
  const leftMs = expiration.getTime() - Date.now();
  const left = `${says}, ends in ${Math.max(0, Math.round(leftMs / 60_000))} min`;
  return leftMs > endingSoonMs
    ? { state: "ready", says: left }
    : {
        state: "warning",
        says: `${left}, less than the ${endingSoonMs / 60_000} min that a run may take`,
        now: "Log in again (aws sso login), or renew the session, before a run",
      };
}

/** The part of an ARN that people gave: `role/csrd-ops-read`. */
function nameOf(arn: string): string {
  return (principalOf(arn) ?? arn).split(":").at(-1) ?? arn;
}

async function different(read: Role, act: Role): Promise<Outcome> {
  const [looks, acts] = await Promise.all([known(read), known(act)]);
  if (typeof looks === "string") return { state: "unknown", says: looks };
  if (typeof acts === "string") return { state: "unknown", says: acts };
  if ((principalOf(looks.arn) ?? looks.arn) !== (principalOf(acts.arn) ?? acts.arn))
    return { state: "ready", says: "reading and acting are two different principals" };
  return {
    state: "not-ready",
    says: `reading and acting are the same principal, ${nameOf(looks.arn)}, so looking could change something`,
    now: "Bind a role that may only read as bindings.aws.read: ops permissions prints both policies",
  };
}
