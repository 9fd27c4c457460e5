import { judgeClock, type Outcome } from "#kit/readiness.ts";
import type { Database } from "./database.ts";

/** How far a database server's clock is from this host's, for a doctor. */
export async function lookAtClock(database: Database): Promise<Outcome> {
  return database.transact("say what time it is", async (ask) => {
    const asked = Date.now();
    const began = performance.now();
    const [answer] = await ask<{ at: Date }>("select clock_timestamp() as at");
    const tookMs = performance.now() - began;
    if (answer === undefined) return { state: "unknown", says: "gave no time" };
    return judgeClock(answer.at.getTime() - (asked + tookMs / 2), Math.ceil(tookMs / 2) + 1);
  });
}
