import type { Scenarios } from "./scenario.ts";
import type { World } from "./world.ts";
import { deployed } from "./worlds/deploys.ts";

const everyoneIs = (world: World, mood: World["machines"][number]["mood"]) => {
  for (const machine of world.machines) machine.mood = mood;
};

/** What can be behind a platform that does not answer: each row of the decision table, then what can go wrong while it is cured. */
export const platformDown: Scenarios = {
  "both-gone": {
    title: "Both processes are gone and nothing explains it",
    rule: "out-of-service",
    outcome: "solved",
    prepare: (world) => everyoneIs(world, "dead"),
  },
  "one-gone": {
    title: "One of two processes is gone; users notice little",
    rule: "out-of-service",
    outcome: "solved",
    prepare(world) {
      const [first] = world.machines;
      if (first !== undefined) first.mood = "dead";
    },
  },
  wedged: {
    title: "One process hangs and does not end when it is told to; its machine answers",
    rule: "out-of-service",
    outcome: "solved",
    prepare(world) {
      const [first] = world.machines;
      if (first !== undefined) first.mood = "wedged";
    },
  },
  "no-targets": {
    title: "Nothing is registered with the load balancer any more",
    rule: "no-targets",
    outcome: "escalated",
    prepare(world) {
      world.unregistered = true;
    },
  },
  "all-well": {
    title: "All is well; it was a false alarm or is over",
    rule: "answers",
    outcome: "all-clear",
    prepare: () => undefined,
  },
  "balancer-behind": {
    title: "The processes died a moment ago and the load balancer has not noticed",
    rule: "balancer-behind",
    outcome: "escalated",
    prepare: (world) => everyoneIs(world, "unnoticed"),
  },
  "before-the-balancer": {
    title: "Every target is healthy and nobody gets an answer",
    rule: "before-the-balancer",
    outcome: "escalated",
    prepare(world) {
      world.cutOff = true;
    },
  },
  "firewall-closed": {
    title: "The firewall lets the load balancer through no more",
    rule: "firewall-closed",
    outcome: "escalated",
    prepare(world) {
      everyoneIs(world, "dead");
      world.firewallOpen = false;
    },
  },
  "instance-stopped": {
    title: "Somebody stopped an instance",
    rule: "instance-stopped",
    outcome: "escalated",
    prepare(world) {
      everyoneIs(world, "dead");
      const [first] = world.machines;
      if (first !== undefined) first.state = "stopped";
    },
  },
  "fresh-deploy": {
    title: "Everything runs a version that was deployed twelve minutes ago",
    rule: "fresh-deploy",
    outcome: "handed-over",
    prepare(world) {
      everyoneIs(world, "dead");
      deployed(world, 12);
    },
  },
  starting: {
    title: "Somebody rebooted both a moment ago",
    rule: "starting",
    outcome: "escalated",
    prepare(world) {
      everyoneIs(world, "booting");
      for (const machine of world.machines) machine.backAt = world.clock.now().getTime() + 60_000;
    },
  },
  "not-ready": {
    title: "The processes run and say that they are not ready",
    rule: "not-ready",
    outcome: "escalated",
    prepare: (world) => everyoneIs(world, "unready"),
  },
  "does-not-come-back": {
    title: "The first instance does not come back from its restart",
    rule: "out-of-service",
    outcome: "step-failed",
    prepare(world) {
      everyoneIs(world, "dead");
      const [first] = world.machines;
      if (first !== undefined) first.mood = "stuck";
    },
  },
  "reply-lost": {
    title: "The cloud restarts an instance and its reply is lost",
    rule: "out-of-service",
    outcome: "solved",
    prepare(world) {
      everyoneIs(world, "dead");
      world.trouble.push("lost-after");
    },
  },
  "recovers-meanwhile": {
    title: "It recovers by itself while approval is waited for",
    rule: "out-of-service",
    outcome: "guarded",
    prepare(world) {
      everyoneIs(world, "booting");
      for (const machine of world.machines) machine.mood = "dead";
      void world.clock.sleep(20_000).then(() => everyoneIs(world, "up"));
    },
  },
  "nobody-approves": {
    title: "Nobody answers the question of approval",
    rule: "out-of-service",
    outcome: "approval-expired",
    silence: true,
    prepare: (world) => everyoneIs(world, "dead"),
  },
};
