import { z } from "zod";
import { defineAction } from "#kit";
import { OpsError } from "#kit/errors.ts";
import type { QueueReader } from "#kit/ports/queue.ts";

const Why = z.strictObject({ why: z.string().min(3).max(250) });
const Reports = z.strictObject({ ids: z.array(z.string()).min(1).max(50), why: z.string().min(3).max(250) });
const Count = z.int().min(1).max(50);

/** The longest list of kept or given-up reports that is looked through. */
const mostListed = 500;

/** Lets workers take reports again. Undo pauses once more. */
export const resumeQueue = defineAction({
  title: "Resume the queue",
  input: Why,
  risk: "reversible",
  label: () => "Resume the queue",
  preview: () => "let workers take reports again; those that wait go on by themselves, longest waiting first",
  targets: () => ["report queue"],
  within: "1m",
  before: async (_input, { queue }) => ({ paused: (await queue.look()).paused }),
  run: ({ why }, { queueAdmin }) => queueAdmin.resume(why),
  confirm: async (_input, _before, { queue }) => {
    const { paused, waiting } = await queue.look();
    return paused === undefined
      ? { met: true, saw: `workers take reports, ${waiting} wait` }
      : { met: false, saw: `still paused by ${paused.by}` };
  },
  settle: async (_input, _before, { queue }) =>
    (await queue.look()).paused === undefined
      ? { outcome: "done", because: "the queue is not paused" }
      : { outcome: "not-done", because: "the queue is still paused" },
  undo: ({ why }, before) =>
    before.paused === undefined
      ? []
      : [{ kind: "step", action: "pause", input: { why: `taken back: ${why}`.slice(0, 250) } }],
});

/** Lets no worker take another report; those in hand go on, and nothing is lost. Undo lets them again. */
export const pauseQueue = defineAction({
  title: "Pause the queue",
  input: Why,
  risk: "reversible",
  label: () => "Pause the queue",
  preview: () => "let no worker take another report; those in hand go on, the others wait",
  targets: () => ["report queue"],
  within: "1m",
  before: async (_input, { queue }) => ({ paused: (await queue.look()).paused }),
  run: ({ why }, { queueAdmin }) => queueAdmin.pause(why),
  confirm: async (_input, _before, { queue }) => {
    const { paused, active } = await queue.look();
    return paused === undefined
      ? { met: false, saw: "not paused yet" }
      : { met: true, saw: `paused; ${active} in hand go on` };
  },
  settle: async (_input, _before, { queue }) =>
    (await queue.look()).paused === undefined
      ? { outcome: "not-done", because: "the queue is not paused" }
      : { outcome: "done", because: "the queue is paused" },
  undo: ({ why }, before) =>
    before.paused === undefined
      ? [{ kind: "step", action: "resume", input: { why: `taken back: ${why}`.slice(0, 250) } }]
      : [],
});

/** Sets how many reports are worked on at once over all workers, only if it still is what it was. Undo sets the old number back. */
export const setConcurrency = defineAction({
  title: "Set how many reports go at once",
  input: z.strictObject({ from: Count, to: Count }),
  risk: "reversible",
  label: ({ from, to }) => `${to > from ? "Raise" : "Lower"} reports at once from ${from} to ${to}`,
  preview: ({ from, to }) =>
    `${from} become ${to} reports at once over all workers, only if it is ${from} then`,
  targets: () => ["report queue"],
  within: "1m",
  before: async (_input, { queue }) => ({ concurrency: (await queue.look()).concurrency }),
  async run({ from, to }, { queueAdmin, before }) {
    if (before.concurrency === to) return;
    if ((await queueAdmin.setConcurrency(from, to)) === "accepted") return;
    throw new OpsError("guard-refused", {
      summary: `Reports at once are no longer ${from}; somebody else has changed it.`,
      hint: "Nothing was done. Look again, then plan anew.",
    });
  },
  confirm: async ({ to }, _before, { queue }) => {
    const { concurrency } = await queue.look();
    return { met: concurrency === to, saw: `${concurrency} at once` };
  },
  settle: async ({ from, to }, _before, { queue }) => {
    const { concurrency } = await queue.look();
    if (concurrency === to) return { outcome: "done", because: `it is ${to}` };
    return concurrency === from
      ? { outcome: "not-done", because: `it is still ${from}` }
      : { outcome: "unknown", because: `somebody set it to ${concurrency}` };
  },
  undo: ({ from, to }) => [{ kind: "step", action: "atOnce", input: { from: to, to: from } }],
});

