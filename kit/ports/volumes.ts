import type { Changed } from "./workloads.ts";

/** What lies under a file system and can be made larger while it is in use; never smaller. */
export type Volume = {
  readonly id: string;
  readonly sizeBytes: number;
  /** steady: may be changed; changing: a change is under way; resting: it was changed lately, and the cloud takes no other yet. */
  readonly state: "steady" | "changing" | "resting";
};

export interface VolumeReader {
  /** Exactly the volumes asked for, sorted by id; throws `tool-refused` when one does not exist, `selector-empty` for an empty list. */
  look(ids: readonly string[]): Promise<readonly Volume[]>;
}

export interface VolumeAdmin {
  /** Asks for a volume to be made larger, only if it still has `from` bytes; returns when that is accepted. What is on it is not touched. */
  grow(id: string, from: number, to: number): Promise<Changed>;
}
