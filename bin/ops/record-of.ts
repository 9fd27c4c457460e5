import { OpsError } from "#kit/errors.ts";
import type { ChainVerdict } from "#kit/journal.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import type { Door } from "./door.ts";
import { runNamed } from "./runs-known.ts";

/** A run's record as it is, altered or not, with whether it verifies; throws `run-unknown` with the nearest id. */
export async function recordOf(
  door: Door,
  run: string,
): Promise<{ readonly entries: readonly JournalEntry[]; readonly chain: ChainVerdict }> {
  const { journal } = await door.wired();
  const entries = await journal.read(run);
  if (entries.length === 0) await runNamed(door, run);
  return { entries, chain: await journal.verify(run) };
}

/** After the answer was given: throws `journal-corrupt` when it rests on a record that was altered. */
export function mustVerify(run: string, chain: ChainVerdict): void {
  if (chain.intact) return;
  throw new OpsError("journal-corrupt", {
    summary: `The record of ${run} was altered: entry ${chain.seq}, ${chain.why}.`,
    hint: "What was written says so at its head. Keep the journal; nothing will run from it.",
  });
}

/** When not even the first entry can be read as what was asked. */
export function beyondReading(run: string, chain: ChainVerdict): OpsError {
  return new OpsError("journal-corrupt", {
    summary: `The record of ${run} cannot be read${chain.intact ? "" : `: entry ${chain.seq}, ${chain.why}`}.`,
    hint: "Keep the journal; nothing will run from it.",
  });
}
