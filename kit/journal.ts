import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical.ts";
import type { JournalEntry, RunEvent } from "./timeline.ts";

/** Proof that this process owns a run: writing with an older fence is refused. */
export type RunLease = { readonly run: string; readonly owner: string; readonly fence: number };

/** One line per run; kept beside the events so that ten thousand runs list quickly, and rebuildable from them. */
export type RunRow = {
  readonly run: string;
  readonly runbook: string;
  readonly environment: string;
  readonly askedAt: string;
  readonly askedBy: string;
  readonly planOnly: boolean;
  /** Last event of note, for lists. */
  readonly lastAt: string;
  readonly endedAt?: string;
  readonly outcome?: string;
  readonly exit?: number;
  readonly verdict?: string;
  /** Digest of its plan, once made. */
  readonly digest?: string;
  readonly owner?: string;
  readonly leaseUntil?: string;
  /** True while an owner's lease lives, by the journal's own clock. An open run that is not alive has nobody working on it. */
  readonly alive: boolean;
};

/** A lock of a run ends with it (`automatic`) or stays after a run that ended badly (`sticky`); one `by-hand` is a person's, for as long as was said. */
export type LockKind = "automatic" | "sticky" | "by-hand";

/** Who takes a lock, and what for. */
export type LockHolder = {
  readonly run: string;
  readonly owner: string;
  readonly reason: string;
  /** Automatic where it is not said. */
  readonly kind?: LockKind;
  /** Milliseconds for which it stays taken after nobody renews it any more; none where it is not said. */
  readonly staysMs?: number;
};

/** A lock as it is held. */
export type LockRow = {
  readonly lock: string;
  /** Which run holds it; for one held by hand, `by-hand:` and the person's name. */
  readonly run: string;
  readonly owner: string;
  readonly reason: string;
  readonly kind: LockKind;
  readonly fence: number;
  readonly takenAt: string;
  /** End of its lease, unless it is renewed before. */
  readonly until: string;
  /** From when on others may take it: `until`, or later for a sticky one. */
  readonly staysUntil: string;
  /** By the store's own clock: renewed by its holder; not renewed, and not to be taken yet; or anybody's to take. */
  readonly state: "held" | "kept" | "over";
};

/** Whose expired lease was taken over, and when it had ended. */
export type FormerHolder = Pick<LockRow, "run" | "owner" | "reason" | "takenAt" | "until">;

/** A lock as it was just taken; `tookOver` where its last holder had let the lease run out instead of giving it back. */
export type TakenLock = LockRow & { readonly tookOver?: FormerHolder };

/** A run as it was just taken over; `tookOver` where its last owner had let the lease run out instead of letting go. */
export type ClaimedRun = RunLease & {
  readonly tookOver?: { readonly owner: string; readonly until: string };
};

/** What happened when a chain was checked. */
export type ChainVerdict =
  | { readonly intact: true; readonly entries: number }
  | { readonly intact: false; readonly seq: number; readonly why: string };

/** How far a destination has been told about a run. */
export type DeliveryRow = {
  readonly run: string;
  readonly destination: string;
  /** Highest `seq` delivered. */
  readonly cursor: number;
  /** Destination's own memory, for instance a message timestamp. */
  readonly state: unknown;
  readonly attempts: number;
  readonly nextAt: string;
  readonly lastError?: string;
};

/**
 * Where locks live: on this host, or in a store that several hosts share. Each taking raises the lock's fence, and the fence is
 * never forgotten. Adapters pass `test/contracts/locks.ts`.
 */
