import type { LogLine } from "#kit/ports.ts";
import type { Scenarios } from "./scenario.ts";
import { innerServices, type World } from "./world.ts";
import { figures } from "./worlds/figures.ts";
import { fakeUnit, runService } from "./worlds/workloads.ts";

const services = innerServices;

/** Reports as the reporting agent's log has them, newest last. */
function generated(world: World, facts: readonly number[]): void {
  const lines = facts.map((count, index) => ({
    at: new Date(world.clock.now().getTime() - (facts.length - index) * 60_000).toISOString(),
    level: "INFO",
    message: "Report generated",
    source: "reporting-1",
    context: { facts: count },
  }));
  world.logs = lines satisfies LogLine[];
}

/** What slow XBRL can have as its cause: each row of the decision table. */
export const xbrlSlow: Scenarios = {
  crowded: {
    title: "Reports wait for the only unit of the reporting agent",
    rule: "crowded",
    outcome: "solved",
    services,
    prepare: (world) =>
      figures(
        world,
        { xbrl: 420, waitingFor: { reporting: 4 } },
        { effect: "scale reporting 1 to 2", after: { xbrl: 90, waitingFor: { reporting: 0 } } },
      ),
  },
  "one-slow": {
    title: "One of three units takes five times as long as the others",
    rule: "one-slow",
    outcome: "solved",
    services,
    prepare(world) {
      runService(world, "reporting", 3);
      figures(
        world,
        { xbrl: 500, xbrlByUnit: { "reporting-1": 90, "reporting-2": 480, "reporting-3": 80 } },
        { effect: "restart reporting-2", after: { xbrl: 95 } },
      );
    },
  },
  "evidence-only": {
    title: "A profile of the running agent, and nothing else",
    rule: "evidence-only",
    outcome: "not-verified",
    params: { evidence: "only" },
    services,
    prepare: (world) => figures(world, { xbrl: 420, waitingFor: { reporting: 4 } }),
  },
  "no-room": {
    title: "Reports wait, and there may be no more units",
    rule: "no-room",
    outcome: "escalated",
    services,
    prepare(world) {
      runService(world, "reporting", 6, { most: 6 });
      figures(world, { xbrl: 420, waitingFor: { reporting: 9 } });
    },
  },
  "unit-out": {
    title: "One unit of the agent does not take work",
    rule: "unit-out",
    outcome: "escalated",
    services,
    prepare(world) {
      runService(world, "reporting", 1, {
        units: [
          fakeUnit("reporting-1"),
          fakeUnit("reporting-2", { ready: false, state: "failed", reason: "CrashLoopBackOff" }),
        ],
      });
      figures(world, { xbrl: 420, waitingFor: { reporting: 4 } });
    },
  },
  "fresh-deploy": {
    title: "It is slow since the agent was deployed half an hour ago",
    rule: "fresh-deploy",
    outcome: "escalated",
    services,
    prepare(world) {
      const at = new Date(world.clock.now().getTime() - 30 * 60_000).toISOString();
      world.deploys = [{ version: "0.2.0", previous: "0.1.0", at, instances: ["u-reporting-1"] }];
      figures(world, { xbrl: 420, waitingFor: { reporting: 4 } });
    },
  },
  "large-data": {
    title: "A group with two hundred subsidiaries sends its reports",
    rule: "large-data",
    outcome: "escalated",
    services,
    prepare(world) {
      generated(world, [900, 1_000, 1_100, 950, 42_000, 40_000, 41_000]);
      figures(world, { xbrl: 420 });
    },
  },
  unexplained: {
    title: "It is slow, and nothing says why",
    rule: "unexplained",
    outcome: "escalated",
    services,
    prepare(world) {
      generated(world, [900, 1_000, 1_100, 950, 1_000, 980, 1_010]);
      figures(world, { xbrl: 420 });
    },
  },
  "in-time": {
    title: "It is quick enough again",
    rule: "in-time",
    outcome: "all-clear",
    services,
    prepare: (world) => figures(world, { xbrl: 80 }),
  },
  "no-reports": {
    title: "No report comes to the stage",
    rule: "no-reports",
    outcome: "all-clear",
    services,
    prepare: (world) => figures(world, {}),
  },
};
