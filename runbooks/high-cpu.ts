import { z } from "zod";
import { allClear, defineRunbook, defineWatch, escalate, eventually, handOver, plan } from "#kit";
import { type AllUse, usageEverywhere } from "#kit/usage.ts";
import { csrdHighCpuUsage } from "#alerts/resources.ts";
import { cpu } from "#checks/cpu.ts";
import { platformAnswers } from "#checks/platform-answers.ts";
import { resourceLines } from "#rules/resources.ts";
import { overLine, readUse, shareText } from "#rules/usage.ts";
import { setConcurrency } from "./actions/concurrency.ts";
import { deployBehind } from "./actions/looks.ts";
import { partByLine, restartEach, shortWithout, stuckText } from "./actions/over-line.ts";
import { takeProfile } from "./actions/profile.ts";
import { restartUnit, scaleUnits } from "./actions/units.ts";
import { answers } from "./probes/answers.ts";
import { apiDeploys } from "./probes/deploys.ts";
import { reportsInHand } from "./probes/queue.ts";
import { rollback } from "./rollback.ts";

/** How many looks say whether it lasts. */
const enoughLooks = 4;

/** Whether a unit stays at the end of its CPU; what it saw is kept, and it stops nothing: a unit that is calm again is not restarted. */
const watchBusy = defineWatch({
  title: "Watch whether it stays busy",
  input: z.strictObject({ service: z.string(), id: z.string(), name: z.string() }),
  label: ({ name }) => `Watch whether ${name} stays busy`,
  preview: ({ name }) =>
    `look at ${name} and its processes again and again; goes on once it is known whether it lasts`,
  every: "poll",
  within: "steady",
  async look({ hosts, inventory, input: { service, id } }) {
    const { cpu: used, processes } = await hosts.look(inventory.service(service), id);
    const [busiest] = processes.toSorted((a, b) => b.cpus - a.cpus || a.pid - b.pid);
    return {
      share: used.limit > 0 ? used.used / used.limit : 1,
      busiest:
        busiest === undefined
          ? undefined
          : { pid: busiest.pid, command: busiest.command, cpus: busiest.cpus },
    };
  },
  read: ({ share, busiest }) =>
    `${percent(share)}${busiest === undefined ? "" : `, ${busiest.command} (${busiest.pid}) ${busiest.cpus} cores`}`,
  judge(samples) {
    const seen = samples.flatMap((sample) => (sample.known ? [sample.value] : []));
    if (samples.length - seen.length >= enoughLooks)
      return { verdict: "inconclusive", because: "nobody there answers any more" };
    if (seen.length < enoughLooks) return { verdict: "continue", because: `${seen.length} looks so far` };
    const least = Math.min(...seen.map(({ share }) => share));
    const busiest = seen.at(-1)?.busiest;
    return {
      verdict: "pass",
      because:
        least >= resourceLines.cpu.critical
          ? `never below ${percent(least)}${busiest === undefined ? "" : `; ${busiest.command} (${busiest.pid}) takes ${busiest.cpus} cores`}`
          : `it comes and goes, down to ${percent(least)}`,
    };
  },
});

/**
 * Tells work from a loop: a unit that is busy while its siblings are calm, or while no report is in hand, is profiled and started anew; a
 * service that is busy as a whole gets one more unit, or fewer reports at once.
 * Source: clo-operations-manual "Alert Configuration", "CPU_Usage".
 */
