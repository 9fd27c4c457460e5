/**
 * What must not compile. Each `@ts-expect-error` is a test: `tsc` fails when the line below it becomes legal.
 * Nothing here runs.
 */
import { z } from "zod";
import { allClear, defineAction, defineRunbook, plan } from "#kit";

const restart = defineAction({
  title: "Restart",
  input: z.object({ id: z.string() }),
  risk: "disruptive",
  label: ({ id }) => id,
  preview: ({ id }) => id,
  targets: ({ id }) => [id],
  within: "1m",
  before: async ({ id }, { instances }) => (await instances.describe([id])).length,
  async run({ id }, { instanceAdmin, before }) {
    // @ts-expect-error what was seen before is a number here, not text
    before.toUpperCase();
    // @ts-expect-error the action's context has hands by name, and no general shell
    await instanceAdmin.shell("reboot");
    await instanceAdmin.reboot(id);
  },
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
    // @ts-expect-error a plan without the rule that decided it
    return plan({ because: "x" }, [actions.restart({ id: "i-1" })]);
  },
  mitigate: { restart },
});
