import type { Service } from "#kit/ports.ts";
import type { Outcome, ReadinessProbe } from "#kit/readiness.ts";
import { anyScript, type AwsMachines } from "./binding.ts";
import { withRole, type AwsExpected, type Role } from "./doctor-role.ts";
import { hostReader } from "./hosts.ts";
import { arn } from "./iam-policy.ts";
import { maySimulated, type May } from "./may.ts";
import { principalOf } from "./permissions.ts";
import { scalingGroup, unitIds } from "./scaling-group.ts";
import { workloadReader } from "./workloads.ts";

/** How a service's units are seen: what runs them, and one of their machines, by the very calls that runbooks look with. */
export function unitProbes(
  read: Role,
  service: Service,
  machines: AwsMachines,
  { uses, environment }: AwsExpected,
): readonly ReadinessProbe[] {
  const { name, workload, instances } = service;
  if (workload === undefined && instances.length === 0) return [];
  const probe = (part: string, port: string, look: () => Promise<Outcome>): readonly ReadinessProbe[] =>
    uses.readers.has(port)
      ? [
          {
            id: `target.${name}.${part}`,
            what: `${name}: ${part}`,
            needs: { ports: [port] },
            look: withRole(read, look),
          },
        ]
      : [];
  return [
    ...probe("units", "workloads", async () => {
      const { units, desired, least, most, scaledBy } = await workloadReader(read.clients).describe(service);
      const ready = units.filter((unit) => unit.ready).length;
      const mover = scaledBy === undefined ? "" : `, moved by ${scaledBy}`;
      const says = `${ready} of ${desired} ready, ${least} to ${most} allowed${mover}`;
      if (least <= most) return { state: "ready", says };
      return {
        state: "warning",
        says,
        now: "Correct floor and most in the environment's file, or the group's own bounds",
      };
    }),
    ...probe("machines", "hosts", async () => {
      const [first] = await unitIds(read.clients, service);
      if (first === undefined) return { state: "unknown", says: "there is no unit to look into" };
      const { memory } = await hostReader(read.clients, machines).look(service, first);
      const says = `${first} was looked into, ${Math.round((memory.usedBytes / memory.limitBytes) * 100)} % of its memory is used`;
      if (machines.lookDocument !== anyScript) return { state: "ready", says };
      return {
        state: "warning",
        says: `${says}; for that the reading role may run any script there`,
        now: `Make a document of your own, name it in bindings.aws.machines.lookDocument: ops permissions --env ${environment} --part aws-look-document`,
      };
    }),
  ];
}

/** Whether the acting role may restart the service's units in good order and set their number; both can only be asked of IAM. */
export function unitActProbes(
  roles: { readonly read: Role; readonly act: Role },
  service: Service,
  machines: AwsMachines,
  { uses, environment, account }: AwsExpected,
  region: string,
): readonly ReadinessProbe[] {
  const { name, workload, instances } = service;
  if (!uses.operators.has("workloadAdmin") || (workload === undefined && instances.length === 0)) return [];
  const { read, act } = roles;
  const ask = (
    part: string,
    what: string,
    action: string,
    resource: () => Promise<string>,
  ): ReadinessProbe => ({
    id: `aws.act.${part}.${name}`,
    what: "AWS act role",
    needs: { ports: ["workloadAdmin"] },
    look: withRole(act, async () => {
      const principal = principalOf((await act.identity()).arn);
      const asked =
        principal === undefined
          ? undefined
          : await simulated([read, act], principal, action, await resource());
      if (asked === undefined)
        return {
          state: "unknown",
          says: `whether it may ${what} cannot be rehearsed, and IAM may not be asked`,
          now: `Let the read role ask: ops permissions --env ${environment} --part aws-doctor`,
        };
      if (asked.may) return { state: "ready", says: `may ${what} (${asked.because})` };
      return {
        state: "not-ready",
        says: `may not ${what}: ${asked.because}`,
        now: `Attach the policy that this prints: ops permissions --env ${environment} --part aws-act`,
      };
    }),
  });
  const place = { account: account ?? "", region, services: [] };
  const document = machines.restartDocument;
  return [
    ask("restart", `restart the unit on machines of ${name}`, "ssm:SendCommand", async () =>
      arn("ssm", document.startsWith("AWS-") ? { ...place, account: "" } : place, `document/${document}`),
    ),
    ...(workload === undefined
      ? []
      : [
          ask("scale", `set how many units ${name} has`, "autoscaling:SetDesiredCapacity", async () => {
            const group = await scalingGroup(read.clients, workload);
            return group.AutoScalingGroupARN ?? "*";
          }),
        ]),
  ];
}

/** Asks with the reading role, else with the acting role itself. */
async function simulated(
  roles: readonly Role[],
  principal: string,
  action: string,
  resource: string,
): Promise<May | undefined> {
  for (const { clients } of roles) {
    const asked = await maySimulated(clients, principal, action, [resource]);
    if (asked !== undefined) return asked;
  }
  return undefined;
}
