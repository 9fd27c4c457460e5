import { join } from "node:path";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import type { Journal } from "#kit/journal.ts";
import { stateDir } from "#sandbox/state-dir.ts";

/**
 * Reads this machine's journal without the wiring: a list needs no environment, no SDK and no schema library, and has a quarter of a
 * second. What is in the journal was masked when it was written.
 */
export async function withRecord<T>(read: (journal: Journal) => Promise<T>): Promise<T> {
  const journal = openSqliteJournal(join(stateDir(), "journal.db"));
  try {
    return await read(journal);
  } finally {
    journal.close();
  }
}
