import type { Session } from "#kit/ports.ts";
import type { Scenarios } from "./scenario.ts";
import { innerServices, type World } from "./world.ts";
import { badlyDeployed } from "./worlds/deploys.ts";
import { figures, worn } from "./worlds/figures.ts";

const services = innerServices;

function working(world: World, count: number): void {
  const sessions = Array.from(
    { length: count },
    (_, index): Session => ({
      pid: 500 + index,
      startedAt: `2026-11-03T01:${String(10 + index)}:00.000000Z`,
      user: "csrd_app",
      application: "csrd-api/api-1",
      state: "active",
      stateFor: 2,
      transactionFor: 2,
      waitsFor: undefined,
      blockedBy: [],
      protected: undefined,
    }),
  );
  world.database = { sessions, most: 90 };
}

/** Where the API's time can go: each row of the decision table. */
export const highLatency: Scenarios = {
  "one-slow": {
    title: "One of the two API units answers ten times as slowly as the other",
    rule: "one-slow",
    outcome: "solved",
    services,
    prepare: (world) =>
      figures(
        world,
        { answer: 2.4, query: 0.01, answerByUnit: { "api-1": 0.2, "api-2": 2.6 } },
        { effect: "restart api-2", after: { answer: 0.2, query: 0.01 } },
      ),
  },
  saturated: {
    title: "Both API units have no CPU left",
    rule: "saturated",
    outcome: "handed-over",
    services,
    prepare(world) {
      for (const { id } of world.machines) world.hosts.set(id, worn);
      figures(world, { answer: 1.8, query: 0.02, answerByUnit: { "api-1": 1.8, "api-2": 1.7 } });
    },
  },
  "pool-exhausted": {
    title: "Requests wait for a connection to the database",
    rule: "pool",
    outcome: "handed-over",
    services,
    prepare: (world) => figures(world, { answer: 3, query: 2, poolWaiting: 7 }),
  },
  "database-busy": {
    title: "Queries are slow, and the database works on thirty of them",
    rule: "database-busy",
    outcome: "escalated",
    services,
    prepare(world) {
      working(world, 30);
      figures(world, { answer: 2, query: 0.9 });
    },
  },
  "database-far": {
    title: "Queries are slow, and the database has nothing to do",
    rule: "database-far",
    outcome: "escalated",
    services,
    prepare(world) {
      working(world, 1);
      figures(world, { answer: 2, query: 0.9 });
    },
  },
  "bad-deploy": {
    title: "It is slow since the deploy of half an hour ago",
    rule: "fresh-deploy",
    outcome: "handed-over",
    services,
    prepare(world) {
      badlyDeployed(world);
      figures(world, { answer: 2, query: 0.01 }, { effect: "weights 0/100", after: { answer: 0.1 } });
    },
  },
  "reports-slow": {
    title: "The API is quick, and reports take three quarters of an hour",
    rule: "reports-slow",
    outcome: "handed-over",
    services,
    prepare: (world) => figures(world, { answer: 0.1, report: 2_700, oldest: 100 }),
  },
  unexplained: {
    title: "Answers are slow, and nothing says why",
    rule: "unexplained",
    outcome: "escalated",
    services,
    prepare: (world) => figures(world, { answer: 2, query: 0.01 }),
  },
  calm: {
    title: "Answers are quick again",
    rule: "calm",
    outcome: "all-clear",
    services,
    prepare: (world) => figures(world, { answer: 0.1, query: 0.01, report: 300 }),
  },
};
