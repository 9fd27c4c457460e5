import type { QueueLook } from "#kit/ports/queue.ts";
import type { Probe } from "#kit/runbook.ts";

/** How many reports are in hand, of how many that may be at once, and how many wait. */
export const reportsInHand: Probe<unknown, QueueLook> = {
  ask: "How many reports are worked on at once?",
  look: ({ queue }) => queue.look(),
  read: ({ waiting, active, concurrency }) => ({
    state: active >= concurrency && concurrency > 0 ? "note" : "fine",
    says: `${active} of at most ${concurrency} in hand, ${waiting} wait`,
  }),
};
