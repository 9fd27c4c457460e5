import { z } from "zod";
import { defineAction } from "#kit";
import { llmVendors, metrics as names } from "#platform/contract.ts";

const Vendor = z.strictObject({ vendor: z.enum(llmVendors), because: z.string().min(3).max(300) });
const Because = z.strictObject({ because: z.string().min(3).max(300) });

/** The switch of one vendor's models. */
function scopeOf(vendor: (typeof llmVendors)[number]): string {
  return `llm-${vendor}`;
}

/** Whether every process that shows this switch sees it off; a reader of switches says what was written, this what is in effect. */
const inEffect = (scope: string): string => `min(${names.switchedOff}{scope="${scope}"})`;

/**
 * Leaves one vendor's models out, on every machine within ten seconds; the next of the chain is asked, and each report says who answered.
 * Source: csrd-operations-manual "Runbook: LLM API Outage", step 3; its change of provider and of a dated model id in a script changes a
 * regulated output without a trace.
 */
export const leaveOutVendor = defineAction({
  title: "Leave out one vendor of language models",
  input: Vendor,
  risk: "reversible",
  label: ({ vendor }) => `Leave out ${vendor}'s language models`,
  preview: ({ vendor }) =>
    `throw the kill switch ${scopeOf(vendor)}: the next model of the chain is asked, and each report says which one answered`,
  targets: ({ vendor }) => [scopeOf(vendor)],
  within: "1m",
  before: async ({ vendor }, { switches }) => ({
    off: (await switches.all()).some(({ scope, off }) => scope === scopeOf(vendor) && off),
  }),
  async run({ vendor, because }, { switchAdmin, signal }) {
    signal.throwIfAborted();
    await switchAdmin.off(scopeOf(vendor), because);
  },
  async confirm({ vendor }, _before, { metrics }) {
    const [seen] = await metrics.query(inEffect(scopeOf(vendor)));
    return seen?.value === 1
      ? { met: true, saw: `every process passes ${vendor} over` }
      : { met: false, saw: `some process still asks ${vendor}` };
  },
  async settle({ vendor }, _before, { switches }) {
    const isOff = (await switches.all()).some(({ scope, off }) => scope === scopeOf(vendor) && off);
    return isOff
      ? { outcome: "done", because: `${scopeOf(vendor)} is off` }
      : { outcome: "not-done", because: `${scopeOf(vendor)} is on` };
  },
  // What was off before stays off.
  undo: ({ vendor, because }, { off }) =>
    off
      ? []
      : [
          {
            kind: "step",
            action: "askAgain",
            input: { vendor, because: `undone: ${because}`.slice(0, 300) },
          },
        ],
});

/** Asks one vendor's models again; the way back of leaving them out. */
export const askVendorAgain = defineAction({
  title: "Ask one vendor's language models again",
  input: Vendor,
  risk: "reversible",
  label: ({ vendor }) => `Ask ${vendor}'s language models again`,
  preview: ({ vendor }) => `turn the kill switch ${scopeOf(vendor)} on again`,
  targets: ({ vendor }) => [scopeOf(vendor)],
  within: "1m",
  before: async () => undefined,
  async run({ vendor, because }, { switchAdmin, signal }) {
    signal.throwIfAborted();
    await switchAdmin.on(scopeOf(vendor), because, "undo of the run that threw it");
  },
  async confirm({ vendor }, _before, { switches }) {
    const isOff = (await switches.all()).some(({ scope, off }) => scope === scopeOf(vendor) && off);
    return isOff
      ? { met: false, saw: `${scopeOf(vendor)} is off` }
      : { met: true, saw: `${scopeOf(vendor)} is on` };
  },
});

/**
 * Stops asking language models, so that the rules alone assess what is waiting and what comes: the part of materiality that models propose is
 * left out, and every report says so. It changes what is reported, so somebody who answers for compliance has to agree.
 * Source: csrd-operations-manual "Runbook: LLM API Outage", step 3, `skip_materiality=True`, which asks nobody and leaves no trace.
 */
export const rulesAlone = defineAction({
  title: "Let the rules alone assess materiality",
  input: Because,
  risk: "disruptive",
  wordOf: "compliance",
  label: () => "Let the rules alone assess materiality",
  preview: () =>
    "throw the kill switch llm: no report waits for a vendor any more, the rules propose every topic, and each report says that no model was asked",
  targets: () => ["llm"],
  within: "1m",
  before: async (_input, { switches }) => ({
    off: (await switches.all()).some(({ scope, off }) => scope === "llm" && off),
  }),
  async run({ because }, { switchAdmin, signal }) {
    signal.throwIfAborted();
    await switchAdmin.off("llm", because);
  },
  async confirm(_input, _before, { metrics }) {
    const [seen] = await metrics.query(inEffect("llm"));
    return seen?.value === 1
      ? { met: true, saw: "no process asks a language model any more" }
      : { met: false, saw: "some process still asks" };
  },
  async settle(_input, _before, { switches }) {
    const isOff = (await switches.all()).some(({ scope, off }) => scope === "llm" && off);
    return isOff ? { outcome: "done", because: "llm is off" } : { outcome: "not-done", because: "llm is on" };
  },
  undo: ({ because }, { off }) =>
    off
      ? []
      : [{ kind: "step", action: "modelsAgain", input: { because: `undone: ${because}`.slice(0, 300) } }],
});

/** Asks language models again; the way back of letting the rules alone assess. */
export const modelsAgain = defineAction({
  title: "Ask language models again",
  input: Because,
  risk: "reversible",
  label: () => "Ask language models again",
  preview: () => "turn the kill switch llm on again",
  targets: () => ["llm"],
  within: "1m",
  before: async () => undefined,
  async run({ because }, { switchAdmin, signal }) {
    signal.throwIfAborted();
    await switchAdmin.on("llm", because, "undo of the run that threw it");
  },
  async confirm(_input, _before, { switches }) {
    const isOff = (await switches.all()).some(({ scope, off }) => scope === "llm" && off);
    return isOff ? { met: false, saw: "llm is off" } : { met: true, saw: "llm is on" };
  },
});
