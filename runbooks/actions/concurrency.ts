import { z } from "zod";
import { defineAction } from "#kit";
import { OpsError } from "#kit/errors.ts";

const Count = z.int().min(1).max(1_000);

/**
 * Sets how many reports are worked on at once, from what it is to another number; those in hand go on, those that wait keep their place. Undo
 * sets the old number back. Source: csrd-operations-manual "Runbook: High Memory Usage", step 4, whose `DEL csrd:report_queue` destroys the
 * reports that wait.
 */
export const setConcurrency = defineAction({
  title: "Set how many reports are worked on at once",
  input: z.strictObject({ from: Count, to: Count }),
  risk: "reversible",
  label: ({ from, to }) => `Work on ${to} instead of ${from} reports at once`,
  preview: ({ from, to }) =>
    `reports worked on at once: ${from} become ${to}, only if it is ${from} then; no report is stopped or lost`,
  targets: () => ["report queue"],
  within: "restart",
  before: async (_input, { queue }) => ({ concurrency: (await queue.look()).concurrency }),
  async run({ from, to }, { queueAdmin, before }) {
    if (before.concurrency === to) return;
    if (before.concurrency === from && (await queueAdmin.setConcurrency(from, to)) === "accepted") return;
    throw new OpsError("guard-refused", {
      summary: `Reports worked on at once are no longer ${from}; somebody else has changed it.`,
      hint: "Nothing was done. Look again, then plan anew.",
    });
  },
  async confirm({ to }, _before, { queue }) {
    const { concurrency, active } = await queue.look();
    return { met: concurrency === to, saw: `${active} in hand, at most ${concurrency} from now on` };
  },
  async settle({ from, to }, _before, { queue }) {
    const { concurrency } = await queue.look();
    if (concurrency === to) return { outcome: "done", because: `it is ${to}` };
    return concurrency === from
      ? { outcome: "not-done", because: `it is still ${from}` }
      : { outcome: "unknown", because: `somebody set it to ${concurrency}` };
  },
  undo: ({ from, to }) => [{ kind: "step", action: "setConcurrency", input: { from: to, to: from } }],
});
