import type { Scenarios } from "./scenario.ts";
import { innerServices, type World } from "./world.ts";
import { badlyDeployed } from "./worlds/deploys.ts";
import { figures, worn } from "./worlds/figures.ts";
import { fakeUnit, runService } from "./worlds/workloads.ts";

const services = innerServices;
const failing = { requests: [90, 300] as const };
const answered = { requests: [0, 300] as const };

function out(world: World, name: string): void {
  runService(world, name, 1, {
    units: [fakeUnit(`${name}-1`, { ready: false, state: "failed", reason: "OOMKilled" })],
  });
}

/** What can be behind 5xx: each row of the decision table. */
export const api500s: Scenarios = {
  "agent-out": {
    title: "An agent is gone, and requests that need it fail",
    rule: "unit-out",
    outcome: "solved",
    services,
    prepare(world) {
      out(world, "reporting");
      figures(world, failing, { effect: "restart reporting-1 by force", after: answered });
    },
  },
  saturated: {
    title: "Both units of the API have no CPU left",
    rule: "saturated",
    outcome: "handed-over",
    services,
    prepare(world) {
      for (const { id } of world.machines) world.hosts.set(id, worn);
      figures(world, failing);
    },
  },
  "pool-exhausted": {
    title: "Requests wait for a connection that an export script holds",
    rule: "pool",
    outcome: "handed-over",
    services,
    prepare(world) {
      const sessions = Array.from({ length: 38 }, (_, index) => ({
        pid: 500 + index,
        startedAt: `2026-11-03T01:${String(10 + index)}:00.000000Z`,
        user: "csrd_app",
        application: "esg-export",
        state: "idle in transaction" as const,
        stateFor: 1_200,
        transactionFor: 1_200,
        waitsFor: undefined,
        blockedBy: [],
        protected: undefined,
      }));
      world.database = { sessions, most: 40 };
      figures(world, { ...failing, poolWaiting: 12 }, { effect: "end 500", after: answered });
    },
  },
  "bad-deploy": {
    title: "Every second request fails since the deploy of half an hour ago",
    rule: "fresh-deploy",
    outcome: "handed-over",
    services,
    prepare(world) {
      badlyDeployed(world);
      figures(world, failing, { effect: "weights 0/100", after: answered });
    },
  },
  "database-silent": {
    title: "The database answers nobody",
    rule: "database-silent",
    outcome: "handed-over",
    services,
    prepare(world) {
      world.database = "silent";
      figures(world, failing);
    },
  },
  unexplained: {
    title: "One route fails, and nothing else is wrong",
    rule: "unexplained",
    outcome: "escalated",
    services,
    prepare: (world) => figures(world, failing),
  },
  calm: {
    title: "Requests are answered again",
    rule: "calm",
    outcome: "all-clear",
    services,
    prepare: (world) => figures(world, answered),
  },
  "prometheus-silent": {
    title: "Nobody can say how the platform's units are",
    rule: "unexplained",
    outcome: "escalated",
    services,
    prepare(world) {
      world.workloads.services = "silent";
      figures(world, failing);
    },
  },
};
