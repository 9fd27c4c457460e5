import type { Identity } from "../identity.ts";

/**
 * What became of a fire that was expected. `queued`: waits for its own last run, or for a free place; `starting`: its run number is
 * drawn and nothing more is known; `ran`: that run exists; `failed`: it could not be begun; `elsewhere`: another host's scheduler had it.
 */
export type FireState = "queued" | "starting" | "ran" | "failed" | "skipped" | "missed" | "elsewhere";

/** One expected fire, and the one record of it. */
export type Fire = {
  readonly environment: string;
  readonly schedule: string;
  /** The instant of the schedule, ISO; jitter and delays come after it. */
  readonly at: string;
  /** For a long absence told in one line: its last instant. Nothing of it ran. */
  readonly through?: string;
  readonly state: FireState;
  readonly decidedAt: string;
  readonly run?: string;
  /** Why it did not run, or ran late. */
  readonly because?: string;
};

/** A schedule as the ledger last knew it. */
export type KnownSchedule = {
  readonly environment: string;
  readonly schedule: string;
  readonly title: string;
  readonly cron: string;
  readonly timeZone: string;
  /** From when on this rule's fires are expected. */
  readonly since: string;
  /** The team's own folder it came from; absent for a shipped one. */
  readonly dir?: string;
};

/** A person's word that a schedule stops, or goes on. */
export type Hold = {
  readonly environment: string;
  readonly schedule: string;
  readonly paused: boolean;
  readonly at: string;
  readonly by: Identity;
  readonly why: string;
};

/**
 * The durable record of schedules: each expected fire has exactly one record, whoever writes it. Adapters pass
 * `test/contracts/ledger.ts`.
 */
export interface Ledger {
  /** Names this ledger among those of other hosts. */
  id(): Promise<string>;
  known(environment: string): Promise<readonly KnownSchedule[]>;
  remember(schedule: KnownSchedule): Promise<void>;
  /**
   * Writes records for fires that have none; gives those that were written. One that says that nothing ran, and was written at a time
   * that has not come yet, came from a clock that stood wrong, and gives way.
   */
  decide(fires: readonly Fire[]): Promise<readonly Fire[]>;
  /** Changes the record of a fire that is in this state; false when it is in another by now. */
  settle(fire: Fire, to: Pick<Fire, "state"> & Partial<Pick<Fire, "run" | "because">>): Promise<boolean>;
  /** Newest first. */
  fires(query: {
    readonly environment: string;
    readonly schedule?: string;
    readonly states?: readonly FireState[];
    readonly limit?: number;
  }): Promise<readonly Fire[]>;
  /** The last instant up to `now` that has a record which stands. */
  lastDecided(environment: string, schedule: string, now: Date): Promise<string | undefined>;
  hold(hold: Hold): Promise<void>;
  /** Every word about a schedule, oldest first. */
  holds(environment: string): Promise<readonly Hold[]>;
  close(): void;
}
