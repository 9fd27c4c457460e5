import { z } from "zod";
import { allClear, defineRunbook, escalate, eventually, plan } from "#kit";
import { headingWith } from "#kit/manual.ts";
import type { UnitSize, Workload } from "#kit/ports/workloads.ts";
import { platformAnswers } from "#checks/platform-answers.ts";
import { units } from "#checks/units.ts";
import { largestStep, numberAsked, sizeAsked, stepsDown } from "#rules/scaling.ts";
import { serviceParam } from "./actions/service-param.ts";
import { readyIn, resizeUnits, scaleUnits, sizeText } from "./actions/units.ts";
import { answers } from "./probes/answers.ts";

/**
 * Gives a service more or fewer units, or larger ones, from what it has now and within its bounds.
 * Source: csrd-production-runbook "Scaling Services"; csrd-operations-manual "Runbook: High Memory Usage", step 4, whose number asks nobody what is there.
 */
export const scaleService = defineRunbook({
  id: "scale-service",
  title: "Scale a service",
  summary:
    "Adds units to a service, takes some away one by one, or lets each use more. Reads first what there is, stays within the bounds, and leaves alone what an autoscaler keeps.",
  severity: "P2",
  owner: "platform-oncall",
  implements: headingWith("PR/common-operations/scaling-services", [1, 2]),
  symptoms: [
    "more load than the service can take",
    "too few workers",
    "reports wait",
    "more memory for an agent",
  ],
  trigger: [],
  params: {
    service: serviceParam.default("api").describe("Service to scale, as named in the environment file"),
    units: z
      .string()
      .regex(/^([+-]?[1-9]\d?|0|same)$/, "must be +N, -N, N or same")
      .default("same")
      .describe("+2: two more than now; -1: one fewer; 4: four; same: leave the number"),
    cpus: z
      .string()
      .regex(/^(\d{1,2}(\.\d{1,2})?|same)$/, "must be cores, like 2 or 0.5, or same")
      .default("same")
      .describe("Cores that each unit may use; same: as now"),
    memory: z
      .string()
      .regex(/^([1-9]\d{0,4}(Mi|Gi)|same)$/, "must be like 512Mi or 4Gi, or same")
      .default("same")
      .describe("Memory that each unit may use; same: as now"),
  },
  lock: "deploy",
  within: "1h",

  diagnose: {
    workload: {
      ask: "How many units are there, how large, and who keeps the number?",
      async look({ workloads, inventory, params }) {
        const service = inventory.service(params.service);
        const workload = await workloads.describe(service);
        return {
          ...workload,
          most: Math.min(workload.most, service.most ?? workload.most),
          floor: service.floor,
          kept: service.workload !== undefined,
        };
      },
      read(seen: Seen) {
        const { units: all, desired, least, most, size, scaledBy } = seen;
        const ready = readyIn(seen);
        return {
          state: ready < desired || all.length < desired ? "bad" : "fine",
          says: `${ready} of ${desired} take work, ${least} to ${most} allowed${size === undefined ? "" : `, ${sizeText(size)} each`}${scaledBy === undefined ? "" : `; kept by ${scaledBy}`}`,
        };
      },
    },
  },
  optional: {
    use: {
      ask: "What do the units use now?",
      async look({ workloads, hosts, inventory, params }) {
        const service = inventory.service(params.service);
        const { units: all } = await workloads.describe(service);
        const seen = await Promise.all(all.map(({ id }) => hosts.look(service, id)));
        return {
          memoryBytes: Math.max(0, ...seen.map(({ memory }) => memory.usedBytes)),
          cpus: Math.max(0, ...seen.map(({ cpu }) => cpu.used)),
        };
      },
      read: (use: UnitSize) => ({ state: "note", says: `at most ${sizeText(rounded(use))} in one of them` }),
    },
  },

  rules: {
    "nothing-asked": "neither a number nor a size is asked for: a person says which",
    "both-asked": "a number and a size are asked for at once: a person does one after the other",
    "no-size": "how large its units are is not set here: a person deploys another size",
    "too-large-a-step":
      "the size asked for is more than four times, or less than a quarter of, what it is: a person checks the number",
    "smaller-than-used": "a unit uses more than it would be left with, or that is not known: a person looks",
    resize: "another size is asked for: set it; the units are replaced one after the other",
    "has-the-size": "every unit has that size already: all clear",
    "nothing-keeps-it": "nothing keeps the number of its units: a person adds machines and names them",
    autoscaled: "an autoscaler keeps the number and would take ours back: a person moves its bounds",
    "out-of-bounds": "the number lies outside of what is allowed: a person moves the bounds first",
    "not-there-yet": "it is meant to be that many already, and is not: a person finds out what is missing",
    "has-the-number": "it has that many already: all clear",
    "too-few-ready": "taking away would leave too few in service: a person brings the others back first",
    add: "more are asked for, and there is room: add them",
    "take-away": "fewer are asked for, and enough remain: take them away, one at a time",
  },
  decide({ workload, use }, { service, units: number, cpus, memory }, { scale, resize }) {
    const { desired, least, most, scaledBy, floor, kept, size } = workload;
    const ready = readyIn(workload);
    const isSize = cpus !== "same" || memory !== "same";

    if (number === "same" && !isSize)
      return escalate({
        rule: "nothing-asked",
        because: `nothing is asked for ${service}; say what: ops run scale-service --param service=${service} --param units=+1, or --param memory=4Gi, or --param cpus=2`,
      });
    if (number !== "same" && isSize)
      return escalate({
        rule: "both-asked",
        because:
          "the number and the size of the units are two changes; make one, see it hold, then the other",
      });
    if (isSize) {
      if (size === undefined)
        return escalate({
          rule: "no-size",
          because: `what each unit of ${service} may use is not set where it runs; on machines of one's own that is their type: deploy another one`,
        });
      const to = sizeAsked(size, cpus, memory);
      if (largestStep(size, to) > 4)
        return escalate({
          rule: "too-large-a-step",
          because: `${sizeText(to)} instead of ${sizeText(size)} is more than four times the one or the other; check the number`,
        });
      const isLess = to.cpus < size.cpus || to.memoryBytes < size.memoryBytes;
      if (isLess && (!use.known || use.value.memoryBytes > to.memoryBytes * 0.8 || use.value.cpus > to.cpus))
        return escalate({
          rule: "smaller-than-used",
          because: use.known
            ? `one unit of ${service} uses ${sizeText(rounded(use.value))}, which ${sizeText(to)} would not hold`
            : `what the units of ${service} use is not known (${use.reason}), so they are not made smaller`,
        });
      if (to.cpus !== size.cpus || to.memoryBytes !== size.memoryBytes)
        return plan(
          {
            rule: "resize",
            because: `each unit of ${service} may use ${sizeText(size)} and is to have ${sizeText(to)}`,
            leavesAlone: ["the number of its units", "every other service", "the report queue"],
          },
          [resize({ service, from: size, to })],
        );
      return allClear({
        rule: "has-the-size",
        because: `each unit of ${service} may use ${sizeText(size)} already`,
      });
    }

    const to = numberAsked(desired, number);
    if (!kept)
      return escalate({
        rule: "nothing-keeps-it",
        because: `nothing keeps the number of ${service}: the environment file names its ${desired} machines and no workload; add machines, register them, and name them there`,
      });
    if (scaledBy !== undefined)
      return escalate({
        rule: "autoscaled",
        because: `${scaledBy} keeps ${service} between ${least} and ${most} and would take ${to} back; change its bounds instead${to > desired ? ` (least ${to})` : ` (most ${to})`}`,
      });
    if (to > most || to < Math.max(least, floor))
      return escalate({
        rule: "out-of-bounds",
        because: `${to} is not between ${Math.max(least, floor)} and ${most}, the bounds of ${service}; it has ${desired}. Move the bounds first, if the machines and the database's connections allow for it`,
      });
    if (to === desired && ready < desired)
      return escalate({
        rule: "not-there-yet",
        because: `${service} is meant to be ${desired} already and ${ready} take work; look at its events for what is missing: quota, image, start-up`,
      });
    if (to === desired)
      return allClear({
        rule: "has-the-number",
        because: `${ready} of ${desired} units of ${service} take work`,
      });
    if (to < desired && ready - (desired - to) < floor)
      return escalate({
        rule: "too-few-ready",
        because: `${ready} of ${desired} units of ${service} take work, and taking ${desired - to} away would leave fewer than ${floor}; bring the others back first`,
      });
    const leavesAlone = ["its bounds", "every other service", "the report queue"];
    if (to > desired)
      return plan(
        {
          rule: "add",
          because: `${service} has ${desired}, ${to} ${to === 1 ? "is" : "are"} asked for and up to ${most} allowed`,
          leavesAlone,
        },
        [scale({ service, from: desired, to })],
      );
    return plan(
      {
        rule: "take-away",
        because: `${service} has ${desired}, ${to} ${to === 1 ? "is" : "are"} asked for and ${ready - (desired - to)} would take work`,
        leavesAlone,
      },
      stepsDown(desired, to).map((step) => scale({ service, ...step })),
    );
  },

  mitigate: { scale: scaleUnits, resize: resizeUnits },

  vitals: [answers],
  verify: [
    eventually(units, { within: "verify", steadyFor: "steady" }),
    eventually(platformAnswers, { within: "verify", steadyFor: "steady" }),
  ],
  afterwards: [
    "Write the new number or size where it is deployed from; the next deploy brings the old one back",
    "Look whether it helped: ops check, or the alert that asked for it",
    "When the load is gone, take it back: ops undo RUN",
  ],
});

/** A service as it runs, within the bounds of whoever runs it and of the environment's file. */
type Seen = Workload & { readonly floor: number; readonly kept: boolean };

function rounded({ cpus, memoryBytes }: UnitSize): UnitSize {
  return { cpus: Math.round(cpus * 10) / 10, memoryBytes };
}
