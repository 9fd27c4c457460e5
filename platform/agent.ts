import type { AgentName, metrics } from "./contract.ts";
import type { Models } from "./llm/port.ts";
import type { Switches } from "./service/switches.ts";

/**
 * Where a report's files live: a folder, or an object store. Names are relative, like `intermediate/01_intake_validated.json`.
 * The same agent runs in one process (`csrd run`) or behind HTTP (`csrd agent`), because it only ever sees this.
 */
export interface Artifacts {
  read(name: string): Promise<Uint8Array>;
  /** Bytes of a large artifact in order, so that an agent need not hold them all; where there is `size`, also only those of a range. */
  stream(name: string, range?: ByteRange): AsyncIterable<Uint8Array>;
  /** How many bytes it has; throws `artifact-missing`. */
  size?(name: string): Promise<number>;
  exists(name: string): Promise<boolean>;
  /** Publishes the whole artifact at once: a reader sees the old one or the new one, never half. */
  write(name: string, content: Uint8Array | string): Promise<void>;
  /** Writes a large artifact piece by piece; it is published when `close` returns, and never when it is aborted or the process ends before. */
  writer(name: string): Promise<ArtifactWriter>;
  list(): Promise<readonly string[]>;
}

/** Bytes from one place to another, both included, counted from 0. */
export type ByteRange = { readonly from: number; readonly to: number };

/** An artifact that is being written. `write` waits when the disk is behind, so that memory stays bounded. */
export interface ArtifactWriter {
  write(piece: Uint8Array | string): Promise<void>;
  close(): Promise<void>;
  /** Throws away what was written; does nothing after `close`. */
  abort(): Promise<void>;
}

/** One log line's level, as the platform's logs name it. */
export type LogLevel = "DEBUG" | "INFO" | "WARNING" | "ERROR" | "CRITICAL";

/** What an agent is given. Time comes from `now`, so that a report can be reproduced. */
export type AgentWork = {
  readonly reportId: string;
  readonly artifacts: Artifacts;
  readonly now: () => Date;
  readonly log: (level: LogLevel, message: string, context: Readonly<Record<string, unknown>>) => void;
  /** Called with real counts as work proceeds; never a made-up percentage. */
  readonly progress?: (done: number, total: number | undefined, what: string) => void;
  /** Aborted when the stage is to end: cancelled, switched off, out of time. Whoever waits for something outside passes it on. */
  readonly signal?: AbortSignal;
  /** The kill switches as the agent's service sees them; asked before every call outside. Undefined on the command line. */
  readonly switches?: Pick<Switches, "off" | "require">;
  /** The language models of the agent's service; undefined where none is set up, and on the command line, where a run names its own. */
  readonly models?: Models;
  /** Puts a figure on the service's `/metrics`; a stage works in a thread of its own, whose registry nobody reads. */
  readonly measure?: (measure: Measure) => void;
};

/** One figure of a stage: counts add up, times are observed in seconds, levels replace each other. The name is one of the contract's. */
export type Measure = {
  readonly kind: "count" | "time" | "level";
  readonly metric: (typeof metrics)[keyof typeof metrics];
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

/** What an agent says when it is done; small enough for a queue record. */
export type AgentResult = {
  readonly status: "ok" | "warnings" | "failed";
  /** One sentence with real figures: "1,002 rows read, 957 valid, quality 92.5 of 100". */
  readonly summary: string;
  readonly figures: Readonly<Record<string, number | string | boolean>>;
  readonly warnings: readonly string[];
  /** Artifact names it wrote. */
  readonly wrote: readonly string[];
};

/** One of the six stages. It reads named artifacts and writes named artifacts; running it twice gives the same bytes. */
export interface Agent {
  readonly name: AgentName;
  /** One sentence: what question this stage answers. */
  readonly purpose: string;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  run(work: AgentWork): Promise<AgentResult>;
  /** What `/health` of this agent's service says beside its status; for instance `{ formulas_loaded: 12 }`. Throws when it could not work. */
  health(): Promise<Readonly<Record<string, number | string | boolean>>>;
}