/**
 * Puts reports back that the platform gave up, each from its last finished stage. One that somebody else has put back is left alone.
 * Source: csrd-operations-manual "Runbook: High Memory Usage", step 4, whose `DEL csrd:report_queue` would lose them.
 */
export const requeueReports = defineAction({
  title: "Put back reports that were given up",
  input: Reports,
  risk: "reversible",
  label: ({ ids }) => `Put back ${ids.length === 1 ? (ids[0] ?? "") : `${ids.length} reports`}`,
  preview: ({ ids }) => `put ${ids.join(", ")} back into the queue, each from its last finished stage`,
  targets: ({ ids }) => ids,
  within: "2m",
  before: async ({ ids }, { queue }) => ({ there: await among(ids, "dead-letter", queue) }),
  async run({ ids, why }, { queueAdmin, before, signal }) {
    for (const id of ids.filter((one) => before.there.includes(one))) {
      signal.throwIfAborted();
      await queueAdmin.requeue(id, why);
    }
  },
  confirm: async ({ ids }, before, { queue }) => {
    const left = await among(ids, "dead-letter", queue);
    return left.length === 0
      ? { met: true, saw: `${before.there.length} are back in the queue` }
      : { met: false, saw: `${left.join(", ")} still given up` };
  },
  settle: async ({ ids }, _before, { queue }) => {
    const left = await among(ids, "dead-letter", queue);
    return left.length === 0
      ? { outcome: "done", because: "none of them is given up any more" }
      : {
          outcome: "not-done",
          because: `${left.length} of ${ids.length} are still given up, and putting back again changes nothing else`,
        };
  },
});

/** Takes reports out of the queue and keeps them, so that the others get their turn. Undo lets them back in; nothing of them is lost. */
export const quarantineReports = defineAction({
  title: "Keep reports out of the queue",
  input: Reports,
  risk: "reversible",
  label: ({ ids }) => `Keep ${ids.join(", ")} out of the queue`,
  preview: ({ ids }) =>
    `take ${ids.join(", ")} out of the queue and keep ${ids.length === 1 ? "it" : "them"}; a stage in hand is stopped, what is finished stays`,
  targets: ({ ids }) => ids,
  within: "2m",
  before: async ({ ids }, { queue }) => ({ kept: await among(ids, "quarantined", queue) }),
  async run({ ids, why }, { queueAdmin, before, signal }) {
    for (const id of ids.filter((one) => !before.kept.includes(one))) {
      signal.throwIfAborted();
      await queueAdmin.quarantine(id, why);
    }
  },
  confirm: async ({ ids }, _before, { queue }) => {
    const kept = await among(ids, "quarantined", queue);
    return { met: kept.length === ids.length, saw: `${kept.length} of ${ids.length} are kept` };
  },
  settle: async ({ ids }, _before, { queue }) => {
    const kept = await among(ids, "quarantined", queue);
    return kept.length === ids.length
      ? { outcome: "done", because: "all of them are kept" }
      : { outcome: "not-done", because: `${ids.length - kept.length} of ${ids.length} are not kept yet` };
  },
  // What was kept before stays kept.
  undo({ ids, why }, before) {
    const own = ids.filter((id) => !before.kept.includes(id));
    return own.length === 0
      ? []
      : [
          {
            kind: "step",
            action: "release",
            input: { ids: own, why: `taken back: ${why}`.slice(0, 250) },
          },
        ];
  },
});

/** Lets kept reports back into the queue. */
export const releaseReports = defineAction({
  title: "Let kept reports back into the queue",
  input: Reports,
  risk: "reversible",
  label: ({ ids }) => `Release ${ids.join(", ")}`,
  preview: ({ ids }) => `let ${ids.join(", ")} back into the queue`,
  targets: ({ ids }) => ids,
  within: "2m",
  before: async ({ ids }, { queue }) => ({ kept: await among(ids, "quarantined", queue) }),
  async run({ ids, why }, { queueAdmin, before, signal }) {
    for (const id of ids.filter((one) => before.kept.includes(one))) {
      signal.throwIfAborted();
      await queueAdmin.release(id, why);
    }
  },
  confirm: async ({ ids }, _before, { queue }) => {
    const kept = await among(ids, "quarantined", queue);
    return { met: kept.length === 0, saw: `${kept.length} of ${ids.length} are still kept` };
  },
});

/** Those of the reports that are in a state now, in the order in which they were named. */
async function among(
  ids: readonly string[],
  state: "dead-letter" | "quarantined",
  queue: QueueReader,
): Promise<readonly string[]> {
  const listed = new Set((await queue.reports(state, mostListed)).map(({ id }) => id));
  return ids.filter((id) => listed.has(id));
}
