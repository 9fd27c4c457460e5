import type { Journal } from "#kit/journal.ts";
import { openRecord } from "../record.ts";

/**
 * Reads the journal without the wiring: a list needs no environment, no SDK and no schema library, and has a quarter of a
 * second. What is in the journal was masked when it was written.
 */
export async function withRecord<T>(read: (journal: Journal) => Promise<T>): Promise<T> {
  const journal = openRecord();
  try {
    return await read(journal);
  } finally {
    journal.close();
  }
}
