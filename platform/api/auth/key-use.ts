import type { Database } from "../../storage/database.ts";
import { noteUse } from "./key-store.ts";

/** Milliseconds between two notes of which keys were used. */
const everyMs = 15_000;

/** Notes which keys were used, many at once and never in the way of a request; what is not noted yet is noted when it closes. */
export function keyUse(
  database: Database,
  onError: (error: Error) => void,
): { note(id: string): void; close(): Promise<void> } {
  let used = new Set<string>();
  const noted = new Map<string, number>();
  const write = async (): Promise<void> => {
    if (used.size === 0) return;
    const ids = [...used];
    used = new Set();
    await noteUse(database, ids).catch(onError);
  };
  const timer = setInterval(() => void write(), everyMs);
  timer.unref();
  return {
    note: (id) => {
      const minute = Math.floor(Date.now() / 60_000);
      if (noted.get(id) === minute) return;
      // Keys are few; should they ever be many, forgetting all of them costs one more note each.
      if (noted.size >= 10_000) noted.clear();
      noted.set(id, minute);
      used.add(id);
    },
    close: async () => {
      clearInterval(timer);
      await write();
    },
  };
}
