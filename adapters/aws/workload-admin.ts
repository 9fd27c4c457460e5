import { OpsError } from "#kit/errors.ts";
import type { Service } from "#kit/ports.ts";
import type { WorkloadAdmin } from "#kit/ports/workloads.ts";
import { plainText } from "../foreign-text.ts";
import type { AwsMachines } from "./binding.ts";
import { act } from "./call.ts";
import type { AwsClients } from "./clients.ts";
import { instanceAdmin } from "./instance-admin.ts";
import { restartScript } from "./machine-scripts.ts";
import { runOnMachine } from "./run-command.ts";
import {
  boundsOf,
  countsUnits,
  isSuspended,
  requireInstances,
  requireUnit,
  scalingGroup,
} from "./scaling-group.ts";
import { scalingSdk } from "./sdk.ts";

/** A command that no agent fetches is given up by AWS after 30 s; a little more tells which of the two it was. */
const restartWaitMs = 36_000;

/** Restarts one unit, or sets how many there are. */
export function workloadAdmin(clients: AwsClients, machines: AwsMachines): WorkloadAdmin {
  return {
    async restart(service, unit, how) {
      await requireUnit(clients, service, unit);
      if (how === "forced") return instanceAdmin(clients).reboot(unit);
      await restartOnMachine(clients, machines, unit);
    },

    async scale(service, from, to) {
      const name = requireWorkload(service);
      const group = await scalingGroup(clients, name);
      if (!countsUnits(group))
        throw refused(
          `The Auto Scaling group ${plainText(name, 80)} counts capacity, not instances; its number is not set here.`,
          "Set it in the group's own units with the AWS console or CLI.",
        );
      if (group.DesiredCapacity !== from) return "changed";
      if (to === from) return "accepted";
      requireWithin(service, boundsOf(group, service), group.MinSize ?? 0, group.MaxSize ?? 0, to);
      const process = to > from ? "Launch" : "Terminate";
      if (isSuspended(group, process))
        throw refused(
          `The Auto Scaling group ${plainText(name, 80)} was told to leave ${process} alone, so its number would change nothing.`,
          `Somebody suspended it; find out why, then: aws autoscaling resume-processes --scaling-processes ${process}.`,
        );
      const { SetDesiredCapacityCommand } = await scalingSdk();
      const client = await clients.scaling();
      // AWS has no "only if it still is": between the look above and this call somebody else may have moved it.
      await act(clients, { service: "autoscaling", action: "SetDesiredCapacity" }, () =>
        client.send(
          new SetDesiredCapacityCommand({
            AutoScalingGroupName: name,
            DesiredCapacity: to,
            HonorCooldown: true,
          }),
        ),
      );
      return "accepted";
    },

    async resize(service) {
      throw refused(
        `How large an instance of ${service.name} is stands in its launch template, which is not ours to set.`,
        "Make a new version of the template with another instance type, then start an instance refresh of the group with a minimum healthy percentage.",
      );
    },
  };
}

async function restartOnMachine(clients: AwsClients, machines: AwsMachines, unit: string): Promise<void> {
  const ran = await runOnMachine(clients, {
    instance: unit,
    document: machines.restartDocument,
    script: restartScript(machines.unit),
    changes: true,
    waitMs: restartWaitMs,
  });
  if (ran.kind === "done") return;
  if (ran.kind === "undelivered")
    throw new OpsError("tool-unreachable", {
      summary: `The restart did not reach ${unit}: ${ran.says}.`,
      hint: "Nothing was done. A reboot of the instance needs no agent.",
    });
  if (ran.kind === "failed")
    throw refused(
      `${unit} refused to restart ${machines.unit}: ${ran.says}`,
      "Look at the name of the unit in bindings.aws.machines, and at the machine itself.",
    );
  throw new OpsError("state-unknown", {
    summary: `Whether ${unit} restarted ${machines.unit} is not known: ${ran.says}.`,
    hint: "Look at the unit before doing anything again.",
  });
}

function requireWorkload(service: Service): string {
  if (service.workload !== undefined) return service.workload;
  requireInstances(service);
  throw refused(
    `${service.name} has no Auto Scaling group in the environment's file; the instances listed there are all there are.`,
    "Name the group as the service's workload, or add an instance by hand.",
  );
}

function requireWithin(
  { name, workload = "" }: Service,
  { least, most }: ReturnType<typeof boundsOf>,
  groupLeast: number,
  groupMost: number,
  to: number,
): void {
  if (to >= least && to <= most) return;
  const whose = (own: boolean) =>
    own ? `The Auto Scaling group ${plainText(workload, 80)}` : `The environment's file for ${name}`;
  throw to > most
    ? refused(
        `${whose(most === groupMost)} allows at most ${most} units, not ${to}.`,
        most === groupMost
          ? "Raise the group's maximum first, if that is wanted."
          : "Raise most there first.",
      )
    : refused(
        `${whose(least === groupLeast)} asks for at least ${least} units, not ${to}.`,
        "Nothing was changed.",
      );
}

function refused(summary: string, hint: string): OpsError {
  return new OpsError("tool-refused", { summary, hint });
}
