import { toMs } from "#kit/duration.ts";
import type { Service } from "#kit/ports.ts";
import { isCodedError } from "#kit/errors.ts";
import type { Outcome, ReadinessProbe } from "#kit/readiness.ts";
import type { PortsUsed } from "#kit/uses.ts";
import { hear } from "../http-clock.ts";
import { judgeHeard } from "../judge-heard.ts";
import { balancerReader, ruleActions } from "./balancer.ts";
import type { AwsBinding, AwsCredentials } from "./binding.ts";
import { awsClients, type AwsClients } from "./clients.ts";
import { firewallReader } from "./firewall.ts";
import { awsIdentity, type AwsIdentity } from "./identity.ts";
import { instanceReader } from "./instances.ts";
import { logReader } from "./logs.ts";
import { maySimulated, mayReboot, type May } from "./may.ts";
import { principalOf } from "./permissions.ts";
import { balancingSdk, ec2Sdk, iamSdk, logsSdk, stsSdk } from "./sdk.ts";

/** What an environment expects of AWS. */
export type AwsExpected = {
  readonly account: string | undefined;
  readonly services: readonly Service[];
  /** What some runbook may reach for; nothing else is looked at. */
  readonly uses: PortsUsed;
  readonly environment: string;
};

/** Credentials that end sooner than this may not last for a run. */
const endingSoonMs = 15 * 60_000;

/** Longest wait for one answer of AWS. */
const longestMs = 4_000;

const readers = ["instances", "balancer", "firewall", "logs", "deploys"];
const operators = ["instanceAdmin", "balancerAdmin"];

/** Loads what looking needs. Compiling it may take longer on a machine in trouble than AWS needs to answer, and is not AWS's fault. */
export async function prepareAws(): Promise<void> {
  await Promise.all([stsSdk(), ec2Sdk(), balancingSdk(), logsSdk(), iamSdk()]);
}

/** A look at one role: its clients, and who AWS says it is. */
type Role = {
  readonly name: "read" | "act";
  readonly clients: AwsClients;
  readonly identity: () => Promise<AwsIdentity>;
};

/**
 * Everything about AWS that can be seen without changing anything: both roles, what they may do, and whether what the
 * environment's file names exists. The acting role is identified and rehearsed with, never acted with.
 */
export function awsProbes(binding: AwsBinding, expected: AwsExpected): readonly ReadinessProbe[] {
  const read = role("read", binding, binding.read);
  const act = role("act", binding, binding.act);
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
      ...actProbes(read, act, service, expected),
    ]),
  ];
}

