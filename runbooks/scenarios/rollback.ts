import type { Scenarios } from "./scenario.ts";
import { green, type World } from "./world.ts";

const liveIsDead = (world: World) => {
  for (const machine of world.machines) machine.mood = "dead";
};

/** What a bad deploy can meet: each row of the decision table, then what can go wrong on the way back. */
export const rollback: Scenarios = {
  "bad-version": {
    title: "The live version is down and the one before it is ready",
    rule: "flip-back",
    outcome: "solved",
    prepare: liveIsDead,
  },
  "one-version": {
    title: "There is no second version behind the load balancer",
    rule: "one-version",
    outcome: "escalated",
    prepare(world) {
      liveIsDead(world);
      world.weights.pop();
    },
  },
  "live-is-healthy": {
    title: "Every target of the live version is healthy",
    rule: "live-is-healthy",
    outcome: "escalated",
    prepare: () => undefined,
  },
  "healthy-and-wrong": {
    title: "Every target of the live version is healthy, its answers are wrong, and a person says so",
    params: { flip: "anyway" },
    rule: "flip-back",
    outcome: "solved",
    prepare: () => undefined,
  },
  "two-idle": {
    title: "Two idle versions are registered; which one is the way back?",
    rule: "no-single-way-back",
    outcome: "escalated",
    prepare(world) {
      liveIsDead(world);
      const group = green.replace("/green/", "/older/");
      world.weights.push({ group, weight: 0 });
      world.versions.set(group, ["healthy", "healthy"]);
    },
  },
  "old-version-down": {
    title: "The version before is not up any more",
    rule: "old-version-not-ready",
    outcome: "escalated",
    prepare(world) {
      liveIsDead(world);
      world.versions.set(green, ["unhealthy", "unhealthy"]);
    },
  },
  "call-refused": {
    title: "The cloud refuses to move the traffic",
    rule: "flip-back",
    outcome: "step-failed",
    prepare(world) {
      liveIsDead(world);
      world.trouble.push("refused");
    },
  },
  "reply-lost": {
    title: "Traffic moves and the cloud's reply is lost",
    rule: "flip-back",
    outcome: "solved",
    prepare(world) {
      liveIsDead(world);
      world.trouble.push("lost-after");
    },
  },
};
