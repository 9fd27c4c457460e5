import { z } from "zod";
import { batches, defineRunbook, escalate, eventually, plan } from "#kit";
import { headingWith } from "#kit/manual.ts";
import type { Service } from "#kit/ports.ts";
import type { Unit, Workload } from "#kit/ports/workloads.ts";
import { platformAnswers } from "#checks/platform-answers.ts";
import { units } from "#checks/units.ts";
import { serviceParam } from "./actions/service-param.ts";
import { readyIn, restartUnit, scaleUnits } from "./actions/units.ts";
import { answers } from "./probes/answers.ts";

/**
 * Restarts a service's units by name, one after the other, each only when the one before takes work again.
 * Source: csrd-production-runbook "Restarting Services", whose last command restarts every service of a namespace at once.
 */
export const restartService = defineRunbook({
  id: "restart-service",
  title: "Restart a service",
  summary:
    "Restarts the units of one service, or one of them, by name and one at a time; a service that has only one gets a second for as long as it takes.",
  severity: "P2",
  owner: "platform-oncall",
  implements: headingWith("PR/common-operations/restarting-services", [1, 2]),
  symptoms: [
    "a process must be started anew",
    "settings were changed",
    "one unit hangs",
    "unit does not take work",
  ],
  trigger: [],
  params: {
    service: serviceParam.default("api").describe("Service to restart, as named in the environment file"),
    unit: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{0,99}$/, "must be the name or id of a unit, or each")
      .default("each")
      .describe("One unit by its name or id; each: all of the service, one after the other"),
    how: z
      .enum(["graceful", "forced"])
      .default("graceful")
      .describe(
        "graceful: the process finishes what it has; forced: the machine is rebooted, the pod deleted",
      ),
  },
  lock: "deploy",
  within: "1h",

  diagnose: {
    workload: {
      ask: "Which units run, and do they take work?",
      async look({ workloads, inventory, params }) {
        const service = inventory.service(params.service);
        return { ...(await workloads.describe(service)), floor: service.floor, room: roomFor(service) };
      },
      read({ units: all, desired }: Seen) {
        const out = all.filter((unit) => !unit.ready);
        return {
          state: out.length > 0 || all.length < desired ? "bad" : "fine",
          says: `${all.length - out.length} of ${desired} take work${out.length === 0 ? "" : `; ${out.map(stateOf).join(", ")}`}`,
        };
      },
    },
  },

  rules: {
    "nothing-runs": "no unit runs: a person is called, a restart starts nothing",
    "no-such-unit": "no unit has that name or id: a person chooses one of those that are there",
    "under-way": "a unit is only just starting or stopping, so somebody is at it: look again in a minute",
    "too-few": "a restart would leave too few in service, and none can be added first: a person is called",
    "one-more-first": "a restart would leave too few: add one, restart one at a time, take one away again",
    "one-at-a-time": "enough remain: restart the named units one at a time, those that are out first",
  },
  decide({ workload }, { service, unit: wanted, how }, { restart, scale }) {
    const { units: all, desired, most, scaledBy, floor, room } = workload;
    const chosen = wanted === "each" ? all : all.filter(({ id, name }) => id === wanted || name === wanted);
    const moving = all.filter(({ state }) => state === "starting" || state === "stopping");
    const ready = readyIn(workload);

    if (all.length === 0)
      return escalate({
        rule: "nothing-runs",
        because: `no unit of ${service} runs, ${desired} ${desired === 1 ? "is" : "are"} meant to; ${desired === 0 ? `ops run scale-service --param service=${service} --param units=+1, once it is known who took them away` : "what keeps them from starting (quota, image, settings) stands in its events: ops run collect-evidence"}`,
      });
    if (chosen.length === 0)
      return escalate({
        rule: "no-such-unit",
        because: `${service} has no unit ${wanted}; it has ${all.map(({ name }) => name).join(", ")}`,
      });
    if (moving.length > 0)
      return escalate({
        rule: "under-way",
        because: `${moving.map(stateOf).join(", ")}: somebody is at it already; look again in a minute`,
      });

    const inOrder = chosen.toSorted(
      (a, b) => Number(a.ready) - Number(b.ready) || a.name.localeCompare(b.name),
    );
    const steps = batches(inOrder, ({ id, name }) => restart({ service, id, name, how, only: "whatever" }), {
      size: 1,
      floor,
    });
    // What is out comes back before the first that serves is taken out.
    const serving = ready + inOrder.filter((unit) => !unit.ready).length;
    const isShort = inOrder.some((unit) => unit.ready) && serving - 1 < floor;
    const leavesAlone = [
      ...all.filter((unit) => !chosen.includes(unit)).map(({ name }) => name),
      "every other service",
      "the report queue",
    ];
    const names = `${inOrder.length} of ${all.length} units of ${service} ${inOrder.length === 1 ? "is" : "are"} to be restarted`;

    if (isShort && (scaledBy !== undefined || !room || desired + 1 > most))
      return escalate({
        rule: "too-few",
        because: `a restart would leave ${serving - 1} of ${service} in service where ${floor} must remain, and none can be added first: ${whyNone(workload)}`,
      });
    if (isShort)
      return plan(
        {
          rule: "one-more-first",
          because: `${names}, and without one more ${serving - 1} would be left in service`,
          leavesAlone,
        },
        [
          scale({ service, from: desired, to: desired + 1 }),
          steps,
          scale({ service, from: desired + 1, to: desired }),
        ],
      );
    return plan(
      {
        rule: "one-at-a-time",
        because: `${names}, and at least ${floor} ${floor === 1 ? "stays" : "stay"} in service`,
        leavesAlone,
      },
      [steps],
    );
  },

  mitigate: { restart: restartUnit, scale: scaleUnits },
  async capacity({ workloads, inventory, params }) {
    const { units: all } = await workloads.describe(inventory.service(params.service));
    return all.filter((unit) => unit.ready).map(({ name }) => name);
  },

  vitals: [answers],
  verify: [
    eventually(units, { within: "verify", steadyFor: "steady" }),
    eventually(platformAnswers, { within: "verify", steadyFor: "steady" }),
  ],
  afterwards: [
    "If it needed a restart to work, find out why: ops logs search, ops run collect-evidence",
    "A unit that did not come back: ops run restart-service --param service=SERVICE --param unit=NAME --param how=forced",
  ],
});

/** A service as it runs, how many of it must stay, and whether its number is ours to change. */
type Seen = Workload & { readonly floor: number; readonly room: boolean };

/** True when something keeps the number of the service's units, so that one more can be asked for. */
function roomFor({ workload }: Pick<Service, "workload">): boolean {
  return workload !== undefined;
}

function whyNone({ scaledBy, room, desired, most }: Seen): string {
  if (!room) return "nothing keeps its number, its machines are all there are";
  return scaledBy === undefined ? `${desired} of at most ${most} are there` : `${scaledBy} keeps its number`;
}

function stateOf({ name, state, reason }: Unit): string {
  return `${name} ${state}${reason === undefined ? "" : ` (${reason})`}`;
}
