import { entryHash, genesis } from "#kit/journal.ts";
import type { JournalEntry, RunEvent } from "#kit/timeline.ts";

/** A run's entries from `[clock time, event]` pairs on one day, numbered and chained as the journal does. */
export function journalOf(
  run: string,
  events: readonly (readonly [string, RunEvent])[],
): readonly JournalEntry[] {
  const entries: JournalEntry[] = [];
  for (const [time, event] of events) {
    const unhashed = {
      run,
      seq: entries.length + 1,
      at: `2026-11-21T${time}.000Z`,
      event,
      prev: entries.at(-1)?.hash ?? genesis,
    };
    entries.push({ ...unhashed, hash: entryHash(unhashed) });
  }
  return entries;
}
