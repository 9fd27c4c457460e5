import { z } from "zod";
import { defineAction } from "#kit";
import { isDuration, toMs, type Duration } from "#kit/duration.ts";
import type { DatabaseReader } from "#kit/ports.ts";

const Stuck = z.strictObject({
  application: z.string(),
  /** Exactly these; a number that is used again for another session is another session. */
  sessions: z.array(z.strictObject({ pid: z.int().min(1), startedAt: z.string() })).min(1),
  /** How many sessions the application had when this was decided. */
  of: z.int().min(1),
  stuckFor: z.custom<Duration>(isDuration),
});

/**
 * Ends sessions that hold a transaction open and do nothing in it; what they had not committed is rolled back by the server. Each is checked
 * again by the server in the statement that ends it, so one that has gone on working meanwhile is left alone.
 * Source: csrd-production-runbook "Issue: Database Connection Pool Exhausted", step 1, whose `state = 'idle'` ends the pool's own resting
 * connections and never the sessions that hold locks.
 */
export const endStuckSessions = defineAction({
  title: "End stuck database sessions",
  input: Stuck,
  risk: "disruptive",
  label: ({ sessions, of, application }) => `End ${sessions.length} of ${of} sessions of ${application}`,
  preview: ({ sessions, application, stuckFor }) =>
    `end ${sessions.map(({ pid }) => pid).join(", ")} of ${application}, each only if it still holds a transaction open and has done nothing for ${stuckFor}; what they had not committed is rolled back`,
  targets: ({ application }) => [application],
  within: "restart",
  before: async (input, { database }) => ({
    there: (await stillStuck(input, database)).map(({ pid }) => pid),
  }),
  async run({ sessions, stuckFor }, { databaseAdmin, signal }) {
    for (const { pid, startedAt } of sessions) {
      signal.throwIfAborted();
      await databaseAdmin.endStuck({ pid, startedAt }, stuckFor);
    }
  },
  async confirm(input, before, { database }) {
    const left = await stillStuck(input, database);
    return left.length === 0
      ? { met: true, saw: `${before.there.length} sessions of ${input.application} are gone or work again` }
      : { met: false, saw: `${left.map(({ pid }) => pid).join(", ")} still there` };
  },
  async settle(input, _before, { database }) {
    const left = await stillStuck(input, database);
    return left.length === 0
      ? { outcome: "done", because: "none of them is stuck any more" }
      : {
          outcome: "not-done",
          because: `${left.length} of ${input.sessions.length} are still stuck, and ending them again ends nothing else`,
        };
  },
});

/** Those of the named sessions that are still the same and still stuck. */
async function stillStuck({ sessions, stuckFor }: z.infer<typeof Stuck>, database: DatabaseReader) {
  const now = (await database.connections()).sessions;
  return sessions.filter(({ pid, startedAt }) =>
    now.some(
      (one) =>
        one.pid === pid &&
        one.startedAt === startedAt &&
        one.state === "idle in transaction" &&
        // One that has worked meanwhile was spared, and is not waited for.
        one.stateFor * 1_000 >= toMs(stuckFor) &&
        one.protected === undefined,
    ),
  );
}
