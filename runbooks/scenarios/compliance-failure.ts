import type { Scenarios } from "./scenario.ts";
import { deployedJustNow, withReports } from "./worlds/report-quality.ts";

const missed = { csrd_b_GOV_1: 4, taxonomy: 2 };

/** Why reports fail their audit: each row of the decision table. */
export const complianceFailure: Scenarios = {
  "not-compliant": {
    title: "Four of nine reports do not meet the rules, and nothing of ours has changed",
    rule: "not-compliant",
    outcome: "solved",
    prepare: (world) => withReports(world, { failed: 4, ended: 9, rules: missed }),
  },
  "one-company-after-a-deploy": {
    title: "One report of nine fails; there was a deploy, and it does not explain a single report",
    rule: "not-compliant",
    outcome: "solved",
    prepare(world) {
      withReports(world, { failed: 1, ended: 9, rules: { csrd_a_lei: 1 } });
      deployedJustNow(world);
    },
  },
  "rules-changed": {
    title: "Nearly every report fails since a deploy",
    rule: "fresh-deploy",
    outcome: "escalated",
    prepare(world) {
      withReports(world, { failed: 8, ended: 9, rules: { csrd_a_lei: 8 } });
      deployedJustNow(world);
    },
  },
  "two-builds": {
    title: "Two builds of the audit agent run side by side",
    rule: "two-builds",
    outcome: "escalated",
    prepare: (world) =>
      withReports(world, { failed: 3, ended: 9, rules: missed, builds: ["0.1.0", "0.2.0"] }),
  },
  "nobody-named": {
    title: "Reports fail, and the environment names no compliance manager",
    rule: "nobody-to-tell",
    outcome: "escalated",
    prepare(world) {
      withReports(world, { failed: 4, ended: 9, rules: missed });
      world.announcements.unnamed.add("compliance-manager");
    },
  },
  over: {
    title: "No report failed its audit of late",
    rule: "none",
    outcome: "all-clear",
    prepare: (world) => withReports(world, { ended: 12 }),
  },
};
