import type { Scenarios } from "./scenario.ts";
import type { World } from "./world.ts";
import { type FakeModels, withModels } from "./worlds/models.ts";

const both = ["anthropic", "openai"] as const;

function chain(failing: FakeModels["failing"], more: Partial<FakeModels> = {}) {
  return (world: World): void => withModels(world, { vendors: both, rules: true, failing, ...more });
}

/** How vendors of language models can fail: each row of the decision table. */
export const llmApiOutage: Scenarios = {
  overloaded: {
    title: "The first vendor is overloaded (529); the second one answers",
    rule: "falls-back",
    outcome: "solved",
    prepare: chain({ anthropic: "overloaded" }),
  },
  "one-hangs": {
    title: "The first vendor takes questions and never answers",
    rule: "in-the-way",
    outcome: "solved",
    prepare: chain({ anthropic: "no-answer" }),
  },
  stuck: {
    title: "The first vendor fails on its side, and no question gets on to the second",
    rule: "in-the-way",
    outcome: "solved",
    prepare: chain({ anthropic: "server-error" }, { asked: { openai: 0 } }),
  },
  "all-down": {
    title: "No vendor can be reached; the rules take over",
    rule: "out",
    outcome: "solved",
    prepare: chain({ anthropic: "unreachable", openai: "unreachable" }),
  },
  "all-down-and-no-rules": {
    title: "No vendor answers, and the chain does not name the rules: reports wait",
    rule: "out",
    outcome: "solved",
    prepare: chain({ anthropic: "overloaded", openai: "unreachable" }, { rules: false }),
  },
  "rules-alone": {
    title: "Both vendors hang, and the rules alone are to assess: compliance agrees",
    rule: "rules-alone",
    outcome: "solved",
    params: { materiality: "rules" },
    prepare: chain({ anthropic: "no-answer", openai: "no-answer" }),
  },
  "nobody-agrees": {
    title: "The rules alone are to assess, and nobody who answers for compliance says yes",
    rule: "rules-alone",
    outcome: "approval-expired",
    silence: true,
    params: { materiality: "rules" },
    prepare: chain({ anthropic: "no-answer", openai: "no-answer" }),
  },
  "rules-without-rules": {
    title: "The rules alone are asked for, and the chain does not name them",
    rule: "no-rules",
    outcome: "escalated",
    params: { materiality: "rules" },
    prepare: chain({ anthropic: "unreachable", openai: "unreachable" }, { rules: false }),
  },
  "rules-without-need": {
    title: "The rules alone are asked for while a vendor answers",
    rule: "models-answer",
    outcome: "escalated",
    params: { materiality: "rules" },
    prepare: chain({ anthropic: "overloaded" }),
  },
  quota: {
    title: "The first vendor says that our account has no quota left",
    rule: "quota",
    outcome: "escalated",
    prepare: chain({ anthropic: "quota-exhausted" }),
  },
  "key-refused": {
    title: "The first vendor refuses our key",
    rule: "ours",
    outcome: "escalated",
    prepare: chain({ anthropic: "key-refused" }),
  },
  "nobody-named": {
    title: "No vendor answers, and the environment names nobody to tell",
    rule: "nobody-to-tell",
    outcome: "escalated",
    prepare(world) {
      chain({ anthropic: "unreachable", openai: "unreachable" })(world);
      for (const audience of ["users", "compliance-manager", "engineering"] as const)
        world.announcements.unnamed.add(audience);
    },
  },
  "falls-back-untold": {
    title: "The second vendor answers instead, and the environment names nobody to tell",
    rule: "falls-back-untold",
    outcome: "escalated",
    prepare(world) {
      chain({ anthropic: "overloaded" })(world);
      for (const audience of ["compliance-manager", "engineering"] as const)
        world.announcements.unnamed.add(audience);
    },
  },
  answers: {
    title: "It is over: the first vendor answers again",
    rule: "answers",
    outcome: "all-clear",
    prepare: chain({}),
  },
  "switched-off": {
    title: "Asking language models is switched off",
    rule: "switched-off",
    outcome: "all-clear",
    prepare(world) {
      chain({ anthropic: "overloaded" })(world);
      world.switches.switches = [
        { scope: "llm", off: true, reason: "CHG-9", by: "ana", since: "2026-11-20T09:00:00.000Z" },
      ];
    },
  },
  "none-set-up": {
    title: "No language model is set up here",
    rule: "none-set-up",
    outcome: "all-clear",
    prepare: (world) => withModels(world, { vendors: [], rules: true, failing: {} }),
  },
};
