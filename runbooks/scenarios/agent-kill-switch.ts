import type { KillSwitch } from "#kit/ports/switches.ts";
import type { Scenarios } from "./scenario.ts";
import { innerServices, type World } from "./world.ts";

const thrown = (scope: string): KillSwitch => ({
  scope,
  off: true,
  reason: "INC-7 wrong figures",
  by: "operator:omar@desk",
  since: "2026-11-21T01:00:00.000Z",
});

/** Every process obeys within a second, the worker too; what is off was switched off before. */
function obeying(world: World, ...off: readonly string[]): void {
  world.switches.processes.set("worker", 1_000);
  world.switches.switches = off.map(thrown);
}

/** What can be with the switches when they are to be thrown or taken back: each row of the decision table. */
export const agentKillSwitch: Scenarios = {
  "everything-off": {
    title: "Agents publish wrong figures: everything is stopped",
    rule: "off",
    outcome: "solved",
    services: innerServices,
    params: { scope: "all", incident: "INC-7" },
    prepare: (world) => obeying(world),
  },
  "one-agent-off": {
    title: "One agent is stopped; its neighbours go on",
    rule: "off",
    outcome: "solved",
    services: innerServices,
    params: { scope: "calculator" },
    prepare: (world) => obeying(world),
  },
  "nobody-to-be-told": {
    title: "Language models are stopped, and no place is named where those who answer for them can be told",
    rule: "off",
    outcome: "solved",
    services: innerServices,
    params: { scope: "llm" },
    prepare(world) {
      obeying(world);
      world.announcements.unnamed.add("ai-platform-owner");
      world.announcements.unnamed.add("compliance-manager");
    },
  },
  "one-goes-on": {
    title: "Everything is off, and one process goes on all the same: it is restarted by force",
    rule: "not-obeyed",
    outcome: "handed-over",
    services: innerServices,
    params: { scope: "all" },
    prepare(world) {
      obeying(world, "all");
      world.switches.deaf.add("calculator");
      void world.clock.sleep(120_000).then(() => world.switches.deaf.delete("calculator"));
    },
  },
  "one-says-nothing": {
    title: "Everything is off, and one process does not say whether it obeys",
    rule: "no-word",
    outcome: "escalated",
    services: innerServices,
    params: { scope: "all" },
    prepare(world) {
      obeying(world, "all");
      world.switches.processes.delete("audit");
    },
  },
  "off-already": {
    title: "It was switched off before, and every process obeys",
    rule: "off-and-obeyed",
    outcome: "all-clear",
    services: innerServices,
    params: { scope: "calculator" },
    prepare: (world) => obeying(world, "calculator"),
  },
  "on-again": {
    title: "The guardrail is mended and validated: the calculator goes on, with a second person",
    rule: "on",
    outcome: "solved",
    services: innerServices,
    params: { scope: "calculator", to: "on", validation: "CHG-12" },
    prepare: (world) => obeying(world, "calculator"),
  },
  "on-alone": {
    title: "Somebody wants to switch on again, and no second person answers",
    rule: "on",
    outcome: "approval-expired",
    silence: true,
    services: innerServices,
    params: { scope: "calculator", to: "on", validation: "CHG-12" },
    prepare: (world) => obeying(world, "calculator"),
  },
  "on-without-record": {
    title: "Somebody wants to switch on again without a validation record",
    rule: "no-record",
    outcome: "escalated",
    services: innerServices,
    params: { scope: "all", to: "on" },
    prepare: (world) => obeying(world, "all"),
  },
  "on-already": {
    title: "It is on",
    rule: "on-already",
    outcome: "all-clear",
    services: innerServices,
    params: { scope: "all", to: "on", validation: "CHG-12" },
    prepare: (world) => obeying(world),
  },
  "switches-silent": {
    title: "Neither database nor Redis answers",
    rule: "not-known",
    outcome: "escalated",
    services: innerServices,
    params: { scope: "all" },
    prepare: (world) => void (world.switches.switches = "silent"),
  },
};
