import type { Scenarios } from "./scenario.ts";
import { deployedJustNow, withReports } from "./worlds/report-quality.ts";

const missed = { "DQ-C02": 6, "DQ-A01": 5 };

/** Why data quality is low: each row of the decision table. */
export const lowDataQuality: Scenarios = {
  "data-worse": {
    title: "A source went bad: rows name no source document any more",
    rule: "data-worse",
    outcome: "solved",
    prepare: (world) => withReports(world, { score: 61.4, low: 6, good: 3, rules: missed }),
  },
  "one-report-after-a-deploy": {
    title: "One low report after a deploy, which does not explain a single report",
    rule: "data-worse",
    outcome: "solved",
    prepare(world) {
      withReports(world, { score: 72, low: 1, good: 8, rules: { "DQ-C01": 1 } });
      deployedJustNow(world);
    },
  },
  "reading-changed": {
    title: "Nearly every report is low since a deploy",
    rule: "fresh-deploy",
    outcome: "escalated",
    prepare(world) {
      withReports(world, { score: 55, low: 8, good: 1, rules: { "DQ-V03": 8 } });
      deployedJustNow(world);
    },
  },
  "two-builds": {
    title: "Two builds of the intake agent run side by side",
    rule: "two-builds",
    outcome: "escalated",
    prepare: (world) => withReports(world, { score: 70, low: 4, good: 4, builds: ["0.1.0", "0.2.0"] }),
  },
  "nobody-named": {
    title: "Data are worse, and the environment names nobody who looks after them",
    rule: "nobody-to-tell",
    outcome: "escalated",
    prepare(world) {
      withReports(world, { score: 61.4, low: 6, good: 3, rules: missed });
      world.announcements.unnamed.add("data-quality");
    },
  },
  good: {
    title: "Data are good enough again",
    rule: "good",
    outcome: "all-clear",
    prepare: (world) => withReports(world, { score: 92.5, good: 9 }),
  },
  "no-reports": {
    title: "No report has come since the workers started",
    rule: "good",
    outcome: "all-clear",
    prepare: (world) => withReports(world, {}),
  },
};