function role(name: Role["name"], binding: AwsBinding, credentials: AwsCredentials): Role {
  // One attempt, and done before whoever waits for it gives up: a doctor says what is so now.
  const timeout = toMs(binding.timeout) < longestMs ? binding.timeout : (`${longestMs}ms` as const);
  const clients = awsClients({ ...binding, timeout }, credentials, 1);
  let asked: Promise<AwsIdentity> | undefined;
  return { name, clients, identity: () => (asked ??= awsIdentity(clients)) };
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

/** Who a role is, or why that is not known, in words for those who need it. */
async function known({ name, identity }: Role): Promise<AwsIdentity | string> {
  try {
    return await identity();
  } catch {
    return `not looked at, because the ${name} role could not be identified`;
  }
}

/** A look that makes no sense without valid credentials; what is wrong with those is said once, by their own look. */
function withRole(role: Role, look: () => Promise<Outcome>): () => Promise<Outcome> {
  return async () => {
    const who = await known(role);
    return typeof who === "string" ? { state: "unknown", says: who } : look();
  };
}

/** Whether what the file names exists, by the very calls that runbooks look with. */
function targetProbes(read: Role, service: Service, uses: PortsUsed): readonly ReadinessProbe[] {
  const { clients } = read;
  const { name, instances, group, rule, firewallGroups, logGroup } = service;
  const probe = (part: string, ports: readonly string[], look: () => Promise<Outcome>): ReadinessProbe[] =>
    ports.some((port) => uses.readers.has(port))
      ? [
          {
            id: `target.${name}.${part.replaceAll(" ", "-")}`,
            what: `${name}: ${part}`,
            needs: { ports },
            look: withRole(read, look),
          },
        ]
      : [];
  return [
    ...(instances.length === 0
      ? []
      : probe("instances", ["instances", "deploys"], async () => {
          const found = await instanceReader(clients).describe(instances);
          const off = found.filter(({ state }) => state !== "running");
          const says = `${found.length} of ${instances.length} found, ${found.length - off.length} running`;
          return { state: "ready", says };
        })),
    ...(group === undefined
      ? []
      : probe("target group", ["balancer"], async () => {
          const targets = await balancerReader(clients).targets(group);
          const missing = instances.filter((id) => targets.every(({ instance }) => instance !== id));
          const says = `${instances.length - missing.length} of ${instances.length} instances are registered`;
          if (missing.length === 0) return { state: "ready", says };
          return {
            state: "warning",
            says: `${says}; ${missing.slice(0, 3).join(", ")} ${missing.length === 1 ? "is" : "are"} not`,
            now: "Register them, or take them out of the environment's file",
          };
        })),
    ...(rule === undefined
      ? []
      : probe("listener rule", ["balancer"], async () => {
          const weights = await balancerReader(clients).weights(rule);
          const says = `forwards to ${weights.length} target ${weights.length === 1 ? "group" : "groups"}`;
          if (group === undefined || weights.some((one) => one.group === group))
            return { state: "ready", says };
          return {
            state: "not-ready",
            says: `${says}, and none of them is the service's group`,
            now: "Correct group or rule in the environment's file",
          };
        })),
    ...(firewallGroups.length === 0
      ? []
      : probe("firewall groups", ["firewall"], async () => {
          const rules = await firewallReader(clients).ingress(firewallGroups);
          const many = `${rules.length} ${rules.length === 1 ? "rule" : "rules"}`;
          return {
            state: "ready",
            says: `${firewallGroups.length} of ${firewallGroups.length} found, ${many}`,
          };
        })),
    ...(logGroup === undefined
      ? []
      : probe("log group", ["logs"], async () => {
          const lines = await logReader(clients).errors(logGroup, { since: "1m", limit: 100 });
          return { state: "ready", says: `${logGroup} is readable, ${lines.length} errors in 1 min` };
        })),
  ];
}

/** What the acting role would be allowed to do to this service. */
function actProbes(
  read: Role,
  act: Role,
  service: Service,
  expected: AwsExpected,
): readonly ReadinessProbe[] {
  const { name, instances, rule } = service;
  const { uses, environment } = expected;
  const now = `Attach the policy that this prints: ops permissions --env ${environment} --part aws-act`;
  const verdict = ({ may, because }: May, what: string): Outcome =>
    may
      ? { state: "ready", says: `may ${what} (${because})` }
      : { state: "not-ready", says: `may not ${what}: ${because}`, now };
  return [
    ...(uses.operators.has("instanceAdmin") && instances.length > 0
      ? [
          {
            id: `aws.act.reboot.${name}`,
            what: "AWS act role",
            needs: { ports: ["instanceAdmin"] },
            look: withRole(act, async () =>
              verdict(
                await mayReboot(act.clients, instances),
                `restart ${instances.length} ${instances.length === 1 ? "instance" : "instances"} of ${name}`,
              ),
            ),
          },
        ]
      : []),
    ...(uses.operators.has("balancerAdmin") && rule !== undefined
      ? [
          {
            id: `aws.act.traffic.${name}`,
            what: "AWS act role",
            needs: { ports: ["balancerAdmin"] },
            look: withRole(act, () => mayMoveTraffic(read, act, name, rule, verdict, expected)),
          },
        ]
      : []),
  ];
}

/** Changing a rule begins with reading it, which can be tried; the change itself can only be asked about. */
async function mayMoveTraffic(
  read: Role,
  act: Role,
  service: string,
  rule: string,
  verdict: (may: May, what: string) => Outcome,
  { environment }: AwsExpected,
): Promise<Outcome> {
  const what = `move traffic of ${service}`;
  try {
    await ruleActions(act.clients, rule);
  } catch (error) {
    if (isCodedError(error) && error.details?.startsWith("AccessDenied") === true)
      return verdict({ may: false, because: "it may not read the listener rule" }, what);
    throw error;
  }
  const principal = principalOf((await act.identity()).arn);
  const asked = principal === undefined ? undefined : await simulated([read, act], principal, rule);
  if (asked !== undefined) return verdict(asked, what);
  return {
    state: "unknown",
    says: `whether it may ${what} cannot be rehearsed, and IAM may not be asked`,
    now: `Let the read role ask: ops permissions --env ${environment} --part aws-doctor`,
  };
}

/** Asks with the reading role, else with the acting role itself. */
async function simulated(roles: readonly Role[], principal: string, rule: string): Promise<May | undefined> {
  for (const { clients } of roles) {
    const asked = await maySimulated(clients, principal, "elasticloadbalancing:ModifyRule", [rule]);
    if (asked !== undefined) return asked;
  }
  return undefined;
}
