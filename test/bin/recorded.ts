import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import type { JournalEntry } from "#kit/timeline.ts";

/** Writes ready-made runs into the journal of a state folder, at the times at which they happened, each under a name of its own. */
export async function recorded(
  stateDir: string,
  runs: Readonly<Record<string, readonly JournalEntry[]>>,
): Promise<void> {
  let now = new Date();
  const journal = openSqliteJournal(join(stateDir, "journal.db"), { now: () => now });
  for (const [run, [first, ...rest]] of Object.entries(runs)) {
    if (first?.event.type !== "run.asked") throw new Error(`${run} does not begin with what was asked`);
    now = new Date(first.at);
    const { lease } = await journal.begin(run, first.event, "ops-1:1:aaaaaa", 60_000);
    for (const { at, event } of rest) {
      now = new Date(at);
      await journal.append(lease, event);
    }
    await journal.letGo(lease);
  }
  journal.close();
}

/** What somebody with the file in hand can do: changes the text of an entry past the journal's own guards. */
export function alter(stateDir: string, run: string, seq: number, change: (event: string) => string): void {
  const db = new DatabaseSync(join(stateDir, "journal.db"));
  db.exec("drop trigger if exists entry_is_append_only");
  const row = db.prepare("select event from entry where run = ? and seq = ?").get(run, seq);
  db.prepare("update entry set event = ? where run = ? and seq = ?").run(
    change(String(row?.["event"])),
    run,
    seq,
  );
  db.close();
}
