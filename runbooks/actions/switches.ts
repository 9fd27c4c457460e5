import { z } from "zod";
import { defineAction } from "#kit";
import type { Inventory } from "#kit/ports.ts";
import type { SwitchReader } from "#kit/ports/switches.ts";
import { agentNames } from "#platform/contract.ts";
import { obedience } from "#rules/switches.ts";

const Scope = z.string().regex(/^[a-z][a-z-]{1,30}$/);
const Why = z.string().min(3).max(250);

const seconds = 9;

/**
 * Throws a kill switch, in every place that answers; one of database and Redis is enough. It is safe: reports wait and go on by themselves, and
 * nothing is lost. It has no undo: switching on again needs a record and two people, so it is a run of its own.
 * Source: operations-runbook "Agent Kill-Switch Activation", step 1.
 */
export const switchOff = defineAction({
  title: "Switch off",
  input: z.strictObject({ scope: Scope, why: Why }),
  risk: "safe",
  label: ({ scope }) => `Switch ${scope} off`,
  preview: ({ scope }) =>
    `switch ${scope} off everywhere; reports wait where they are, and go on by themselves when it is on again`,
  targets: ({ scope }) => [scope],
  within: "30s",
  before: async ({ scope }, { switches }) => ({ off: await isOff(scope, switches) }),
  run: ({ scope, why }, { switchAdmin }) => switchAdmin.off(scope, why),
  confirm: async ({ scope }, _before, { switches }) => ({
    met: await isOff(scope, switches),
    saw: `${scope} is ${(await isOff(scope, switches)) ? "off" : "on"}`,
  }),
  settle: async ({ scope }, _before, { switches }) =>
    (await isOff(scope, switches))
      ? { outcome: "done", because: `${scope} is off` }
      : { outcome: "not-done", because: `${scope} is on` },
});

/** Looks until every process does what the switch says, for nine seconds; it changes nothing, and those who do not are named. */
export const seeObeyed = defineAction({
  title: "See that every process obeys",
  input: z.strictObject({ scope: Scope, off: z.boolean() }),
  risk: "safe",
  label: ({ scope, off }) => `See that every process has ${scope} ${off ? "off" : "on"}`,
  preview: ({ scope, off }) =>
    `ask each worker and agent whether ${scope} is ${off ? "off" : "on"} for it, until all say so, for ten seconds at most`,
  targets: ({ scope }) => [scope],
  within: "10s",
  before: async () => ({}),
  async run({ scope, off }, { readers: { switches, inventory }, clock, signal }) {
    for (let asked = 0; asked < seconds; asked += 1) {
      const { defy, silent } = await obeyed(scope, off, { switches, inventory });
      if (defy.length + silent.length === 0) return;
      await clock.sleep(1_000, signal);
    }
  },
  async confirm({ scope, off }, _before, { switches, inventory }) {
    const { obey, defy, silent } = await obeyed(scope, off, { switches, inventory });
    if (obey.length + defy.length + silent.length === 0) {
      const says = "the environment names neither the worker nor an agent, so nobody was asked";
      return { met: false, saw: says, hopeless: `Nobody is known to obey: ${says}.` };
    }
    if (defy.length + silent.length === 0)
      return {
        met: true,
        saw: `${obey.length} of ${obey.length} processes have ${scope} ${off ? "off" : "on"}`,
      };
    const said = [
      ...(defy.length === 0 ? [] : [`${defy.join(", ")} ${off ? "goes on" : "stays off"}`]),
      ...(silent.length === 0 ? [] : [`no word from ${silent.join(", ")}`]),
    ].join("; ");
    return { met: false, saw: said, hopeless: `Not every process obeys: ${said}.` };
  },
});

/**
 * Switches on again, in both places, on the ground of a record. It is as grave as anything here: what was stopped for its harm may do it again.
 * Undo switches off. Source: operations-runbook "Agent Kill-Switch Activation", step 5.
 */
export const switchOn = defineAction({
  title: "Switch on again",
  input: z.strictObject({ scope: Scope, why: Why, validation: z.string().min(3).max(60) }),
  risk: "destructive",
  label: ({ scope }) => `Switch ${scope} on again`,
  preview: ({ scope, validation }) =>
    `switch ${scope} on everywhere, on the ground of ${validation}; what waits goes on within seconds`,
  targets: ({ scope }) => [scope],
  within: "30s",
  before: async ({ scope }, { switches }) => ({ off: await isOff(scope, switches) }),
  run: ({ scope, why, validation }, { switchAdmin }) => switchAdmin.on(scope, why, validation),
  confirm: async ({ scope }, _before, { switches }) => ({
    met: !(await isOff(scope, switches)),
    saw: `${scope} is ${(await isOff(scope, switches)) ? "off" : "on"}`,
  }),
  settle: async ({ scope }, _before, { switches }) =>
    (await isOff(scope, switches))
      ? { outcome: "not-done", because: `${scope} is off` }
      : { outcome: "done", because: `${scope} is on` },
  undo: ({ scope, why }) => [
    { kind: "step", action: "off", input: { scope, why: `taken back: ${why}`.slice(0, 250) } },
  ],
});

/** Services of the environment's file that obey switches: the worker and the agents. */
export function obeyingServices({ services }: Pick<Inventory, "services">): readonly string[] {
  return services
    .map(({ name }) => name)
    .filter((name) => name === "worker" || agentNames.some((agent) => agent === name));
}

async function isOff(scope: string, switches: SwitchReader): Promise<boolean> {
  return (await switches.all()).some((one) => one.scope === scope && one.off);
}

async function obeyed(
  scope: string,
  off: boolean,
  { switches, inventory }: { readonly switches: SwitchReader; readonly inventory: Inventory },
) {
  const seen = await switches.seen();
  return obedience(scope, off, { seen, services: obeyingServices(inventory) });
}
