import type { Database } from "./database.ts";

/** The database's `transact`, with its tables made before anything is asked of it; where they cannot be, the next question tries again. */
export function prepared(database: Database, prepare: (what: string) => Promise<void>): Database["transact"] {
  let ready: Promise<void> | undefined;
  return async (what, work, limitMs) => {
    ready ??= prepare(what);
    try {
      await ready;
    } catch (error) {
      ready = undefined;
      throw error;
    }
    return database.transact(what, work, limitMs);
  };
}
