/**
 * What must not compile. Each `@ts-expect-error` is a test: `tsc` fails when the line below it becomes legal.
 * Nothing here runs.
 */
import { z } from "zod";
import { allClear, defineAction, defineCheck, defineRunbook, defineWatch, healthy, plan, ref } from "#kit";
import { apiDeploys, serviceDeploys } from "#runbooks/probes/deploys.ts";

const restart = defineAction({
  title: "Restart",
  input: z.object({ id: z.string() }),
  risk: "disruptive",
  label: ({ id }) => id,
  preview: ({ id }) => id,
  targets: ({ id }) => [id],
  within: "1m",
  returns: z.object({ token: z.string() }),
  // @ts-expect-error looking before is not touching
  confirm: async (_input, _before, { instanceAdmin }) => ({ met: instanceAdmin !== undefined, saw: "" }),
  before: async ({ id }, { instances }) => (await instances.describe([id])).length,
  async run({ id }, { instanceAdmin, before }) {
    // @ts-expect-error what was seen before is a number here, not text
    before.toUpperCase();
    // @ts-expect-error the action's context has hands by name, and no general shell
    await instanceAdmin.shell("reboot");
    await instanceAdmin.reboot(id);
    return { token: "t" };
  },
});

export const peeking = defineCheck({
  id: "peeking",
  title: "It peeks",
  every: "30s",
  timeout: "5s",
  // @ts-expect-error a check that reaches for an operator does not compile
  look: async ({ balancerAdmin }) => balancerAdmin,
  judge: () => healthy("x"),
});

const glance = defineWatch({
  title: "Glance",
  input: z.object({ id: z.string() }),
  label: ({ id }) => id,
  preview: ({ id }) => id,
  every: "10s",
  within: "1m",
  // @ts-expect-error a watch that reaches for an operator does not compile
  look: async ({ instanceAdmin }) => (instanceAdmin === undefined ? 1 : 2),
  read: (sample: number) => String(sample),
  // @ts-expect-error a judge that says what no judge may say
  judge: () => ({ verdict: "maybe", because: "x" }),
});

const parts = {
  id: "x",
  title: "x",
  summary: "x",
  severity: "P1",
  owner: "x",
  implements: [],
  symptoms: [],
  trigger: [],
  lock: "x",
  within: "1m",
  vitals: [],
  verify: [],
  afterwards: [],
} as const;

export const refused = defineRunbook({
  ...parts,
  params: { limit: z.int() },
  diagnose: {
    one: {
      ask: "?",
      // @ts-expect-error a probe that reaches for an operator does not compile
      look: async ({ instanceAdmin }) => instanceAdmin,
      read: () => ({ state: "fine", says: "" }),
    },
    two: {
      ask: "?",
      // @ts-expect-error a parameter that the runbook does not have
      look: async ({ params }) => params.limti,
      read: () => ({ state: "fine", says: "" }),
    },
    three: {
      ask: "?",
      look: async () => 3,
      read: (three: number) => ({ state: "fine", says: String(three) }),
    },
  },
  rules: {},
  decide(findings, _params, actions) {
    // @ts-expect-error a finding that was never asked for
    if (findings.four) return allClear({ rule: "x", because: "x" });
    // @ts-expect-error an action that is not listed under mitigate
    actions.reboot({ id: "i-1" });
    // @ts-expect-error an input its schema does not allow
    actions.restart({ id: 7 });
    const first = actions.restart({ id: "i-1" });
    actions.restart({ id: ref(first, "token") });
    // @ts-expect-error a field that the action does not give back
    ref(first, "tokn");
    // @ts-expect-error a watch that is not listed under watches
    actions.stare({ id: "i-1" });
    // @ts-expect-error an input that the watch's schema does not allow
    actions.glance({ id: 7 });
    // @ts-expect-error a plan without the rule that decided it
    return plan({ because: "x" }, [actions.restart({ id: "i-1" })]);
  },
  mitigate: { restart },
  watches: { glance },
  // @ts-expect-error counting what is in service changes nothing
  capacity: async ({ balancerAdmin }) => [String(balancerAdmin)],
});

export const shared = defineRunbook({
  ...parts,
  params: { limit: z.int() },
  diagnose: {
    one: { ...apiDeploys, ask: "Another question?" },
    // @ts-expect-error a shared probe looks at the service that a parameter names, and this runbook has none
    two: serviceDeploys,
  },
  optional: { three: apiDeploys },
  rules: {},
  decide({ one, three }) {
    const [first] = one;
    // @ts-expect-error what a shared probe saw keeps its type: a deploy has a version and no name
    const name = first?.name;
    // @ts-expect-error an optional answer may be unknown, also when the probe is shared
    const last = three.value;
    return allClear({ rule: "x", because: String([name, last, first?.version]) });
  },
  mitigate: {},
});
