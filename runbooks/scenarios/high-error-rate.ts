import type { Scenarios } from "./scenario.ts";
import { innerServices } from "./world.ts";
import { badlyDeployed } from "./worlds/deploys.ts";
import { figures } from "./worlds/figures.ts";
import { fakeUnit, runService } from "./worlds/workloads.ts";

const services = innerServices;
const well = { completed: 30, failedByCode: {} };
const stages = { intake: [0, 20], calculator: [9, 10], reporting: [0, 12] } as const;
const refusing = { completed: 4, failedByCode: { "memory-limit": 9 }, stages };

/** Why reports fail: each row of the decision table. */
export const highErrorRate: Scenarios = {
  "agent-failing": {
    title: "The only unit of the calculator refuses nearly every stage, the other agents work",
    rule: "agent-failing",
    outcome: "solved",
    services,
    prepare: (world) => figures(world, refusing, { effect: "restart calculator-1", after: well }),
  },
  "agent-failing-of-two": {
    title: "Both units of the calculator refuse their stages",
    rule: "agent-failing",
    outcome: "solved",
    services,
    prepare(world) {
      runService(world, "calculator", 2);
      figures(world, refusing, { effect: "restart calculator-2", after: well });
    },
  },
  "unit-out": {
    title: "The worker's only unit is gone",
    rule: "unit-out",
    outcome: "solved",
    services,
    prepare(world) {
      runService(world, "worker", 1, {
        units: [fakeUnit("worker-1", { ready: false, state: "failed", reason: "OOMKilled" })],
      });
      figures(
        world,
        { completed: 4, failedByCode: { "csrd-defect": 4 } },
        {
          effect: "restart worker-1 by force",
          after: well,
        },
      );
    },
  },
  "no-room": {
    title: "The failing agent may have no second unit",
    rule: "no-room",
    outcome: "escalated",
    services,
    prepare(world) {
      runService(world, "calculator", 1, { most: 1 });
      figures(world, refusing);
    },
  },
  "their-data": {
    title: "A customer sends the same broken file again and again",
    rule: "their-data",
    outcome: "escalated",
    services,
    prepare: (world) => figures(world, { completed: 20, failedByCode: { "column-missing": 12 } }),
  },
  "pool-exhausted": {
    title: "Requests wait for a database connection",
    rule: "pool",
    outcome: "handed-over",
    services,
    prepare: (world) =>
      figures(world, { completed: 2, failedByCode: { "storage-unreachable": 6 }, poolWaiting: 8 }),
  },
  "models-away": {
    title: "No language model answers, and reports that need one fail",
    rule: "models",
    outcome: "handed-over",
    services,
    prepare: (world) => figures(world, { completed: 2, failedByCode: { "llm-unreachable": 6 } }),
  },
  "bad-deploy": {
    title: "Reports fail since the deploy of half an hour ago",
    rule: "fresh-deploy",
    outcome: "handed-over",
    services,
    prepare(world) {
      badlyDeployed(world);
      figures(
        world,
        { completed: 4, failedByCode: { "csrd-defect": 6 } },
        {
          effect: "weights 0/100",
          after: well,
        },
      );
    },
  },
  unexplained: {
    title: "Reports fail in several agents, for several reasons",
    rule: "unexplained",
    outcome: "escalated",
    services,
    prepare: (world) => figures(world, { completed: 4, failedByCode: { "csrd-defect": 4, "time-limit": 3 } }),
  },
  "validator-away": {
    title: "Reports fail for several reasons, and the XBRL validator is away, which none of them needs",
    rule: "unexplained",
    outcome: "escalated",
    services,
    prepare(world) {
      world.notReached.add("xbrl_validator");
      figures(world, { completed: 4, failedByCode: { "csrd-defect": 4, "time-limit": 3 } });
    },
  },
  calm: {
    title: "Reports reach their end again",
    rule: "calm",
    outcome: "all-clear",
    services,
    prepare: (world) => figures(world, well),
  },
};
