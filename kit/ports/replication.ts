/** What is heard where the platform reaches its database: the one address that leads to whichever server is primary. */
export type DatabaseAddress = {
  /**
   * takes-writes: a commit was kept; reads-only: a standby answers; starting: a server recovers or shuts down; full: it cannot write for want
   * of space; no-connections: it is there and has none left; silent: nobody answers.
   */
  readonly state: "takes-writes" | "reads-only" | "starting" | "full" | "no-connections" | "silent";
  /** What names the data for good, where it answered: a copy of another database has another one. */
  readonly systemId: string | undefined;
  /** In the server's or the network's words, where it does not take writes. */
  readonly reason: string | undefined;
};

/** A place in the primary's log that is kept for somebody, whether or not they still come for it. */
export type ReplicationSlot = { readonly name: string; readonly active: boolean; readonly keptBytes: number };

/** One server of the platform's database, asked at its own address. */
export type DatabaseServer = {
  readonly name: string;
  /** What the platform that runs it calls its machine; undefined where nobody here could stop it. */
  readonly machine: string | undefined;
  /** primary: takes writes; replica: in recovery, follows; refuses: it is there and lets nobody in yet; silent: nobody answers. */
  readonly role: "primary" | "replica" | "refuses" | "silent";
  readonly reason: string | undefined;
  readonly systemId: string | undefined;
  /** Grows by one with each promotion. */
  readonly timeline: number | undefined;
  /** Bytes of log since the beginning: written by a primary, received by a replica. */
  readonly position: number | undefined;
  /** Bytes of log that a replica has received and not yet applied. */
  readonly unapplied: number | undefined;
  /** Whether a replica is connected to whom it follows. */
  readonly following: boolean;
  readonly slots: readonly ReplicationSlot[];
};

/** All servers of the platform's database, sorted by name, and what its address says. */
export type Replication = {
  readonly address: DatabaseAddress;
  /** Name of the server that the address leads to; undefined where that cannot be asked. */
  readonly leadsTo: string | undefined;
  /** Whether the address can be moved from here. */
  readonly movable: boolean;
  /** What names the platform's data, as the environment's file says it or else the server that the address leads to. */
  readonly systemId: string | undefined;
  readonly servers: readonly DatabaseServer[];
};

export interface ReplicationReader {
  /** What the platform hears; never throws for a server that is down. */
  address(): Promise<DatabaseAddress>;
  /** Each server that the environment names, asked by itself; never throws for one that is down. */
  look(): Promise<Replication>;
}

/** The three steps of a failover. Each may be asked for twice; none does what another should have proven first. */
export interface FailoverAdmin {
  /** Has the server's machine stopped by the platform that runs it; returns when that is accepted. Throws `tool-refused` where the machine is not the one the server answers from. */
  fence(server: string): Promise<void>;
  /** Asks a replica to become a primary; returns when that is accepted, done already is done. Throws `tool-refused` for one of another system id. */
  promote(server: string, systemId: string): Promise<void>;
  /** Lets the platform's address lead to a server; throws `tool-refused` where it is not ours to move. */
  moveAddress(to: string): Promise<void>;
}