export const highCpu = defineRunbook({
  id: "high-cpu",
  title: "High CPU usage",
  summary:
    "A unit is at the end of its CPU. Says which process takes it, keeps a profile, then adds a unit, works on fewer reports at once, or restarts the one that spins, one at a time.",
  severity: "P2",
  owner: "platform-oncall",
  implements: ["CLO/monitoring-and-alerting/system-monitoring-dashboard/alert-configuration"],
  symptoms: ["CPU above 85 %", "a process takes a whole core", "everything is slow", "load average is high"],
  trigger: [csrdHighCpuUsage],
  params: {},
  lock: "deploy",
  within: "1h",

  diagnose: {
    use: {
      ask: "Which unit is busy, and which process takes it?",
      within: "25s",
      look: ({ workloads, hosts, inventory }) => usageEverywhere({ workloads, hosts, inventory }),
      read: (all: AllUse) => {
        const { state, says } = readUse(all, "cpu");
        const [busiest] = (overLine(all, "cpu")[0]?.processes ?? []).toSorted((a, b) => b.cpus - a.cpus);
        return {
          state,
          says:
            busiest === undefined
              ? says
              : `${says}; ${busiest.command} (${busiest.pid}) takes ${busiest.cpus} cores`,
        };
      },
    },
  },
  optional: {
    queue: reportsInHand,
    deploys: apiDeploys,
  },

  handsOverTo: [rollback.id],
  rules: {
    "nothing-seen": "nobody could look into any unit: a person looks at the machines",
    "not-all-seen": "no unit that answers is busy, but not all answer: a person looks at those that do not",
    calm: "every unit has CPU left: all clear",
    "fresh-deploy":
      "every unit of the API is busy and runs a version deployed minutes ago: hand over to rollback",
    "no-room": "a restart would leave too few in service, and none can be added first: a person is called",
    spinning:
      "a unit is busy while its siblings are calm, or while no report is in hand: profile, watch, restart it",
    load: "every unit of a service is busy with work, and there is room: add one",
    reports: "workers and agents are busy, and none can be added: work on fewer reports at once",
    busy: "busy with work, and there is nothing left to turn: a person decides on larger machines or less load",
  },
  decide({ use, queue, deploys }, _params, calls, { now, times, tried = [] }) {
    const { over, services, allOf, isWhole, below } = partByLine(use, "cpu");
    const done = (action: string) => tried.some((call) => call.action === action);
    const named = `CPU is nearly used up: ${over.map((unit) => shareText(unit, "cpu")).join(", ")}`;

    if (use.units.length === 0)
      return escalate({
        rule: "nothing-seen",
        because: `nobody could look into ${use.silent.join(", ") || "any unit"}; look at the machines and at the agent that looks for us`,
      });
    if (over.length === 0 && use.silent.length > 0)
      return escalate({
        rule: "not-all-seen",
        because: `the ${use.units.length} units that answer have CPU left, and nobody could look into ${use.silent.join(", ")}; look at those machines, and at the agent that looks for us`,
      });
    if (over.length === 0)
      return allClear({ rule: "calm", because: `all ${use.units.length} units have CPU left` });

    const api = allOf("api").map(({ id }) => id);
    const deploy = deployBehind(deploys, api, now, times.freshDeploy);
    if (deploy !== undefined && isWhole("api"))
      return handOver(
        rollback,
        { service: "api" },
        {
          rule: "fresh-deploy",
          because: `every unit of the API is busy and runs ${deploy.version}, deployed at ${deploy.at.slice(11, 16)} UTC`,
        },
      );

    const [first] = over;
    const evidence =
      first === undefined || done("profile")
        ? []
        : [calls.profile({ service: first.service, id: first.id, name: first.name, kind: "cpu" })];
    const leavesAlone = ["every report that waits", ...below];
    // Nothing to do and yet busy; that the queue is not known is no proof of idleness.
    const idle = queue.known && queue.value.active === 0;
    const spinning = over.filter(
      ({ service }) => !isWhole(service) || (allOf(service).length === 1 && service !== "api" && idle),
    );
    if (spinning.length > 0) {
      const stuck = stuckText(shortWithout(spinning, services));
      if (stuck !== "")
        return escalate({
          rule: "no-room",
          because: `${named}; restarting would leave too few of ${stuck}; bring back what is out, or move the bounds, then run this again`,
        });
      return plan(
        {
          rule: "spinning",
          because: `${named}; ${spinning.every(({ service }) => !isWhole(service)) ? "its siblings are calm" : "no report is in hand"}`,
          leavesAlone,
        },
        [
          ...evidence,
          ...spinning.slice(0, 1).map(({ service, id, name }) => calls.busy({ service, id, name })),
          ...restartEach(spinning, services, "cpu", calls),
        ],
      );
    }

    const roomy = services.filter(({ full }) => full === undefined);
    if (roomy.length > 0 && !done("scale"))
      return plan(
        {
          rule: "load",
          because: `${named}; every unit of ${roomy.map(({ name }) => name).join(", ")} works, and there is room for one more`,
          leavesAlone,
        },
        [
          ...evidence,
          ...roomy.map(({ name, desired }) => calls.scale({ service: name, from: desired, to: desired + 1 })),
        ],
      );
    if (
      queue.known &&
      queue.value.active > 0 &&
      queue.value.concurrency > 1 &&
      over.every(({ service }) => service !== "api") &&
      !done("setConcurrency")
    ) {
      const { concurrency, active } = queue.value;
      return plan(
        {
          rule: "reports",
          because: `${named}; ${active} reports are in hand, at most ${concurrency}`,
          leavesAlone: [...leavesAlone, "every report in hand"],
        },
        [...evidence, calls.setConcurrency({ from: concurrency, to: Math.floor(concurrency / 2) })],
      );
    }
    return escalate({
      rule: "busy",
      because: `${named}; ${services.map(({ name, full }) => (full === undefined ? `${name} has been given one more` : `${name} cannot be given one more: ${full}`)).join(", ")}; larger machines, or less load`,
    });
  },

  mitigate: { profile: takeProfile, setConcurrency, scale: scaleUnits, restart: restartUnit },
  watches: { busy: watchBusy },

  vitals: [answers],
  verify: [
    eventually(cpu, { within: "verify", steadyFor: "steady" }),
    eventually(platformAnswers, { within: "verify", steadyFor: "steady" }),
  ],
  notVerified: "again",
  afterwards: [
    "Open the profile: what took the time, and was it work? ops timeline RUN names the file",
    "Put number of units and reports at once back when the load is gone: ops undo RUN",
  ],
});

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
