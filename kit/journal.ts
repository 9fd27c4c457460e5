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
};

/** A lock as it is held. */
export type LockRow = {
  readonly lock: string;
  readonly run: string;
  readonly owner: string;
  readonly reason: string;
  readonly fence: number;
  readonly takenAt: string;
  readonly until: string;
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
  /** Takes a lock for a run; throws `lock-held` naming owner, reason, since and until. Each taking raises the fence. */
  takeLock(
    lock: string,
    holder: { readonly run: string; readonly owner: string; readonly reason: string },
    leaseMs: number,
  ): Promise<LockRow>;
  /** Extends; throws `lock-lost` when somebody else holds it now. */
  renewLock(lock: string, run: string, fence: number, leaseMs: number): Promise<LockRow>;
  releaseLock(lock: string, run: string, fence: number): Promise<void>;
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
  claim(run: string, owner: string, leaseMs: number): Promise<RunLease>;
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
