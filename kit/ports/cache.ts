/** The Redis of the platform as it describes itself; nothing in it tells what is kept there. */
export type CacheFacts = {
  readonly kind: "answers";
  readonly tookMs: number;
  readonly version: string;
  readonly upSeconds: number;
  readonly role: "primary" | "replica";
  /** It reads its file after a start, and serves nothing yet. */
  readonly loading: boolean;
  readonly usedBytes: number;
  /** Undefined: as much as the machine has. */
  readonly mostBytes: number | undefined;
  /** What it does when memory is full: `noeviction` keeps everything and refuses writes. */
  readonly eviction: string;
  /** Whether it writes every change to a file that a restart reads again. */
  readonly appendOnly: boolean;
  /** Whether the last attempt to write to its file succeeded; it refuses writes while it cannot. */
  readonly persists: boolean;
  readonly clients: number;
};

/** What came of asking it: its facts, or silence with the reason. Silence is an answer too. */
export type CacheLook = CacheFacts | { readonly kind: "silent"; readonly reason: string };

export interface CacheReader {
  /** Asks it how it is, within seconds; never throws for a dead server. Throws `tool-refused` when it does not let us in. */
  look(): Promise<CacheLook>;
}
