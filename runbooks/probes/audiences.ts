import type { Audience } from "#kit/ports/announcer.ts";
import type { Probe } from "#kit/runbook.ts";

/** Whom the environment names a place for where they can be told. */
export const audiencesNamed: Probe<unknown, readonly Audience[]> = {
  ask: "Who can be told?",
  look: ({ announcements }) => announcements.audiences(),
  read: (named) => ({
    state: "fine",
    says: named.length === 0 ? "the environment names nobody" : named.join(", "),
  }),
};
