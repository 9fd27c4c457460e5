import { z } from "zod";
import { batches, defineAction } from "#kit";
import type { Batches, StepCall } from "#kit/plan.ts";
import { type Audience, audiences } from "#kit/ports/announcer.ts";

const Told = z.strictObject({
  audience: z.enum(audiences),
  /** Says which thing this is, whoever says it: the runbook, and what it is about. Never the run: two runs in one incident say it once. */
  key: z.string().regex(/^[a-z0-9][a-z0-9:.,+ -]{2,150}$/),
  text: z.string().min(20).max(2_500),
});

/** What one audience is told; lines are kept. */
export type Told = z.infer<typeof Told>;

/**
 * Tells one audience something, once while the incident lasts. Source: csrd-operations-manual "Runbook: LLM API Outage", step 4;
 * operations-runbook "Agent Kill-Switch Activation", step 2.
 */
export const tellPeople = defineAction({
  title: "Tell those concerned",
  input: Told,
  risk: "safe",
  label: ({ audience }) => `Tell ${audience}`,
  preview: ({ text }) => text.replace(/\s+/g, " "),
  targets: ({ audience }) => [audience],
  within: "1m",
  before: async ({ audience, key }, { announcements }) => ({
    at: (await announcements.said(audience, key))?.at,
  }),
  async run({ audience, key, text }, { announcer, signal }) {
    signal.throwIfAborted();
    await announcer.say(audience, key, text);
  },
  async confirm({ audience, key }, before, { announcements }) {
    const said = await announcements.said(audience, key);
    if (said === undefined) return { met: false, saw: `nothing stands there for ${audience}` };
    return {
      met: true,
      saw: `${before.at === undefined ? "told" : `knew since ${before.at}`}: ${said.where}`,
    };
  },
  async settle({ audience, key }, _before, { announcements }) {
    const said = await announcements.said(audience, key);
    return said === undefined
      ? { outcome: "not-done", because: `nothing stands there for ${audience}` }
      : { outcome: "done", because: `it stands in ${said.where}` };
  },
});

/** What is to be told, parted by whether the environment says where. */
export type Telling = {
  /** Items of a plan; a place that does not take it stops nothing else. */
  readonly items: readonly Batches[];
  /** Clause for a plan's reason: whom people have to tell themselves; empty when nobody. */
  readonly byHand: string;
};

/** Makes the items that tell each audience its own text. `named` is what the environment says; not known counts as nobody. */
export function telling(
  tell: (told: Told) => StepCall,
  named: readonly Audience[] | undefined,
  all: readonly Told[],
): Telling {
  const reached = all.filter(({ audience }) => named?.includes(audience) === true);
  const left = all.filter(({ audience }) => !reached.some((one) => one.audience === audience));
  return {
    items:
      reached.length === 0
        ? []
        : [batches(reached, tell, { size: reached.length, ramp: false, floor: 0, mayFail: reached.length })],
    byHand:
      left.length === 0
        ? ""
        : `; no place is named for ${left.map(({ audience }) => audience).join(", ")} (bindings.slack.audiences): tell them yourself`,
  };
}
