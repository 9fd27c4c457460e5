import { OpsError } from "../errors.ts";
import { step as fold, type RunState } from "../fold.ts";
import type { Journal, RunLease } from "../journal.ts";
import type { JournalEntry, RunEvent } from "../timeline.ts";

/** Called after each entry is durable, with the state it led to. */
export type EntryListener = (entry: JournalEntry, state: RunState) => void;

/** The one hand that writes a run's events; its `state` is always the fold of what is durable. */
export type Recorder = {
  readonly lease: RunLease;
  readonly state: RunState;
  record(event: RunEvent): Promise<void>;
  /** Picks up what other processes appended: approvals, notes. */
  sync(): Promise<void>;
};

/** A recorder for a run whose lease this process holds. */
export async function recorderFor(
  journal: Journal,
  lease: RunLease,
  listener: EntryListener,
): Promise<Recorder> {
  let state: RunState | undefined;

  async function sync() {
    for (const entry of await journal.read(lease.run, state?.lastSeq ?? 0)) {
      // Two calls may overlap; each entry counts once.
      if (entry.seq <= (state?.lastSeq ?? 0)) continue;
      state = fold(state, entry);
      if (state !== undefined) listener(entry, state);
    }
  }

  await sync();
  return {
    lease,
    get state() {
      if (state === undefined)
        throw new OpsError("journal-corrupt", {
          summary: `Run ${lease.run} does not begin with what was asked.`,
          hint: `Look at it with "ops timeline ${lease.run} --json".`,
        });
      return state;
    },
    async record(event) {
      await journal.append(lease, event);
      await sync();
    },
    sync,
  };
}
