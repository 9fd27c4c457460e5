import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { CloudActivity, CloudScalingGroup } from "./cloud.ts";
import type { Machine } from "./machine.ts";
import { type ServiceName, serviceNames, serviceOf, standsBy } from "./services.ts";

/** How many machines of a service there may be; fewer than at first there never are. */
export const mostMachines = 4;

/** Name of the Auto Scaling group that keeps a service's machines. */
export function workloadOf(service: ServiceName): string {
  return `csrd-${service}`;
}

/** What the fleet needs of everything around it. */
export type FleetParts = {
  /** The machines of the first day; they stay. */
  readonly first: readonly Machine[];
  /** Starts one more machine of a service under a name that is free. */
  readonly start: (service: ServiceName, name: string) => Promise<Machine>;
  /** Resolves when it works. */
  readonly untilReady: (machine: Machine) => Promise<unknown>;
  /** Makes it known to whoever sends work to it. */
  readonly join: (machine: Machine) => void | Promise<void>;
  /** Sends no more work to it; resolves when what is under way elsewhere has noticed. */
  readonly leave: (machine: Machine) => void | Promise<void>;
  /** Nothing of it is left. */
  readonly gone: (machine: Machine) => void;
};

/** The machines of the practice production, and the groups that keep their number. */
export type Fleet = {
  /** Every machine there is now: those of the first day, then those that were added. */
  machines(): readonly Machine[];
  /** Those that take work, or are about to: without the ones that are being ended. */
  serving(): readonly Machine[];
  /** Names and log files of all that there ever were. */
  logs(): readonly Pick<Machine, "name" | "log">[];
  groups(): readonly CloudScalingGroup[];
  /** Newest first. */
  activities(group: string): readonly CloudActivity[];
  /** Accepts a number; machines are started, or the newest ended in good order, afterwards. */
  setDesired(group: string, desired: number): void;
  /** Ends every machine that was added. */
  reset(): Promise<void>;
  stop(): Promise<void>;
};

type Member = { readonly machine: Machine; lifecycle: "Pending" | "InService" | "Terminating" };

/** Keeps the number of machines of each service; what a group does happens one thing after the other, as fast as machines start. */
export function createFleet({ first, start, untilReady, join, leave, gone }: FleetParts): Fleet {
  const working = first.filter(({ name }) => !standsBy(name));
  const groups = new Map(
    serviceNames.map((service) => [
      workloadOf(service),
      {
        service,
        least: working.filter(({ name }) => serviceOf(name) === service).length,
        desired: working.filter(({ name }) => serviceOf(name) === service).length,
        members: working
          .filter(({ name }) => serviceOf(name) === service)
          .map((machine): Member => ({ machine, lifecycle: "InService" })),
        activities: [] as CloudActivity[],
        work: Promise.resolve(),
      },
    ]),
  );
  type Group = typeof groups extends Map<string, infer Value> ? Value : never;
  const added: Machine[] = [];
  const ever = new Map(first.map(({ name, log }) => [name, log]));
  const over = new AbortController();

  const note = (group: Group, says: string, why: string) => {
    const activity: CloudActivity = {
      id: randomUUID(),
      startedAt: new Date(),
      status: "InProgress",
      says,
      why,
    };
    group.activities.unshift(activity);
    return (status: "Successful" | "Failed") => {
      const at = group.activities.indexOf(activity);
      group.activities[at] = { ...activity, status, endedAt: new Date() };
    };
  };

  const nameFor = ({ service, members }: Group): string => {
    const taken = new Set(members.map(({ machine }) => machine.name));
    const numbers = Array.from({ length: mostMachines }, (_, index) => `${service}-${index + 1}`);
    // The one machine of a service that had one at first has no number, and counts as the first.
    return (
      numbers.find((name) => !taken.has(name) && !(name.endsWith("-1") && taken.has(service))) ?? service
    );
  };

  const launch = async (group: Group, why: string): Promise<void> => {
    const machine = await start(group.service, nameFor(group));
    added.push(machine);
    ever.set(machine.name, machine.log);
    const member: Member = { machine, lifecycle: "Pending" };
    group.members = [...group.members, member];
    const ended = note(group, `Launching a new EC2 instance: ${machine.id}`, why);
    try {
      await untilReady(machine);
      await join(machine);
      member.lifecycle = "InService";
      ended("Successful");
    } catch {
      ended("Failed");
      await end(group, member);
    }
  };

  const end = async (group: Group, member: Member): Promise<void> => {
    const { machine } = member;
    member.lifecycle = "Terminating";
    await leave(machine);
    await machine.stop();
    gone(machine);
    group.members = group.members.filter((one) => one !== member);
    added.splice(added.indexOf(machine), 1);
  };

  const terminate = async (group: Group, member: Member, why: string): Promise<void> => {
    const ended = note(group, `Terminating EC2 instance: ${member.machine.id}`, why);
    await end(group, member);
    ended("Successful");
  };

  /** Goes on until there are as many as wanted, whatever is wanted by then. */
  const settle = async (group: Group, why: string): Promise<void> => {
    while (!over.signal.aborted) {
      const { members, desired } = group;
      const newest = members.findLast(({ machine }) => added.includes(machine));
      if (members.length < desired) {
        await launch(group, why);
        // One that failed to start is tried again, but not as fast as it fails.
        if (group.members.length === members.length && !over.signal.aborted) await sleep(1_000);
      } else if (members.length > desired && newest !== undefined) await terminate(group, newest, why);
      else return;
    }
  };

  const fleet: Fleet = {
    machines: () => [...first, ...added],
    serving: () => {
      const ending = [...groups.values()].flatMap(({ members }) =>
        members.filter(({ lifecycle }) => lifecycle === "Terminating").map(({ machine }) => machine),
      );
      return fleet.machines().filter((machine) => !ending.includes(machine));
    },
    logs: () => [...ever].map(([name, log]) => ({ name, log })),
    groups: () =>
      [...groups].map(([name, { least, desired, members }]) => ({
        name,
        least,
        most: mostMachines,
        desired,
        template: { name, version: "1" },
        // A machine whose process died is for runbooks to repair; a real group would replace it meanwhile.
        suspended: ["ReplaceUnhealthy", "AZRebalance"],
        members: members.map(({ machine, lifecycle }) => ({ instance: machine.id, lifecycle })),
        policies: [],
      })),
    activities: (name) => groups.get(name)?.activities ?? [],
    setDesired: (name, desired) => {
      const group = groups.get(name);
      if (group === undefined || group.desired === desired) return;
      const why = `a user request explicitly set group desired capacity changing the desired capacity from ${group.desired} to ${desired}.`;
      group.desired = desired;
      group.work = group.work.then(() => settle(group, why)).catch(() => undefined);
    },
    reset: async () => {
      for (const [name, { least }] of groups) fleet.setDesired(name, least);
      await Promise.all([...groups.values()].map(({ work }) => work));
    },
    stop: async () => {
      over.abort();
      await Promise.all(fleet.machines().map((machine) => machine.stop()));
      await Promise.all([...groups.values()].map(({ work }) => work));
      await Promise.all(added.map((machine) => machine.stop()));
    },
  };
  return fleet;
}
