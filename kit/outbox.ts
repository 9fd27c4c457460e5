import type { RunState } from "./fold.ts";
import type { JournalEntry } from "./timeline.ts";

/** What a destination is shown: the whole run, how far it was told, and its own memory. */
export type Tidings = {
  readonly entries: readonly JournalEntry[];
  readonly state: RunState;
  /** Highest `seq` it was told. */
  readonly cursor: number;
  /** What it returned as `memory` last time; undefined at first. */
  readonly memory: unknown;
};

/** How far it got. On failure `cursor` and `memory` still say what did go through. */
export type Delivery = {
  readonly cursor: number;
  readonly memory: unknown;
  /** It could not go on; the next drain tries again. `onlyThis` when other runs can be told all the same. */
  readonly failure?: {
    readonly reason: string;
    readonly retryAfterMs?: number;
    readonly onlyThis?: boolean;
  };
  /** What the vendor refused for good, in words: it was passed over, so that what follows is told. */
  readonly refused?: string;
};

/**
 * Somewhere that is told about runs: a Slack channel, a PagerDuty service. The journal is the queue and `cursor` the position in it,
 * so nothing is lost while a vendor is down, intermediate states coalesce, and the final state is always told.
 */
export interface Destination {
  /** Stable name, for instance `slack:#incidents`. */
  readonly name: string;
  deliver(tidings: Tidings): Promise<Delivery>;
}
