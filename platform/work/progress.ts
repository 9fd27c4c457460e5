import type { AgentName } from "../contract.ts";

/** How far one stage of one report is, with real counts. */
export type StageProgress = {
  readonly reportId: string;
  readonly agent: AgentName;
  readonly done: number;
  readonly total: number | undefined;
  readonly what: string;
  readonly at: string;
};

/** Where progress is put up for whoever watches. Losing it loses nothing: what is done is in the database. */
export interface ProgressBoard {
  /** Puts up how far a stage is; never waits, never throws. */
  publish(progress: StageProgress): void;
  /** Calls back with what is up now and whatever follows; gives the way to stop. */
  watch(reportId: string, onProgress: (progress: StageProgress) => void): () => void;
  close(): Promise<void>;
}