export interface LockStore {
  /** Takes a lock; throws `lock-held` naming owner, reason, since and until. Who holds it already may take it again. */
  takeLock(lock: string, holder: LockHolder, leaseMs: number): Promise<TakenLock>;
  /** Extends; throws `lock-lost` when somebody else holds it now. */
  renewLock(lock: string, run: string, fence: number, leaseMs: number): Promise<LockRow>;
  /** Gives a held lock to another holder in one change, so that nobody gets in between; throws `lock-lost` when it is not `from`'s any more. */
  passLock(
    lock: string,
    from: { readonly run: string; readonly fence: number },
    to: LockHolder,
    leaseMs: number,
  ): Promise<LockRow>;
  /** Ends the lease and says why the lock stays, for as long as was said when it was taken; throws `lock-lost`. */
  keepLock(lock: string, run: string, fence: number, reason: string): Promise<LockRow>;
  /** False when it was not held so: nothing was changed. */
  releaseLock(lock: string, run: string, fence: number): Promise<boolean>;
  locks(): Promise<readonly LockRow[]>;
}

/**
 * The durable record. Append-only per run, hash-chained, one writer per run by lease and fence.
 * Adapters: `node:sqlite` (default), Postgres (teams); both pass `test/contracts/journal.ts`.
 * Throws `journal-corrupt`, `journal-locked`, `journal-newer`, `journal-unwritable`, `run-busy`, `lock-held`.
 */
export interface Journal extends LockStore {
  /** Starts a run with its first event and gives its lease. */
  begin(
    run: string,
    first: RunEvent & { type: "run.asked" },
    owner: string,
    leaseMs: number,
  ): Promise<{ lease: RunLease; entry: JournalEntry }>;
  /** Appends under a lease; throws `run-busy` when the lease was lost. */
  append(lease: RunLease, event: RunEvent): Promise<JournalEntry>;
  /** Appends one of `openEvents` to anybody's run, or to the `ops` stream of refusals that belong to no run. */
  note(run: string, event: RunEvent): Promise<JournalEntry>;
  /** Takes over a run whose owner is gone; throws `run-busy` while its lease lives. */
  claim(run: string, owner: string, leaseMs: number): Promise<ClaimedRun>;
  /** Extends the lease; throws `run-busy` when it was lost. */
  renew(lease: RunLease, leaseMs: number): Promise<void>;
  /** Gives the run up, so that the next process need not wait for the lease. */
  letGo(lease: RunLease): Promise<void>;
  /** Entries with `seq` above `after`, in order. Empty for an unknown run. */
  read(run: string, after?: number): Promise<readonly JournalEntry[]>;
  /** Newest first. */
  runs(filter?: {
    readonly limit?: number;
    readonly open?: boolean;
    readonly environment?: string;
  }): Promise<readonly RunRow[]>;
  row(run: string): Promise<RunRow | undefined>;
  verify(run: string): Promise<ChainVerdict>;

  delivery(run: string, destination: string): Promise<DeliveryRow | undefined>;
  saveDelivery(row: DeliveryRow): Promise<void>;
  /** Runs in the environment of which some destination has not been told everything; another environment's runs are not its destinations' business. */
  undelivered(environment: string, destinations: readonly string[]): Promise<readonly string[]>;

  close(): void;
}

/** The stream for refusals that belong to no run. */
export const opsStream = "ops";

/** The hash before the first entry. */
export const genesis = "0".repeat(64);

/** The hash of an entry. */
export function entryHash(entry: Omit<JournalEntry, "hash">): string {
  const { run, seq, at, event, prev } = entry;
  return createHash("sha256").update(canonicalJson({ run, seq, at, event, prev })).digest("hex");
}

/** Checks numbering, links and hashes of a whole run. */
export function verifyChain(entries: readonly JournalEntry[]): ChainVerdict {
  let prev = genesis;
  let expected = 1;
  for (const entry of entries) {
    if (entry.seq !== expected) return { intact: false, seq: expected, why: `entry ${expected} is missing` };
    if (entry.prev !== prev)
      return { intact: false, seq: entry.seq, why: "it does not link to the entry before it" };
    if (entryHash(entry) !== entry.hash)
      return { intact: false, seq: entry.seq, why: "its content does not match its hash" };
    prev = entry.hash;
    expected += 1;
  }
  return { intact: true, entries: entries.length };
}
