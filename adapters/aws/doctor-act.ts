import { isCodedError } from "#kit/errors.ts";
import type { Service } from "#kit/ports.ts";
import type { Outcome, ReadinessProbe } from "#kit/readiness.ts";
import { ruleActions } from "./balancer.ts";
import { withRole, type AwsExpected, type Role } from "./doctor-role.ts";
import { maySimulated, mayReboot, type May } from "./may.ts";
import { principalOf } from "./permissions.ts";
import { unitIds } from "./scaling-group.ts";

/** What the acting role would be allowed to do to this service. */
export function actProbes(
  read: Role,
  act: Role,
  service: Service,
  expected: AwsExpected,
): readonly ReadinessProbe[] {
  const { name, instances, rule, workload } = service;
  const { uses, environment } = expected;
  const now = `Attach the policy that this prints: ops permissions --env ${environment} --part aws-act`;
  const verdict = ({ may, because }: May, what: string): Outcome =>
    may
      ? { state: "ready", says: `may ${what} (${because})` }
      : { state: "not-ready", says: `may not ${what}: ${because}`, now };
  return [
    ...(["instanceAdmin", "workloadAdmin"].some((port) => uses.operators.has(port)) &&
    (instances.length > 0 || workload !== undefined)
      ? [
          {
            id: `aws.act.reboot.${name}`,
            what: "AWS act role",
            needs: { ports: ["instanceAdmin", "workloadAdmin"] },
            look: withRole(act, async () => {
              const ids = uses.operators.has("workloadAdmin")
                ? await unitIds(read.clients, service)
                : instances;
              const what = `restart ${ids.length} ${ids.length === 1 ? "instance" : "instances"} of ${name}`;
              if (ids.length === 0)
                return { state: "unknown", says: `there is no instance of ${name} to ask about` };
              return verdict(await mayReboot(act.clients, ids), what);
            }),
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
